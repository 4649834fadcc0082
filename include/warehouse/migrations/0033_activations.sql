-- One coupling's activation is found without looking at all others: what is asked of one reaches into the parts below.

create or replace view platform.activations as
with latest as not materialized (
    select coupling_id, max(activation) as activation from platform.activation_steps group by coupling_id
),
steps as not materialized (
    select
        s.*,
        case
            when s.state = 'done' then 1
            when s.object is not null and p.id is not null then p.share
            else 0
        end as share,
        p.id as pull_id, p.records, p.expected,
        extract(epoch from coalesce(s.finished_at, now()) - s.started_at) as seconds,
        earlier.seconds as seconds_before
    from latest
    join platform.activation_steps as s using (coupling_id, activation)
    left join lateral (
        select
            pull.id, sum(t.records)::bigint as records,
            case when bool_and(t.expected is not null) then sum(t.expected)::bigint end as expected,
            least(1, coalesce(sum(
                case
                    when t.complete then 1
                    when t.expected > 0 then least(1, t.records::numeric / t.expected)
                    else 0
                end
            ), 0) / greatest(s.streams, 1)) as share
        from platform.pulls as pull
        left join platform.pull_streams as t on t.pull_id = pull.id
        where
            s.state in ('running', 'failed') and s.object is not null and pull.coupling_id = s.coupling_id
            and pull.object = s.object and pull.mode = 'all'
            and (pull.outcome is null or pull.started_at >= s.started_at)
        group by pull.id
        order by pull.id desc limit 1
    ) as p on true
    left join lateral (
        select extract(epoch from e.finished_at - e.started_at) as seconds
        from platform.activation_steps as e
        where e.coupling_id = s.coupling_id and e.step = s.step and e.activation < s.activation and e.state = 'done'
        order by e.activation desc limit 1
    ) as earlier on true
    where s.state <> 'dropped'
),
told as (
    select
        coupling_id, activation,
        count(*)::integer as steps,
        (count(*) filter (where state = 'done'))::integer as steps_done,
        round(100 * sum(share) / count(*), 1) as percent,
        min(started_at) as started_at,
        case when bool_and(state = 'done') then max(finished_at) end as finished_at,
        min(place) filter (where state <> 'done') as at_place,
        -- What is left takes as long as the time before it did; the running pull knows better.
        case when bool_and(state = 'done' or seconds_before is not null or (state = 'running' and share > 0)) then
            sum(case
                when state = 'done' then 0
                when state = 'running' and share > 0 then seconds * (1 - share) / share
                else seconds_before
            end)
        end as seconds_left
    from steps
    group by coupling_id, activation
)
select
    t.coupling_id, t.activation, t.steps, t.steps_done, t.percent, t.started_at, t.finished_at,
    round(t.seconds_left)::integer as seconds_left,
    s.place, s.step, s.object, s.state, s.attempts, s.waits_until, s.pull_id, s.records, s.expected,
    round(100 * s.share, 1) as step_percent,
    case
        when s.state = 'running' and s.share > 0 and s.object is not null then round(s.seconds * (1 - s.share) / s.share)::integer
    end as step_seconds_left,
    s.words, s.error_class, s.error_text, s.acts, s.next_step
from told as t
left join steps as s
    on s.coupling_id = t.coupling_id and s.activation = t.activation and s.place = t.at_place;
comment on column platform.coupling_life.catch_up is 'Every object is owed a pull of what changed since its cursor; true until each has had one that ended after `since`.';
