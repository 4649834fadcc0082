-- The task of Airflow's that worked on a pull: an extract DAG's, an activation's, or the one that follows up events.
alter table platform.pulls add column task_id text;

update platform.pulls set task_id = 'pull_' || object where dag_id like '%\_\_extract';

-- The follow-up of events wrote its run without its DAG, so nobody could open its log.
update platform.pulls set dag_id = 'drain_webhooks', task_id = 'drain' where dag_id is null and run_id is not null;

alter table platform.pulls
add constraint a_run_is_named_whole check (num_nulls(dag_id, run_id, task_id) in (0, 3));
