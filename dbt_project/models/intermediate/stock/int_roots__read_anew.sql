-- Products whose stock was corrected by orders and that a later pull of everything has read again, without any change to
-- land: their correction has ended. Looked at until the webshop is mapped next.
select products.webshop_id, products.coupling_id, 'products' as object, products.root_key
from {{ ref('stg_platform__last_whole_pull') }} as whole
inner join {{ ref('stg_platform__stock_from_sell_orders') }} as wanted on wanted.coupling_id = whole.coupling_id
inner join {{ source('platform', 'webshops') }} as webshops on webshops.id = wanted.webshop_id
inner join {{ ref('int_products__unioned') }} as products on products.coupling_id = whole.coupling_id
where whole.object = 'products'
    and whole.finished_at > webshops.last_transformed_at
    and products.sold_since_read <> 0
