"""`./run cli`: what support and developers do from a shell. Runs without Airflow."""
