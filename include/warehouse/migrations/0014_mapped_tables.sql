-- dbt makes the mapped tables and leaves what stands as it is: here a warehouse that has them follows the models.

-- Lines of sell orders keep their decimals until those of one product are added up (B5). A column that views read cannot
-- change its type; the deployment that runs this builds them anew.
do $$
declare
    view regclass;
begin
    if exists (
        select from information_schema.columns
        where table_schema = 'mapping' and table_name = 'int_sell_order_lines__unioned'
            and column_name = 'subtotal_value' and numeric_scale is not null
    ) then
        for view in select oid::regclass from pg_class where relkind = 'v' and relnamespace = 'mapping'::regnamespace loop
            execute format('drop view if exists %s cascade', view);
        end loop;
        alter table mapping.int_sell_order_lines__unioned alter column subtotal_value type numeric;
    end if;
end $$;
