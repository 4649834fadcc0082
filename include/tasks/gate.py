"""What lets a scheduled run ask a remote: only where the coupling is active. Credentials that changed are tried."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk.exceptions import AirflowSkipException

from include.contract.errors import Misconfigured
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.sync import life
from include.sync.auth import recheck_if_changed
from include.sync.pull import Platform
from include.tasks.catch_up import start_catch_up
from include.tasks.platform import credentials
from include.warehouse import life as lives
from include.warehouse.life import Life

log = logging.getLogger(__name__)


def admit(here: Platform, config: CouplingConfig, run: Any) -> None:
    """Let the task of a run go on, or skip it; what a person triggered goes on in every state but *inactive*.

    Raises AuthRefused where credentials that changed are refused as well.
    """
    if run.run_type != "scheduled":
        return
    found = _look(here, config)
    if found.state == lives.NEEDS_AUTH and _tried(here, config):
        found = _look(here, config)
    if found.state == lives.ACTIVE:
        return
    what = life.sentence(found)
    if found.reason is not None:
        log.warning("%s: %s", found.reason.error_class, found.reason.text)
    who = f"Who acts: {found.acts}. " if found.acts else ""
    log.info("SKIPPED: %s, so its schedules ask nothing of %s.", what, config.manifest.title)
    log.info("%sNext step: %s", who, life.next_step(found))
    raise AirflowSkipException(what)


def _look(here: Platform, config: CouplingConfig) -> Life:
    with here.connect() as connection:
        return lives.of(connection, config.name)


def _tried(here: Platform, config: CouplingConfig) -> bool:
    """Try the credentials where they are not those that were refused; return whether somebody could look."""
    try:
        held: Credentials = credentials(config)
    except Misconfigured as error:
        log.warning("%s", error.what)
        return False
    revived = recheck_if_changed(here, config, held, life.PLATFORM)
    # This run catches its own coupling up, where that is active.
    start_catch_up([one for one in revived if one.coupling != config.name or one.state != lives.ACTIVE])
    return True
