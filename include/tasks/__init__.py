"""The thin Airflow edge: operators that call the platform's operations, and what support sees when one fails."""
