"""The tasks of an activation, and the one that pauses, resumes, switches off, or tries credentials."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from include.contract.errors import Misconfigured, Wait
from include.spec.load import CouplingConfig, find_coupling
from include.sync import activation, life
from include.sync.auth import recheck
from include.sync.configs import ensure_registered
from include.sync.dbt import Dbt
from include.sync.pull import Platform
from include.tasks.approval_runs import start_runs
from include.tasks.catch_up import start_catch_up
from include.tasks.failure import FIRST_WAIT, RETRIES, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import credentials, origin_of, platform
from include.tasks.push_operator import who

log = logging.getLogger(__name__)
RECHECK, PAUSE, RESUME, DEACTIVATE = "recheck", "pause", "resume", "deactivate"


class ActivateOperator(BaseOperator):
    """Does one stage of the activation of the coupling that the form names; the first one begins it.

    What is done already is not done again. A wait for a limit gives the worker slot back.
    """

    ui_color = "#fce7f3"

    def __init__(self, *, stage: str, **settings: Any) -> None:
        super().__init__(
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )
        self.stage = stage

    @without_traceback
    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Do what is left of the stage; return the sentence that support reads."""
        config, person = _named(context), who(context)
        here = platform(f"activate {config.name} {self.stage}")
        if self.stage == activation.STAGES[0] and not activation.begin(here, config, person):
            log.info("SKIPPED: %s is active already. To pull everything anew, switch it off first.", config.name)
            raise AirflowSkipException(f"{config.name} is active already")
        try:
            done = activation.perform(
                here, config, lambda: credentials(config), self.stage, person, Dbt().transform, origin_of(context)
            )
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="execute")
        for pulled in done.pulls:
            start_runs(pulled.asked, pulled.overtaken)
        told = "; ".join(done.words) or "nothing to do: done before, or not for this system"
        log.info("DONE: %s", told)
        return told


class LifeOperator(BaseOperator):
    """Does to a coupling what the form asks; credentials that work again start the pulls that were missed."""

    ui_color = "#fce7f3"

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )

    @without_traceback
    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Change the coupling; return the sentence that support reads."""
        config, action = _named(context), str(context["params"]["action"])
        here = platform(f"{action} {config.name}")
        with here.connect() as connection:
            ensure_registered(connection, config)
        try:
            told = do(here, config, action, who(context))
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="execute")
        log.info("DONE: %s", told)
        return told


def do(here: Platform, config: CouplingConfig, action: str, person: str) -> str:
    """Do one of the actions of the form; return what support reads."""
    if action == RECHECK:
        words, revived = recheck(here, config, credentials(config), person)
        start_catch_up(revived)
        return "; ".join([words, *(life.sentence(found) for found in revived)])
    if action == DEACTIVATE:
        return activation.deactivate(here, config, lambda: credentials(config), person)
    with here.connect() as connection:
        if action == PAUSE:
            return life.pause(connection, config.name, person).sentence()
        changed = life.resume(connection, config.name, person)
    if changed.now:
        start_catch_up([changed.life])
    return changed.sentence()


def _named(context: Context) -> CouplingConfig:
    """Return the coupling that the form names. Raises Misconfigured, with the nearest name, where there is none."""
    name = str(context["params"].get("coupling") or "").strip()
    if not name:
        raise Misconfigured("no coupling is named", next_step="Trigger again with the coupling's name filled in.")
    return find_coupling(name)
