"""From the couplings' YAML files to DAGs: a pure function of files. No clock, no database, no network."""
