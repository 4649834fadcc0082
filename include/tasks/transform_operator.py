"""The task that maps everything that landed since the last transform."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import BaseOperator, Context

from include.sync.configs import deploy_if_changed
from include.sync.dbt import Dbt
from include.sync.transform import transform
from include.tasks.failure import FIRST_WAIT, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import platform

log = logging.getLogger(__name__)


class TransformOperator(BaseOperator):
    """Runs one transform for all couplings with news; changed settings in YAML files take effect here."""

    ui_color = "#dcfce7"

    def __init__(self, **settings: Any) -> None:
        super().__init__(
            retries=2,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )

    @without_traceback
    def execute(self, context: Context) -> str:
        """Transform, and return the sentence that support reads."""
        here = platform("transform")
        with here.connect() as connection:
            deploy_if_changed(connection)
        done = transform(here.connect, Dbt().transform)
        for change in done.changes:
            log.info(
                "%s %s: %d inserted, %d updated, %d deleted, %d untouched",
                change.coupling, change.object, change.inserted, change.updated, change.deleted, change.untouched,
            )  # fmt: skip
        log.info("DONE: %s", done.sentence())
        return done.sentence()
