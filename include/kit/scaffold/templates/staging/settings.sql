with source as (
    select * from {{ source('platform', 'couplings') }} where connector = '<<connector>>'
)

select
    source.webshop_id,
    source.id as coupling_id
from source
