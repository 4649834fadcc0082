-- What the schedules of working couplings last asked for. Joined by coupling, so it groups nothing by itself.
create view platform.due_pulls as
select
    s.coupling_id, wanted.object, t.due_at,
    t.due_at > coalesce(case s.mode when 'all' then o.everything_tried_at else o.tried_at end, '-infinity') as is_overdue
from platform.coupling_life as l
join platform.schedules as s on s.coupling_id = l.coupling_id
join platform.schedule_times as t on t.cron = s.cron and t.time_zone = s.time_zone
cross join unnest(s.objects) as wanted (object)
left join platform.object_pulls as o on o.coupling_id = s.coupling_id and o.object = wanted.object
where l.state = 'active' and t.due_at > l.since;
comment on view platform.due_pulls is
    'One row per object that a schedule asks for: when it was last due (grace included), and whether nobody began to pull it since.';
