"""Models and loaders of the YAML files: what a connector is (manifest), who is coupled (webshop, coupling)."""
