"""One folder per system. Loaded by name; nothing imports a connector."""
