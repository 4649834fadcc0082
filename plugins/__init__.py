"""Airflow plugins. Each of its processes runs every file here, so what is no plugin belongs into include/."""
