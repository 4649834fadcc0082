"""Airflow plugins: none yet. Airflow runs every file here, so what is no plugin belongs into include/."""
