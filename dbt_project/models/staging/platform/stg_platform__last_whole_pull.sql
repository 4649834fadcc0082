select coupling_id, object, max(started_at) as started_at, max(finished_at) as finished_at
from {{ source('platform', 'pulls') }}
where mode = 'all' and outcome = 'succeeded'
group by coupling_id, object
