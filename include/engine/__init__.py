"""HTTP: from a manifest's stream to pages of raw records. No Airflow, no SQL."""
