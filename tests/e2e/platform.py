"""What the tests do to the running platform and read from it, as support would: through Airflow's API."""

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from include.demo.airflow_api import FINISHED, AirflowApi
from include.demo.sandboxes import Sandbox
from include.demo.stage import Stage
from include.local.machine import Machine

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Run:
    """A triggered run of a DAG."""

    dag: str
    id: str

    @property
    def path(self) -> str:
        """Where the API keeps it."""
        return f"dags/{self.dag}/dagRuns/{self.id}"


@dataclasses.dataclass(frozen=True)
class Platform:
    """The running platform; `configs` is its folder of couplings, free to be changed."""

    machine: Machine
    stage: Stage
    configs: Path

    @property
    def api(self) -> AirflowApi:
        """Airflow's API, as admin."""
        return self.stage.airflow

    def sandbox(self, connector: str) -> Sandbox:
        """The imitation of a system."""
        return self.stage.sandboxes[connector]

    def clear_faults(self) -> None:
        """Let every sandbox answer well again."""
        for sandbox in self.stage.sandboxes.values():
            sandbox.admin.clear_faults()

    def trigger(self, coupling: str, *objects: str, **form: Any) -> Run:
        """Trigger the coupling's extract DAG with the form filled in."""
        dag = f"{coupling}__extract"
        return Run(dag, self.api.trigger(dag, {"objects": list(objects), **form}))

    def push(self, coupling: str, **form: Any) -> Run:
        """Trigger the coupling's push DAG with the form filled in."""
        dag = f"{coupling}__push"
        return Run(dag, self.api.trigger(dag, form))

    def finish(self, run: Run, seconds: float = 90) -> str:
        """Wait until the run has ended; return its state."""
        wait_until(lambda: self.api.run_state(run.dag, run.id) in FINISHED, f"{run} to end", seconds)
        return self.api.run_state(run.dag, run.id)

    def ends_well(self, run: Run) -> None:
        """Fail with what the failed tasks' logs say at their ends when the run does."""
        if self.finish(run) != "success":
            failed = [name for name, state in self.states(run).items() if state == "failed"]
            raise AssertionError({name: self.log(run, name)[-2:] for name in failed})

    def tasks(self, run: Run) -> dict[str, dict[str, Any]]:
        """The task instances of a run by task id."""
        found = self.api.call("GET", f"{run.path}/taskInstances")["task_instances"]
        return {task["task_id"]: task for task in found}

    def states(self, run: Run) -> dict[str, str]:
        """The tasks' states."""
        return {name: task["state"] for name, task in self.tasks(run).items()}

    def log(self, run: Run, task: str, attempt: int = 1) -> list[str]:
        """The lines of a task's log that the UI shows at once: what is in a group is folded away."""
        answer = self.api.call("GET", f"{run.path}/taskInstances/{task}/logs/{attempt}?full_content=true")
        shown: list[str] = []
        depth = 0
        for event in (str(line["event"]) for line in answer["content"]):
            if "::group::" in event:
                depth += 1
            elif "::endgroup::" in event:
                depth = max(0, depth - 1)
            elif depth == 0:
                shown.append(event)
        return shown

    def pull_of(self, run: Run, pulled: str) -> Mapping[str, Any]:
        """The platform's own record of the run's pull of an object."""
        query = "select to_jsonb(p) from platform.pulls p where run_id = %s and object = %s order by id desc limit 1"
        found: Mapping[str, Any] = self.stage.one(query, run.id, pulled)
        return found


def wait_until(holds: Callable[[], T], what: str, seconds: float = 60, every: float = 0.3) -> T:
    """Return the first true value; fails with `what` when there is none in time."""
    deadline = time.monotonic() + seconds
    while not (found := holds()):
        assert time.monotonic() < deadline, f"waited {seconds:.0f} s for {what}"
        time.sleep(every)
    return found
