"""Airflow plugins. None yet; anything importable that is no plugin belongs into include/ (Airflow runs every file here)."""
