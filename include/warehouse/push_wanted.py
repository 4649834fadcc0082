"""What Optiply wants a buy order to be, with every value that a remote may be told, computed from the tables."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import psycopg
from psycopg.rows import dict_row

# The webshop's own day and clock: remotes take times without a zone. What is due is counted from the day on which
# Optiply placed the order with us, so that looking again on another day gives the same day.
_ORDER = """
select
    (o.deleted_at is not null) as is_cancelled,
    (o.completed is not null) as is_completed,
    s.name as supplier_title,
    coalesce(o.reference, o.optiply_id, o.id)::text as reference,
    platform.remote_id_in('suppliers', o.supplier_id, o.coupling_id) as supplier_remote_id,
    s.name as supplier_name,
    to_char(o.placed at time zone w.time_zone, 'YYYY-MM-DD"T"HH24:MI:SS') as placed,
    (o.placed at time zone w.time_zone)::date::text as placed_day,
    coalesce(
        (o.expected_delivery_date at time zone w.time_zone)::date,
        day.asked + s.delivery_time,
        day.asked + case extract(isodow from day.asked) when 5 then 3 when 6 then 2 else 1 end
    )::text as receipt_date,
    trim_scale(o.total_value) as total_value
from platform.push_orders p
join optiply.buy_orders o on o.id = p.buy_order_id
join optiply.suppliers s on s.id = o.supplier_id
join platform.webshops w on w.id = o.webshop_id
cross join lateral (select (p.created_at at time zone w.time_zone)::date as asked) as day
where p.id = %(order)s
"""
# With `merged`, lines of one product in the remote are one line. Prices are rounded to the four decimals of remotes.
_LINES = """
with line as (
    select
        l.id, l.quantity, l.subtotal_value, product.sku_code, product.name,
        platform.remote_id_in('products', l.product_id, l.coupling_id) as product_remote_id,
        coalesce(offer.lot_size, 1) as lot_size,
        offer.is_listed,
        (l.expected_delivery_date at time zone w.time_zone)::date as due
    from platform.push_orders p
    join optiply.buy_orders o on o.id = p.buy_order_id
    join optiply.buy_order_lines l on l.buy_order_id = o.id and l.deleted_at is null
    join optiply.products product on product.id = l.product_id
    join platform.webshops w on w.id = o.webshop_id
    cross join lateral (
        select max(sp.lot_size) as lot_size, count(*) > 0 as is_listed from optiply.supplier_products sp
        where sp.product_id = l.product_id and sp.supplier_id = o.supplier_id and sp.deleted_at is null
    ) as offer
    where p.id = %(order)s
)
select
    array_agg(id order by id) as ids,
    min(name) as product_title,
    bool_and(is_listed) as is_listed,
    product_remote_id,
    min(sku_code) as sku_code,
    sum(quantity) as quantity,
    trim_scale(sum(subtotal_value)) as subtotal_value,
    trim_scale(round(sum(subtotal_value) / sum(quantity), 4)) as unit_price,
    lot_size,
    trim_scale(round(sum(quantity)::numeric / lot_size, 6)) as quantity_in_lots,
    trim_scale(round(sum(subtotal_value) * lot_size / sum(quantity), 4)) as price_per_lot,
    min(due)::text as receipt_date
from line
group by product_remote_id, lot_size, case when %(merged)s and product_remote_id is not null then 0 else id end
order by min(sku_code) collate "C" nulls last, min(id)
"""


@dataclasses.dataclass(frozen=True)
class WantedLine:
    """A line as it is to be: one row of Optiply, or several that are sent as one."""

    ids: tuple[int, ...]
    product_remote_id: str | None
    product_title: str
    is_listed: bool
    """Whether the order's supplier delivers the product, as far as Optiply knows."""
    values: Mapping[str, Any]
    """By the names of the manifest's templates: `line.quantity`."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """An order as it is to be."""

    is_cancelled: bool
    is_completed: bool
    supplier_title: str
    values: Mapping[str, Any]
    """By the names of the manifest's templates: `order.reference`."""
    lines: tuple[WantedLine, ...]


def is_assembly(connection: psycopg.Connection, push_order_id: int) -> bool:
    """Return whether the order is for what the shop makes itself."""
    row = connection.execute(
        "select o.assembly from platform.push_orders p join optiply.buy_orders o on o.id = p.buy_order_id"
        " where p.id = %s",
        [push_order_id],
    ).fetchone()
    assert row is not None, "the ledger's row names it"
    return bool(row[0])


def wanted(connection: psycopg.Connection, push_order_id: int, *, merged: bool) -> Wanted:
    """Return what the order is to be now."""
    with connection.cursor(row_factory=dict_row) as cursor, connection.transaction():
        order = cursor.execute(_ORDER, {"order": push_order_id}).fetchone()
        rows = cursor.execute(_LINES, {"order": push_order_id, "merged": merged}).fetchall()
    assert order is not None, "the ledger's row names it"
    due = order["receipt_date"]
    lines = tuple(
        WantedLine(
            tuple(row.pop("ids")),
            row["product_remote_id"],
            row.pop("product_title"),
            row.pop("is_listed"),
            {f"line.{name}": value for name, value in (row | {"receipt_date": row["receipt_date"] or due}).items()},
        )
        for row in rows
    )
    states = order.pop("is_cancelled"), order.pop("is_completed"), order.pop("supplier_title")
    return Wanted(*states, {f"order.{name}": value for name, value in order.items()}, lines)
