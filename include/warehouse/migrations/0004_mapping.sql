-- What the mappings need beside the tables.

-- The open problems of a root, found without walking those of the coupling.
create index quarantine_root on platform.quarantine (coupling_id, root_key) where resolved_at is null;

-- Brings the planner's statistics of a table up to date when it has grown by half since they were taken. A first pull
-- fills tables faster than autovacuum looks at them, and without statistics the joins of a mapping become loops in
-- loops: minutes become hours. Payloads are left out: nothing is searched by them.
create function platform.analyze_grown(relation regclass) returns void language plpgsql as $$
begin
    if (select pg_relation_size(relation) / 8192 > 1.5 * relpages + 16 from pg_class where oid = relation) then
        execute format(
            'analyze %s (%s)', relation,
            (select string_agg(quote_ident(attname), ', ' order by attnum) from pg_attribute
             where attrelid = relation and attnum > 0 and not attisdropped and attgenerated = '' and atttypid <> 'jsonb'::regtype)
        );
    end if;
end $$;
