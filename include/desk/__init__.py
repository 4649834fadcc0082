"""Support's pages inside the Airflow UI, and the functions behind their buttons. Runs in Airflow's api-server."""
