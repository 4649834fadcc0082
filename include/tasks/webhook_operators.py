"""The tasks that look at what is registered at remotes: one names the couplings, one looks at one of them."""

from __future__ import annotations

import logging
from typing import Any

from airflow.providers.standard.triggers.temporal import DateTimeTrigger
from airflow.sdk import BaseOperator, Context

from include.contract.errors import Wait
from include.spec.load import coupling_files, load_coupling
from include.sync import webhooks
from include.sync.configs import ensure_registered
from include.tasks.failure import FIRST_WAIT, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import credentials, platform
from include.warehouse import registrations

log = logging.getLogger(__name__)


# Given to each task where it is made: a mapped operator is built anew from what it was given, and nothing else.
RETRYING: dict[str, Any] = {
    "retries": 2,
    "retry_delay": FIRST_WAIT,
    "retry_policy": RetryByKind(),
    "on_failure_callback": tell_reason,
    "on_retry_callback": tell_reason,
}


class WebhookCouplingsOperator(BaseOperator):
    """Names the couplings whose webhooks were registered once; those without a file any more are left out."""

    ui_color = "#fef3c7"

    @without_traceback
    def execute(self, context: Context) -> list[str]:
        """Return the couplings' files, each of which becomes a task."""
        files = {file.rpartition(".")[0].replace("/", "__"): file for file in coupling_files()}
        with platform("webhooks").connect() as connection:
            found = registrations.with_endpoint(connection)
        for lost in sorted(set(found) - set(files)):
            log.warning("%s has registrations and no file: put its file back and switch it off there first", lost)
        return [files[name] for name in found if name in files]


class WebhookCheckOperator(BaseOperator):
    """Looks at one coupling's registrations and puts them right; a topic that cannot be is this task's failure."""

    ui_color = "#fef3c7"

    def __init__(self, *, coupling_file: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.coupling_file = coupling_file

    @without_traceback
    def execute(self, context: Context, event: dict[str, Any] | None = None) -> str:
        """Check, and return the sentence that support reads. A wait for a limit gives the worker slot back."""
        config = load_coupling(self.coupling_file)
        here = platform(f"webhooks {config.name}")
        with here.connect() as connection:
            ensure_registered(connection, config)
        try:
            settled = webhooks.check(here, config, credentials(config))
        except Wait as wait:
            log.warning("%s. The worker slot is given back until %s.", wait.what, f"{wait.until:%Y-%m-%d %H:%M:%S} UTC")
            self.defer(trigger=DateTimeTrigger(moment=wait.until), method_name="execute")
        for each in settled.failed:
            log.error("%s (%s): %s", each.topic, each.deed, each.error.what if each.error else "")
        for each in settled.failed:
            if each.error is not None:
                raise each.error
        log.info("DONE: %s", settled.sentence())
        return settled.sentence()
