-- Landing tables: one per stream of a connector, one row per version of a record.

create function platform.create_stream(connector text, stream text) returns void language plpgsql as $$
declare
    landing text := connector || '__' || stream;
begin
    execute format($sql$
        create table if not exists staging.%1$I (
            version_id     bigint generated always as identity primary key,
            webshop_id     integer not null,
            coupling_id    integer not null,
            record_key     text not null,
            root_key       text not null,
            payload        jsonb not null,
            payload_hash   uuid not null,
            remote_order   numeric,
            pull_id        bigint,
            landed_at      timestamptz not null default now(),
            superseded_at  timestamptz,
            gone_at        timestamptz
        )$sql$, landing);
    execute format('create unique index if not exists %I on staging.%I (coupling_id, record_key) where superseded_at is null',
                   landing || '_current', landing);
    execute format('create index if not exists %I on staging.%I (coupling_id, root_key) where superseded_at is null',
                   landing || '_root', landing);
    execute format('comment on table staging.%I is %L', landing,
                   'Raw JSON as received; superseded_at is null = the current version; gone_at = the remote no longer has the record.');
end $$;
