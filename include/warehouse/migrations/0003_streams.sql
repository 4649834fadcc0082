-- Landing tables: one per stream of a connector, one row per version of a record. Needs PostgreSQL 18 (virtual columns).

-- `rooted`: the records belong to another record (a stock position to its item). Without it a record is its own root:
-- the column is then virtual, so that it costs neither space nor an index of its own.
create function platform.create_stream(connector text, stream text, rooted boolean) returns void language plpgsql as $$
declare
    landing text := connector || '__' || stream;
    known boolean := (
        select attgenerated = '' from pg_attribute
        where attrelid = to_regclass(format('staging.%I', landing)) and attname = 'root_key'
    );
begin
    if known is distinct from rooted and known is not null then
        raise exception 'stream % was landed with another kind of root: drop or rename staging.% first', stream, landing;
    end if;
    execute format($sql$
        create table if not exists staging.%1$I (
            version_id     bigint generated always as identity,
            webshop_id     integer not null,
            coupling_id    integer not null,
            record_key     text not null,
            root_key       text %2$s,
            payload        jsonb not null,
            payload_hash   uuid not null,
            remote_order   bigint,
            pull_id        bigint,
            landed_at      timestamptz not null default now(),
            superseded_at  timestamptz,
            gone_at        timestamptz
        )$sql$, landing, case when rooted then 'not null' else 'generated always as (record_key) virtual' end);
    execute format('create unique index if not exists %I on staging.%I (coupling_id, record_key) where superseded_at is null',
                   landing || '_current', landing);
    execute format('create index if not exists %I on staging.%I (coupling_id, record_key) where superseded_at is not null',
                   landing || '_history', landing);
    if rooted then
        -- Not (coupling_id, root_key): without statistics the planner takes that for a look by coupling and record_key.
        execute format('create index if not exists %I on staging.%I (root_key, coupling_id) where superseded_at is null',
                       landing || '_root', landing);
    end if;
    execute format('comment on table staging.%I is %L', landing,
                   'Raw JSON as received; superseded_at is null = the current version; gone_at = the remote no longer has the record.');
end $$;
