-- A supplier item of Exact Online belongs to its item now, whose cost price and purchase prices are part of it (R19).
do $$
begin
    if (
        select attgenerated = 'v' from pg_attribute
        where attrelid = to_regclass('staging.exact_online__supplier_items') and attname = 'root_key' and not attisdropped
    ) then
        -- The views over it are made anew by the deployment that runs this.
        alter table staging.exact_online__supplier_items drop column root_key cascade;
        alter table staging.exact_online__supplier_items add column root_key text;
        update staging.exact_online__supplier_items set root_key = coalesce(payload ->> 'Item', record_key);
        alter table staging.exact_online__supplier_items alter column root_key set not null;
        create index exact_online__supplier_items_root on staging.exact_online__supplier_items (root_key, coupling_id)
        where superseded_at is null;
        insert into platform.news (webshop_id, coupling_id, object, root_key)
        select distinct webshop_id, coupling_id, 'supplier_products', root_key
        from staging.exact_online__supplier_items
        where superseded_at is null;
    end if;
end $$;
