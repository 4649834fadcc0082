-- What the platform itself writes is no wish, also where it copies orders that are not confirmed yet (a preview's copy).
drop trigger place on optiply.buy_orders;
drop trigger place on optiply.buy_order_lines;
drop trigger wish_new on optiply.buy_orders;
drop trigger wish_new on optiply.buy_order_lines;
create trigger place before insert on optiply.buy_orders for each row
    when (new.remote_id is null and coalesce(current_setting('optiply.writer', true), '') = '')
    execute function platform.place_order();
create trigger place before insert on optiply.buy_order_lines for each row
    when (new.remote_id is null and coalesce(current_setting('optiply.writer', true), '') = '')
    execute function platform.place_line();
create trigger wish_new after insert on optiply.buy_orders for each row
    when (new.remote_id is null and coalesce(current_setting('optiply.writer', true), '') = '')
    execute function platform.wish_of_order();
create trigger wish_new after insert on optiply.buy_order_lines for each row
    when (new.remote_id is null and coalesce(current_setting('optiply.writer', true), '') = '')
    execute function platform.wish_of_line();
