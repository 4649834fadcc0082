"""The tasks that carry one approval: show a person what would go and wait for the answer, then do what he said."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import BaseOperator, Context
from airflow.sdk.exceptions import AirflowSkipException

from include.sync.approvals import Decided, approve, expire, refuse
from include.tasks.approval_text import body, subject
from include.tasks.asset import LANDED
from include.tasks.failure import FIRST_WAIT, RETRIES, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import platform
from include.warehouse import approvals

log = logging.getLogger(__name__)
DELETE, KEEP = "Delete them", "Keep them"
Answer = dict[str, str]
"""What a person said: the option that he chose, and who he is; empty where nobody was asked or nobody answered."""


class AskOperator(HITLOperator):
    """Waits, without a worker, until a person answers or the approval expires."""

    ui_color = "#fef3c7"

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            subject="What would be deleted",
            options=[DELETE, KEEP],
            # What Airflow answers itself when the time is over; the answer then says that nobody gave it.
            defaults=KEEP,
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )

    @without_traceback
    def execute(self, context: Context) -> Answer:
        """Ask; returns at once where the approval does not wait any more."""
        here = platform("ask for approval")
        with here.connect() as connection:
            found = approvals.one(connection, _number(context))
            if found.state != "waiting" or found.is_late:
                log.info("DONE: %s", Decided(found, now=False).sentence())
                return {}
            listed = approvals.records(connection, found.id, 50)
        self.subject, self.body = subject(found), body(found, listed)
        self.response_timeout = found.time_left
        super().execute(context)
        raise AssertionError("a task that waits for a person does not come back here")

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Answer:
        """Return the answer that a person gave, or none after the time is over."""
        given = super().execute_complete(context, event)
        if event.get("timedout"):
            log.info("DONE: nobody answered in time")
            return {}
        who = (given["responded_by_user"] or {}).get("name") or "somebody"
        log.info("DONE: %s: %s", who, given["chosen_options"][0])
        return {"chosen": given["chosen_options"][0], "by": who}


class AnswerOperator(BaseOperator):
    """Does what the person said, once; a deletion starts a transform."""

    ui_color = "#dcfce7"

    def __init__(self, *, asked_by: str, **settings: Any) -> None:
        super().__init__(
            outlets=[LANDED],
            retries=RETRIES,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )
        self.asked_by = asked_by

    @without_traceback
    def execute(self, context: Context) -> str:
        """Delete or keep, and return the sentence that support reads. Skips where nothing was deleted."""
        connect = platform("answer an approval").connect
        answer: Answer = context["ti"].xcom_pull(task_ids=self.asked_by) or {}
        number = _number(context)
        if answer.get("chosen") == DELETE:
            done = approve(connect, number, answer["by"])
        elif answer.get("chosen") == KEEP:
            done = refuse(connect, number, answer["by"])
        else:
            done = expire(connect, number)
        log.info("DONE: %s", done.sentence())
        if done.approval.state != "approved":
            # A task that is skipped sends no asset event: there is nothing to map.
            raise AirflowSkipException(done.sentence())
        return done.sentence()


def _number(context: Context) -> int:
    return int(context["params"]["approval"])
