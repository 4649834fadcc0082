"""The task that pulls one object of one coupling."""

from __future__ import annotations

import dataclasses
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import AssetAlias, BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from include.contract.errors import Misconfigured, Wait
from include.spec.load import CouplingConfig, load_coupling
from include.spec.schedule import due
from include.sync.configs import ensure_registered
from include.sync.owed import made_up
from include.sync.pull import Platform, pull
from include.tasks.approval_runs import start_runs
from include.tasks.asset import LANDED
from include.tasks.failure import FIRST_WAIT, RETRIES, RetryByKind, tell_reason, without_traceback
from include.tasks.gate import admit
from include.tasks.platform import credentials, origin_of, platform
from include.warehouse.life import owes_catch_up
from include.warehouse.pulls import Wish

log = logging.getLogger(__name__)


class PullOperator(BaseOperator):
    """Pulls one object of a coupling as the run's form or the schedule that is due asks.

    A wait for a limit gives the worker slot back. The asset event that starts a transform is only sent when the pull
    brought news. Deletions that a person has to approve wait in a run of their own: the pull is done.
    """

    ui_color = "#dbeafe"

    def __init__(self, *, coupling_file: str, configs: str, pulled_object: str, **settings: Any) -> None:
        # An alias of its own: Airflow 3.3.2 ties an alias to its asset at the first event, and where two tasks do so
        # for one alias at the same time, it marks one of them failed, after its work and without a word in its log.
        self.news = AssetAlias(f"news of {coupling_file.rpartition('.')[0].replace('/', '__')} {pulled_object}")
        super().__init__(
            outlets=[self.news],
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )
        self.coupling_file = coupling_file
        self.configs = configs
        self.pulled_object = pulled_object

    @without_traceback
    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Pull, and return the sentence that support reads. Skips when this run does not ask for the object."""
        config = read_config(self.coupling_file, self.configs)
        here = platform(f"pull {config.name} {self.pulled_object}")
        wish = self._wish(here, config, context)
        if wish is None:
            log.info("SKIPPED: %s is not part of this run", self.pulled_object.replace("_", " "))
            raise AirflowSkipException(f"{self.pulled_object} is not part of this run")
        admit(here, config, context["dag_run"])
        try:
            done = pull(here, config, wish, credentials(config))
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="execute")
        if done.has_news:
            extra = {"coupling": config.name, "object": self.pulled_object}
            context["outlet_events"][self.news].add(LANDED, extra=extra)
        start_runs(done.asked, done.overtaken)
        log.info("DONE: %s", done.sentence())
        return done.sentence()

    def _wish(self, here: Platform, config: CouplingConfig, context: Context) -> Wish | None:
        """Return what this run asks of the object, and what it is owed besides."""
        wish, run = wish_of(config, self.pulled_object, context), context["dag_run"]
        with here.connect() as connection:
            ensure_registered(connection, config)
            if run.run_type != "scheduled":
                return wish
            if wish is None:
                missed = owes_catch_up(connection, config.name, self.pulled_object)
                return Wish(config.name, self.pulled_object, "changed", origin=origin_of(context)) if missed else None
            return made_up(connection, config, wish, run.logical_date or run.run_after)


def read_config(file: str, configs: str) -> CouplingConfig:
    """Read the coupling's files as they are now."""
    return load_coupling(file, Path(configs))


def wish_of(config: CouplingConfig, name: str, context: Context) -> Wish | None:
    """Return what this run asks of an object: by the form when a person triggered it, else by the schedules due."""
    run = context["dag_run"]
    origin = origin_of(context)
    if run.run_type == "scheduled":
        modes = due(config.plans, run.logical_date or run.run_after, config.webshop.time_zone)
        return Wish(config.name, name, modes[name], origin=origin) if name in modes else None
    form = context["params"]
    if name not in (form.get("objects") or []):
        return None
    wish = Wish(config.name, name, form.get("mode", "changed"), origin=origin)
    remote_id = (form.get("remote_id") or "").strip() or None
    _refuse_contradictions(wish.mode, remote_id, form["objects"])
    if wish.mode == "single":
        return dataclasses.replace(wish, remote_id=remote_id)
    if wish.mode == "all":
        return wish
    return dataclasses.replace(wish, since=_moment(form.get("since")))


def _refuse_contradictions(mode: str, remote_id: str | None, objects: list[str]) -> None:
    """Raise Misconfigured for what Airflow's form cannot check: fields that do not go together."""
    if mode != "single" and remote_id:
        raise Misconfigured(
            f"a remote id ('{remote_id}') is filled in, but the mode is '{mode}'",
            next_step="Trigger again with mode 'One record', or with the remote id left empty.",
        )
    if mode == "single" and not remote_id:
        raise Misconfigured(
            "mode 'One record' is chosen, but no remote id is filled in",
            next_step="Trigger again with the record's remote id filled in.",
        )
    if mode == "single" and len(objects) != 1:
        raise Misconfigured(
            f"mode 'One record' is chosen with {len(objects)} objects ticked, and an id belongs to one of them",
            next_step="Trigger again with only the record's object ticked.",
        )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Misconfigured(f"'{text}' is not a time", next_step="Write since as 2026-05-20T08:00:00+02:00.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
