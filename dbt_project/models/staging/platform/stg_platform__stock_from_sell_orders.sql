select webshop_id, id as coupling_id
from {{ source('platform', 'couplings') }}
where {{ flag("settings ->> 'stock.from_sell_orders'") }}
