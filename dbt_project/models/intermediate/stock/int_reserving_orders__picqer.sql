-- Picqer reserves stock for every order that is no draft.
select coupling_id, record_key as remote_id
from {{ ref('stg_picqer__orders') }}
where status in ('expected', 'processing', 'paused', 'completed') and gone_at is null
