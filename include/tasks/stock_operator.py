"""The task that adds what came in to the stock of one coupling's shop."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context

from include.contract.errors import SUPPORT, RequestRefused, Wait
from include.sync.configs import ensure_registered
from include.sync.stock_update import update_stock
from include.tasks.failure import FIRST_WAIT, RETRIES, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import credentials, platform
from include.tasks.pull_operator import read_config

log = logging.getLogger(__name__)


class StockOperator(BaseOperator):
    """Writes the stock of what came in. A wait for a limit gives the worker slot back.

    The task fails when a product is left to a person, after all the others were written.
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
        """Write what came in; return the sentence that support reads."""
        return self._write()

    @without_traceback
    def go_on(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Write the rest, after a wait."""
        return self._write()

    def _write(self) -> str:
        config = read_config(self.coupling_file, self.configs)
        here = platform(f"stock {config.name}")
        with here.connect() as connection:
            ensure_registered(connection, config)
        try:
            done = update_stock(here, config, credentials(config))
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="go_on")
        log.info("%s", done.sentence())
        if done.stuck:
            raise RequestRefused(
                "; ".join(done.stuck[:5]) + (f"; and {len(done.stuck) - 5} more" if len(done.stuck) > 5 else ""),
                next_step=f"./run cli stock list {config.name} names each with its next step.",
                acts=SUPPORT,
            )
        log.info("DONE: %s", done.sentence())
        return done.sentence()
