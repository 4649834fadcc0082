-- WooCommerce takes the stock of an order when it is paid or set on hold.
select coupling_id, record_key as remote_id
from {{ ref('stg_woocommerce__orders') }}
where status in ('processing', 'on-hold', 'completed') and gone_at is null
