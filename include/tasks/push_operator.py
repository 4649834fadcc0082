"""The task that sends the buy orders of one coupling, and does what a person decided about some of them."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context

from include.contract.errors import SUPPORT, Misconfigured, RequestRefused, Wait
from include.spec.load import CouplingConfig
from include.sync.configs import ensure_registered
from include.sync.pull import Platform
from include.sync.push import Stuck, push
from include.sync.push_answers import adopt, drop, retry, stuck_orders, waiting
from include.tasks.failure import FIRST_WAIT, RETRIES, RetryByKind, tell_reason, without_traceback
from include.tasks.gate import admit
from include.tasks.platform import credentials, platform
from include.tasks.pull_operator import read_config

log = logging.getLogger(__name__)
# An order that has to be looked for again is waited for by this run; a longer wait is left to the next one.
_LONGEST_LOOK = timedelta(minutes=15)


class PushOperator(BaseOperator):
    """Sends what waits. A wait for a limit gives the worker slot back.

    The task fails when an order is left to a person, after all the others were sent.
    """

    ui_color = "#fae8ff"

    def __init__(self, *, coupling_file: str, configs: str, **settings: Any) -> None:
        super().__init__(
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )
        self.coupling_file = coupling_file
        self.configs = configs

    @without_traceback
    def execute(self, context: Context) -> str:
        """Do what the form asks, then send what waits; return the sentence that support reads."""
        config = read_config(self.coupling_file, self.configs)
        here = platform(f"push {config.name}")
        with here.connect() as connection:
            ensure_registered(connection, config)
        admit(here, config, context["dag_run"])
        if context["dag_run"].run_type == "scheduled":
            return self._send(config, here, [])
        numbers = numbers_of(context["params"])
        # A task that is tried again only goes on: a decision is made once.
        if context["ti"].try_number == 1:
            said = decide(here, config, context["params"], numbers, who(context))
            log.info("%s", said)
            if context["params"].get("action") == "drop":
                log.info("DONE: %s", said)
                return said
        return self._send(config, here, numbers)

    @without_traceback
    def go_on(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Send what waits, after a wait."""
        config = read_config(self.coupling_file, self.configs)
        numbers = [] if context["dag_run"].run_type == "scheduled" else numbers_of(context["params"])
        here = platform(f"push {config.name}")
        admit(here, config, context["dag_run"])
        return self._send(config, here, numbers)

    def _send(self, config: CouplingConfig, here: Platform, numbers: list[str]) -> str:
        try:
            done = push(here, config, credentials(config), numbers)
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="go_on")
        log.info("%s", done.sentence())
        if done.stuck:
            raise left_to_a_person(config, done.stuck)
        if done.next_look is not None and done.next_look < datetime.now(UTC) + _LONGEST_LOOK:
            log.info("What nobody knows of is looked for at %s.", f"{done.next_look:%H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=done.next_look), method_name="go_on")
        log.info("DONE: %s%s", done.sentence(), _left(here, config))
        return done.sentence()


def numbers_of(form: dict[str, Any]) -> list[str]:
    """Return the order numbers of the form."""
    return re.findall(r"\d+", form.get("orders") or "")


def decide(here: Platform, config: CouplingConfig, form: dict[str, Any], numbers: list[str], by: str) -> str:
    """Do what the form asks beside sending; return a sentence. Raises Misconfigured for fields that contradict."""
    action, remote_id = form.get("action", "send"), (form.get("remote_id") or "").strip()
    if (action == "adopt") != bool(remote_id) or (action == "adopt" and len(numbers) != 1):
        raise Misconfigured(
            "a remote id goes with the action 'It is there' and one order's number, and only with them",
            next_step="Trigger again with one number and its id there, or with the remote id left empty.",
        )
    if action != "send" and not numbers:
        raise Misconfigured("no order is named", next_step="Trigger again with the order's number filled in.")
    if action == "adopt":
        return adopt(here.connect, config.name, numbers[0], remote_id, by)
    if action == "drop":
        return "; ".join(drop(here.connect, config.name, number, by) for number in numbers)
    if action == "retry":
        return f"sent again: {', '.join(retry(here.connect, config.name, numbers, by))}"
    return waiting(here.connect, config.name, numbers, by)


def who(context: Context) -> str:
    """Return who triggered the run."""
    return str(getattr(context["dag_run"], "triggering_user_name", None) or "somebody")


def left_to_a_person(config: CouplingConfig, stuck: tuple[Stuck, ...]) -> RequestRefused:
    """Return the error that names the orders that wait for a person, and what to do."""
    told = "; ".join(f"{order.reference} is {order.state}: {order.what}" for order in stuck[:5])
    more = f"; and {len(stuck) - 5} more" if len(stuck) > 5 else ""
    single = stuck[0].next_step if len(stuck) == 1 else f"./run cli push list {config.name} names each with its own."
    return RequestRefused(told + more, next_step=single, acts=SUPPORT)


def _left(here: Platform, config: CouplingConfig) -> str:
    count = stuck_orders(here.connect, config.name)
    return f"; {count} order(s) of before wait for a person (./run cli push list {config.name})" if count else ""
