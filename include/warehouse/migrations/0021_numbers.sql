-- Blanks around a number are those that a cast takes: `\s` let a no-break space through, which the cast refuses.
create or replace function platform.to_number(given text) returns numeric language sql immutable parallel safe return
    case when length(given) <= 100 and given ~ '^[ \t\r\n\f\v]*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?[ \t\r\n\f\v]*$' then cast(given as numeric) end;
