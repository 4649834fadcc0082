-- What the mappings need beside the tables: the open problems of a root, found without walking those of the coupling.
create index quarantine_root on platform.quarantine (coupling_id, root_key) where resolved_at is null;
