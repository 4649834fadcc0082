"""The task that looks at all couplings and tells people what has changed."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context
from airflow.sdk.observability.stats import gauge

from include.sync import settings
from include.sync.metrics import measure
from include.sync.monitor import tell, watch
from include.tasks.failure import FIRST_WAIT, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import platform
from include.tasks.tellers import tellers
from include.warehouse.monitor import Limits

log = logging.getLogger(__name__)


class MonitorOperator(BaseOperator):
    """Looks, writes down what changed, tells Slack and e-mail, and sends figures to Airflow's metrics."""

    ui_color = "#fee2e2"

    def __init__(self, **given: Any) -> None:
        super().__init__(
            retries=1,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **given,
        )

    @without_traceback
    def execute(self, context: Context) -> str:
        """Look and tell; return the sentence that support reads."""
        here = platform("monitor")
        limits = Limits(settings.STUCK.span(), settings.BACKLOG.span(), settings.PUSHING.span())
        done = watch(here.connect, limits)
        for line in done.lines:
            log.warning("%s", line)
        for fault in tell(here.connect, tellers()):
            log.error("%s", fault)
        for found in measure(here.connect):
            gauge(found.name, found.value, tags=found.tags)
        log.info("DONE: %s", done.sentence())
        return done.sentence()
