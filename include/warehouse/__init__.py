"""PostgreSQL: landing, pulls, cursors, budgets, tokens, migrations. No Airflow, no HTTP."""
