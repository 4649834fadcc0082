-- What a transform did for each webshop of its batch: one webshop's failure is its own.
create table platform.transform_webshops (
    transform_id  bigint not null references platform.transforms (id) on delete cascade,
    webshop_id    integer not null references platform.webshops (id),
    outcome       text not null check (outcome in ('succeeded', 'failed')),
    roots         bigint not null,
    finished_at   timestamptz not null default now(),
    error_class   text,
    error_text    text,
    next_step     text,
    acts          text,
    primary key (transform_id, webshop_id)
);
create index transform_webshops_of on platform.transform_webshops (webshop_id, transform_id desc);

alter table platform.webshops
    add column last_transform_id bigint,
    add column last_transformed_at timestamptz;
comment on column platform.webshops.last_transform_id is
    'The last transform that mapped all of the webshop''s news: what it stored is seen, what a failed one stored is not.';

update platform.webshops
set last_transform_id = settled.id, last_transformed_at = settled.finished_at
from (select id, finished_at from platform.transforms where outcome = 'succeeded' order by id desc limit 1) as settled;
