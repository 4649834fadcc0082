{#- What was ordered of a product since its stock was read (stock.from_sell_orders), as a row with `quantity_sold`. Where no
    coupling in the batch wants that, orders are not looked at. -#}
{% macro sold_since_read(sold, product) -%}
    {%- if sold.is_cte or is_wanted_in_batch('products', 'stock.from_sell_orders') -%}
    (
        select counted.quantity_sold
        from {{ sold }} as counted
        where counted.coupling_id = {{ product }}.coupling_id and counted.remote_id = {{ product }}.remote_id
    )
    {%- else -%}
    (select cast(null as numeric) as quantity_sold)
    {%- endif -%}
{%- endmacro %}

{#- Whether a coupling with roots of an object in the batch has a setting switched on; asked when a model runs. -#}
{% macro is_wanted_in_batch(object, setting) -%}
    {%- if not execute -%}
        {{ return(false) }}
    {%- endif -%}
    {%- set found = run_query(
        "select exists ("
        ~ "  select from platform.transform_batch as batch"
        ~ "  inner join platform.couplings as couplings on couplings.id = batch.coupling_id"
        ~ "  where batch.object = '" ~ object ~ "' and batch.taken"
        ~ "    and " ~ flag("couplings.settings ->> '" ~ setting ~ "'") ~ ") as is_wanted"
    ) -%}
    {{ return(found.rows[0]['is_wanted']) }}
{%- endmacro %}
