-- All lines of an order, also those that were removed when the coupling stopped bringing lines (R15).
create index sell_order_lines_order on optiply.sell_order_lines (sell_order_id);
