"""The service that remotes send webhooks to, in a process of its own; it knows no Airflow."""
