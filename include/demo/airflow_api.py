"""Airflow's REST API, as far as the demo uses it: what support does by hand, done by a program."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from include.local.errors import LocalError


class AirflowApi:
    """A session of the user `admin`."""

    def __init__(self, address: str, passwords: Path) -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        password = json.loads(passwords.read_text())["admin"]
        answer = self._session.post(
            f"{address}/auth/token", json={"username": "admin", "password": password}, timeout=30
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None, missing_ok: bool = False) -> Any:
        answer = self._session.request(method, f"{self._address}/api/v2/{path}", json=body, timeout=60)
        if answer.status_code == 404 and missing_ok:
            return None
        if not answer.ok:
            raise LocalError(f"Airflow answered {answer.status_code} to {method} {path}: {answer.text[:300]}")
        return answer.json() if answer.content else None

    def keep_connection(self, wanted: Mapping[str, Any]) -> None:
        """Make the connection if it does not exist; move it to the present address if it does.

        Its secrets are left alone: the platform holds a newer refresh token by then.
        """
        name = wanted["connection_id"]
        found = self._call("GET", f"connections/{name}", missing_ok=True)
        if found is None:
            self._call("POST", "connections", {**wanted, "extra": json.dumps(wanted["extra"])})
        elif found["host"] != wanted["host"]:
            self._call("PATCH", f"connections/{name}?update_mask=host", {**_head(found), "host": wanted["host"]})

    def wait_for_dags(self, names: list[str], seconds: float = 120) -> None:
        """Return when Airflow knows the DAGs. Raises LocalError with its import errors when it does not."""
        deadline = time.monotonic() + seconds
        while True:
            known = {dag["dag_id"] for dag in self._call("GET", "dags?limit=500&exclude_stale=true")["dags"]}
            if known.issuperset(names):
                return
            if time.monotonic() > deadline:
                errors = self._call("GET", "importErrors")["import_errors"]
                raise LocalError(
                    f"Airflow does not show {sorted(set(names) - known)}: {[e['stack_trace'] for e in errors]}"
                )
            time.sleep(0.5)

    def unpause(self, dag_id: str) -> None:
        """Switch a DAG on."""
        self._call("PATCH", f"dags/{dag_id}?update_mask=is_paused", {"is_paused": False})

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Trigger a run with a filled-in form; return its id."""
        run: str = self._call("POST", f"dags/{dag_id}/dagRuns", {"logical_date": None, "conf": dict(conf)})[
            "dag_run_id"
        ]
        return run

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return queued, running, success or failed."""
        state: str = self._call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def busy_runs(self, dag_id: str) -> int:
        """Return how many runs of a DAG are queued or running."""
        found = self._call("GET", f"dags/{dag_id}/dagRuns?state=queued&state=running&limit=1")
        return int(found["total_entries"])


def _head(found: Mapping[str, Any]) -> dict[str, Any]:
    return {"connection_id": found["connection_id"], "conn_type": found["conn_type"]}
