-- Since when a process renews the token: until it ends, or for as long as a renewal may take, nobody else tries.
alter table platform.tokens add column renewing_since timestamptz;

-- A budget belongs to a scope: a credential, an account, an app: whatever the remote counts by.
alter table platform.budgets rename column credential to scope;
alter table platform.budgets alter column used type double precision;
alter table platform.budgets
    -- A token bucket: `capacity` tokens, refilled by `refill` a second. Null = a window that starts anew.
    add column refill double precision,
    add column counted_at timestamptz not null default now(),
    add column granted_at timestamptz;

-- What each coupling took of a budget in this window: nobody takes another's share while that one wants it.
create table platform.budget_shares (
    scope        text not null,
    window_name  text not null,
    claimant     text not null,
    used         double precision not null default 0,
    used_before  double precision not null default 0,
    wants_until  timestamptz not null default now(),
    primary key (scope, window_name, claimant),
    foreign key (scope, window_name) references platform.budgets on delete cascade
);
comment on column platform.budget_shares.wants_until is 'Until when the coupling counts as one that wants more: seconds after a request, until its turn after a refusal.';
alter table platform.budgets add column allowed integer;
comment on column platform.budgets.allowed is 'What the remote itself says the limit is, where it says so.';

-- Takes one request of a budget for a coupling; returns null when it may be made, else when to ask again.
-- A coupling may always use its share, `most` divided by the couplings that want requests now. It may use more as long
-- as enough is left for the shares of the others: those that want now, and in windows of an hour and longer also those
-- that took some in the window before, as much as they took then.
create function platform.take_request(
    of_scope text, of_window text, of_claimant text,
    most integer, length interval, refill_rate double precision, ends timestamptz
) returns timestamptz language plpgsql as $$
declare
    at         timestamptz;
    budget     platform.budgets;
    mine       double precision;
    share      double precision;
    reserved   double precision;
    others_want timestamptz;
    again      timestamptz;
begin
    insert into platform.budgets (scope, window_name, capacity, period, refill, resets_at)
    values (of_scope, of_window, most, length, refill_rate, coalesce(ends, clock_timestamp() + length))
    on conflict (scope, window_name) do nothing;
    insert into platform.budget_shares (scope, window_name, claimant) values (of_scope, of_window, of_claimant)
    on conflict (scope, window_name, claimant) do nothing;
    select * into budget from platform.budgets where scope = of_scope and window_name = of_window for update;
    at := clock_timestamp();
    most := coalesce(budget.allowed, most);

    if refill_rate is not null then
        update platform.budget_shares
        set used = used * greatest(0, 1 - extract(epoch from at - budget.counted_at) * refill_rate / nullif(budget.used, 0))
        where scope = of_scope and window_name = of_window and budget.used > 0;
        budget.used := greatest(0, budget.used - extract(epoch from at - budget.counted_at) * refill_rate);
        budget.resets_at := at + make_interval(secs => (budget.used + 1) / refill_rate);
    elsif budget.resets_at <= at then
        update platform.budget_shares set used_before = used, used = 0 where scope = of_scope and window_name = of_window;
        -- What was given out a moment ago may reach the remote in its new window: one request of each other that wants some.
        select count(*) into budget.used from platform.budget_shares
        where scope = of_scope and window_name = of_window and claimant <> of_claimant and wants_until > at
            and budget.granted_at > at - interval '1 second';
        budget.resets_at := coalesce(ends, at + length);
    end if;

    select used into mine from platform.budget_shares
    where scope = of_scope and window_name = of_window and claimant = of_claimant;
    select most::double precision / (1 + count(*)), max(wants_until) into share, others_want
    from platform.budget_shares
    where scope = of_scope and window_name = of_window and claimant <> of_claimant
        and (wants_until > at or length >= interval '1 hour' and used_before > 0);
    select coalesce(sum(greatest(0, least(share, case
            when wants_until > at then share
            when length >= interval '1 hour' then used_before
            else 0
        end) - used)), 0) into reserved
    from platform.budget_shares
    where scope = of_scope and window_name = of_window and claimant <> of_claimant;

    if budget.used + 1 <= most and (mine < share or budget.used + 1 + reserved <= most) then
        budget.used := budget.used + 1;
        budget.granted_at := at;
        mine := mine + 1;
    elsif refill_rate is not null then
        again := at + make_interval(secs => greatest(budget.used + 1 - most, 1) / refill_rate);
    elsif budget.used + 1 <= most and others_want > at then
        again := least(budget.resets_at, others_want);
    else
        again := budget.resets_at;
    end if;

    update platform.budgets
    set capacity = most, period = length, refill = refill_rate, used = budget.used,
        resets_at = budget.resets_at, counted_at = at, granted_at = budget.granted_at
    where scope = of_scope and window_name = of_window;
    update platform.budget_shares
    set used = mine, wants_until = coalesce(again, at) + interval '20 seconds'
    where scope = of_scope and window_name = of_window and claimant = of_claimant;
    return again;
end $$;
