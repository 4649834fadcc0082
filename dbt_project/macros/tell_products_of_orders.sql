{#- After the lines of orders were mapped: where orders correct the stock (stock.from_sell_orders), the products on the
    batch's orders are news too, also those of lines that were taken off. -#}
{% macro tell_products_of_orders() -%}
    {%- set products = load_relation(this.incorporate(path={'identifier': 'int_products__unioned'})) -%}
    {%- if products is not none -%}
    insert into platform.transform_batch (object, coupling_id, root_key, webshop_id)
    select distinct 'products', products.coupling_id, products.root_key, products.webshop_id
    from platform.transform_batch as batch
    inner join platform.couplings as couplings on couplings.id = batch.coupling_id
    inner join {{ this }} as lines on lines.coupling_id = batch.coupling_id and lines.root_key = batch.root_key
    inner join {{ products }} as products
        on products.coupling_id = lines.coupling_id and products.remote_id = lines.product_remote_id
    where batch.object = 'sell_orders'
        and batch.taken
        and {{ flag("couplings.settings ->> 'stock.from_sell_orders'") }}
    on conflict do nothing
    {%- endif -%}
{%- endmacro %}
