-- How far the activations of the given couplings are.
select coupling_id, coalesce(step, 'done') as step, steps, steps_done, percent, seconds_left, coalesce(state, 'done') as state
from platform.activations
where coupling_id = any(%(couplings)s)
