"""Running the platform on one machine: environment, embedded PostgreSQL, Airflow's processes, tests and checks."""
