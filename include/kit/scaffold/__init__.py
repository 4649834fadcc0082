"""`connector new`: writes a connector that works, to be changed piece by piece into the one that is wanted."""
