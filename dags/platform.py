"""The platform's own DAGs. Couplings' DAGs come from dag_configs/ through include.factory.bundle."""

from __future__ import annotations

from include.factory.platform_dags import build_platform_dags

globals().update(build_platform_dags())  # Airflow looks for the words airflow and dag in a file.
