"""The task that works on the events that remotes sent."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import AssetAlias, BaseOperator, Context

from include.engine.ports import Credentials
from include.spec.load import CouplingConfig, find_coupling
from include.sync.drain import drain
from include.sync.webhooks import renew_keys
from include.tasks.asset import LANDED
from include.tasks.failure import FIRST_WAIT, RetryByKind, tell_reason, without_traceback
from include.tasks.platform import credentials, origin_of, platform

log = logging.getLogger(__name__)


class DrainOperator(BaseOperator):
    """Empties the inbox of webhook events; the asset event that starts a transform is only sent when there is news."""

    ui_color = "#fef3c7"

    def __init__(self, **settings: Any) -> None:
        # An alias of its own, for the reason that stands in PullOperator.
        self.news = AssetAlias("news of webhooks")
        super().__init__(
            outlets=[self.news],
            retries=2,
            retry_delay=FIRST_WAIT,
            retry_policy=RetryByKind(),
            on_failure_callback=tell_reason,
            on_retry_callback=tell_reason,
            **settings,
        )

    @without_traceback
    def execute(self, context: Context) -> str:
        """Work on what waits, and return the sentence that support reads."""
        here = platform("drain webhooks")
        done = drain(here, opened, origin_of(context))
        renew_keys(here, opened)
        if done.news:
            told = sorted(f"{coupling} {name}" for coupling, name in done.news)
            context["outlet_events"][self.news].add(LANDED, extra={"news": ", ".join(told)[:1000]})
        log.info("DONE: %s", done.sentence())
        return done.sentence()


def opened(name: str) -> tuple[CouplingConfig, Credentials]:
    """Return a coupling's files as they are now, and its credentials. Raises Misconfigured."""
    config = find_coupling(name)
    return config, credentials(config)
