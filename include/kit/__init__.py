"""The kit for developers of connectors: scaffolding, checks, trying a stream, recording what an API answers."""
