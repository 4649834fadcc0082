"""The task that lets go what is past its time."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context

from include.sync.maintain import maintain
from include.tasks.failure import FIRST_WAIT, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import platform

log = logging.getLogger(__name__)


class MaintainOperator(BaseOperator):
    """Deletes in small batches; one that was stopped goes on the next time."""

    ui_color = "#e5e7eb"

    def __init__(self, **given: Any) -> None:
        super().__init__(
            retries=2,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **given,
        )

    @without_traceback
    def execute(self, context: Context) -> str:
        """Let go what is past its time; return the sentence that support reads."""
        done = maintain(platform("maintain").connect)
        log.info("DONE: %s", done.sentence())
        return done.sentence()
