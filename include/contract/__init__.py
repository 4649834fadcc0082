"""What every room may see, connectors included: the tree of errors. Standard library only."""
