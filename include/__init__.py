"""The platform's Python: see docs/architecture.md for the rooms and which way imports point."""
