"""Airflow's REST API: what support does by hand, done by a program. The demo and the end-to-end tests use it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import requests

from include.local.errors import LocalError

FINISHED = ("success", "failed")


class AirflowRefused(LocalError):  # noqa: N818 - named like the errors of the tree
    """Airflow said no; `status` is its HTTP status and `text` what it answered."""

    def __init__(self, what: str, status: int, text: str) -> None:
        super().__init__(f"Airflow answered {status} to {what}: {text[:500]}")
        self.status, self.text = status, text


class AirflowApi:
    """A session of one of the users in the file `passwords`."""

    def __init__(self, address: str, passwords: Path, user: str = "admin") -> None:
        self._address = address
        self._session = requests.Session()
        self._session.trust_env = False
        held = json.loads(passwords.read_text())
        answer = self._session.post(
            f"{address}/auth/token", json={"username": user, "password": held[user]}, timeout=30
        )
        answer.raise_for_status()
        self._session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def __enter__(self) -> AirflowApi:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call a path below /api/v2 and return the decoded answer. Raises AirflowRefused for 4xx and 5xx."""
        answer = self._session.request(method, f"{self._address}/api/v2/{path}", json=body, timeout=60)
        if not answer.ok:
            raise AirflowRefused(f"{method} {path}", answer.status_code, answer.text)
        return answer.json() if answer.content else None

    def keep_connection(self, wanted: Mapping[str, Any]) -> None:
        """Make the connection if it does not exist; move it to the present address if it does.

        Its secrets are left alone: the platform holds a newer refresh token by then.
        """
        name = wanted["connection_id"]
        try:
            found = self.call("GET", f"connections/{name}")
        except AirflowRefused as refusal:
            if refusal.status != 404:
                raise
            self.call("POST", "connections", {**wanted, "extra": json.dumps(wanted["extra"])})
            return
        if found["host"] != wanted["host"]:
            head = {"connection_id": name, "conn_type": found["conn_type"]}
            self.call("PATCH", f"connections/{name}?update_mask=host", {**head, "host": wanted["host"]})

    def dags(self) -> set[str]:
        """Return the ids of the DAGs that Airflow shows."""
        return {dag["dag_id"] for dag in self.call("GET", "dags?limit=500&exclude_stale=true")["dags"]}

    def import_errors(self) -> dict[str, str]:
        """Return file name -> the text that the UI shows for each file that cannot be read."""
        errors = self.call("GET", "importErrors?limit=100")["import_errors"]
        return {Path(error["filename"]).name: error["stack_trace"] for error in errors}

    def wait_for_dags(self, names: list[str], seconds: float = 120) -> None:
        """Return when Airflow knows the DAGs. Raises LocalError with its import errors when it does not."""
        deadline = time.monotonic() + seconds
        while not self.dags().issuperset(names):
            if time.monotonic() > deadline:
                missing = sorted(set(names) - self.dags())
                raise LocalError(f"Airflow does not show {missing}: {self.import_errors()}")
            time.sleep(0.5)

    def trigger(self, dag_id: str, conf: Mapping[str, Any]) -> str:
        """Trigger a run with a filled-in form; return its id."""
        body = {"logical_date": None, "conf": dict(conf)}
        run: str = self.call("POST", f"dags/{dag_id}/dagRuns", body)["dag_run_id"]
        return run

    def run_state(self, dag_id: str, run_id: str) -> str:
        """Return queued, running, success or failed."""
        state: str = self.call("GET", f"dags/{dag_id}/dagRuns/{run_id}")["state"]
        return state

    def busy_runs(self, dag_id: str) -> int:
        """Return how many runs of a DAG are queued or running."""
        found = self.call("GET", f"dags/{dag_id}/dagRuns?state=queued&state=running&limit=1")
        return int(found["total_entries"])
