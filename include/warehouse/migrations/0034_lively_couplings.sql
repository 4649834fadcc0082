-- Couplings that ought to work: what is wrong with the others is no news.
create view platform.lively_couplings as
select
    c.id, c.name, c.title, w.id as webshop_id, w.name as webshop, l.state, l.since,
    l.error_class, l.error_text, l.acts, l.next_step
from platform.couplings as c
join platform.webshops as w on w.id = c.webshop_id
join platform.coupling_life as l on l.coupling_id = c.id
where c.active and l.state in ('active', 'activating', 'needs_auth');
