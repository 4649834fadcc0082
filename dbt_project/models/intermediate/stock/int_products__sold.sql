-- What was ordered of the batch's products since their stock was last read: when the product landed, or when a pull of
-- everything that found it unchanged began. Only for couplings that want it (stock.from_sell_orders).
with read as (
    select
        reads.coupling_id,
        reads.remote_id,
        greatest(reads.read_at, whole.started_at) as read_at
    from {{ ref('int_stock_reads__mapped') }} as reads
    inner join {{ ref('stg_platform__stock_from_sell_orders') }} as wanted on wanted.coupling_id = reads.coupling_id
    left join {{ ref('stg_platform__last_whole_pull') }} as whole
        on whole.coupling_id = reads.coupling_id and whole.object = 'products'
),

oldest as (
    select coupling_id, min(read_at) as read_at
    from read
    group by coupling_id
),

sold as (
    select lines.coupling_id, lines.product_remote_id, orders.placed, lines.quantity
    from oldest
    inner join {{ ref('int_sell_orders__unioned') }} as orders
        on orders.coupling_id = oldest.coupling_id and orders.placed > oldest.read_at
    inner join {{ ref('int_reserving_orders__mapped') }} as reserving
        on reserving.coupling_id = orders.coupling_id and reserving.remote_id = orders.remote_id
    inner join {{ ref('int_sell_order_lines__unioned') }} as lines
        on lines.coupling_id = orders.coupling_id and lines.root_key = orders.root_key
    where lines.deleted_at is null
)

select read.coupling_id, read.remote_id, sum(sold.quantity) as quantity_sold
from read
inner join sold
    on sold.coupling_id = read.coupling_id and sold.product_remote_id = read.remote_id and sold.placed > read.read_at
group by read.coupling_id, read.remote_id
