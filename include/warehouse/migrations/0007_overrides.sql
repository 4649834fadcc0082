-- What the couplings' YAML files say instead of a mapping (R18), compiled to SQL when the files are loaded, and the casts
-- that such SQL uses. None of them raises an error: what is not readable is null.

create table platform.overrides (
    coupling_id  integer not null references platform.couplings (id) on delete cascade,
    object       text not null,
    table_name   text not null,
    column_name  text not null,
    expression   text not null,
    sql          text not null,
    is_skip      boolean not null,
    when_empty   text not null check (when_empty in ('blocked', 'warning')),
    file         text not null,
    line         integer not null,
    primary key (table_name, coupling_id, column_name)
);
create index overrides_coupling on platform.overrides (coupling_id);
comment on column platform.overrides.expression is 'As written in the file, or the setting that is false.';
comment on column platform.overrides.sql is 'Over a row `given` of the mapping; made by include/spec/expression_sql.py and by nothing else.';
comment on column platform.overrides.is_skip is 'Optiply keeps what it has: null without a problem.';
comment on column platform.overrides.when_empty is 'How serious it is when the expression has no value and the mapping had one.';

-- A field of a landed record as text. A list or an object is no text: its JSON would become somebody's name.
create function platform.raw_text(given jsonb) returns text language sql immutable parallel safe return
    case when jsonb_typeof(given) not in ('object', 'array') then given #>> '{}' end;

-- Text on one line and trimmed, also of tabs and of spaces that are not U+0020; an empty text is an absent one.
create function platform.filled(given text) returns text language sql immutable parallel safe return
    nullif(btrim(regexp_replace(given, '[\r\n]+', ' ', 'g'), e' \t\f\v\u00a0\u2002\u2003\u2009\u200a\u200b\u202f\u3000\ufeff'), '');

-- A plain decimal number; as the macro `number`, which says why it is bounded.
create function platform.to_number(given text) returns numeric language sql immutable parallel safe return
    case when length(given) <= 100 and given ~ '^\s*[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]{1,2})?\s*$' then cast(given as numeric) end;

-- A number without decimals: '12' and '12.0', not '12.5'.
create function platform.to_whole(given numeric) returns numeric language sql immutable parallel safe return
    case when given = trunc(given) then trunc(given) end;

-- true, "true", 1 and "1", and their opposites; as the macro `flag`.
create function platform.to_boolean(given text) returns boolean language sql immutable parallel safe return
    case lower(btrim(given)) when 'true' then true when '1' then true when 'false' then false when '0' then false end;

-- ISO-8601 in whole seconds; without an offset it is UTC, whatever the session's zone is. The years of the pattern keep
-- every result inside PostgreSQL's range.
create function platform.to_moment(given text) returns timestamptz language sql stable parallel safe return
    case
        when given !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[-+][0-9]{2}(:?[0-9]{2})?)?)?$' then null
        when given ~ ':.*(Z|[-+][0-9]{2}(:?[0-9]{2})?)$' and pg_input_is_valid(given, 'timestamptz')
            then date_trunc('second', cast(given as timestamptz), 'UTC')
        when given !~ ':.*(Z|[-+][0-9]{2}(:?[0-9]{2})?)$' and pg_input_is_valid(given || 'Z', 'timestamptz')
            then date_trunc('second', cast(given || 'Z' as timestamptz), 'UTC')
    end;
