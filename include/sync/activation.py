"""Bring a coupling from nothing to its schedules, step by step; what stopped goes on where it stopped (R13)."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from include.contract.errors import LimitReached, Misconfigured, PlatformBug, Reason, SyncError, Wait
from include.engine.extract import is_wanted
from include.engine.ports import Credentials
from include.spec.load import CouplingConfig
from include.sync import life, webhooks
from include.sync.auth import ask_once, stops_when_refused
from include.sync.configs import ensure_registered
from include.sync.pull import Platform, Pulled, pull
from include.sync.transform import RunDbt, transform
from include.warehouse import activation as steps
from include.warehouse import life as lives
from include.warehouse.activation import Step
from include.warehouse.connection import warehouse_faults
from include.warehouse.pulls import Origin, Wish

log = logging.getLogger(__name__)
CHECK, MAP_PRODUCTS, MAP_ORDERS, WEBHOOKS, SCHEDULES = (
    "check_credentials",
    "map_products",
    "map_orders",
    "webhooks",
    "schedules",
)
_PRODUCTS = ("suppliers", "products", "supplier_products", "product_compositions")
_ORDERS = ("sell_orders", "buy_orders", "receipt_lines")
STAGES = ("check_credentials", "products", "map_products", "orders", "map_orders", "webhooks", "schedules")
"""What follows one upon the other; a stage is one step or the pulls of several objects."""
_LOOK_AGAIN = timedelta(seconds=10)


@dataclasses.dataclass
class Performed:
    """What a stage did: sentences for support, and the pulls that it made."""

    words: list[str] = dataclasses.field(default_factory=list)
    pulls: list[Pulled] = dataclasses.field(default_factory=list)


def stages_of(config: CouplingConfig) -> dict[str, tuple[Step, ...]]:
    """Return the steps of each stage; a stage without any has nothing to do for this coupling."""
    products, orders = _pulls(config, _PRODUCTS), _pulls(config, _ORDERS)
    return {
        "check_credentials": (Step(CHECK),),
        "products": products,
        "map_products": (Step(MAP_PRODUCTS),) if products else (),
        "orders": orders,
        "map_orders": (Step(MAP_ORDERS),) if orders else (),
        "webhooks": (Step(WEBHOOKS),) if webhooks.topics_of(config) else (),
        "schedules": (Step(SCHEDULES),),
    }


def _pulls(config: CouplingConfig, names: tuple[str, ...]) -> tuple[Step, ...]:
    """Return a step for each object that has something of its own to pull."""
    found = []
    for name in names:
        if name in config.pulled_objects:
            streams = config.manifest.objects[name].streams  # type: ignore[index]
            wanted = sum(is_wanted(config.manifest.streams[stream], config.settings) for stream in streams)
            if wanted:
                found.append(Step(f"pull_{name}", name, wanted))
    return tuple(found)


def begin(platform: Platform, config: CouplingConfig, who: str) -> bool:
    """Begin an activation, or take up the one that stopped; return False where the coupling is active already.

    Raises Misconfigured for a coupling that is switched off in its file.
    """
    if not config.enabled:
        raise Misconfigured(
            f"{config.name} is switched off in {config.file}",
            next_step="Take 'enabled: false' out of that file, or out of the webshop's, and activate it again.",
        )
    with warehouse_faults("beginning an activation"), platform.connect() as connection:
        ensure_registered(connection, config)
        with connection.transaction():
            changed = life.activate(connection, config.name, who)
            if changed.life.state == lives.ACTIVE:
                return False
            lives.explain(connection, changed.life.coupling_id, None)
            flat = [step for stage in stages_of(config).values() for step in stage]
            number = steps.begin(connection, changed.life.coupling_id, flat)
    log.info("Activation %d of %s", number, config.name)
    return True


def perform(
    platform: Platform, config: CouplingConfig, open_credentials: Callable[[], Credentials], stage: str, who: str,
    run_dbt: RunDbt, origin: Origin | None = None,
) -> Performed:  # fmt: skip
    """Do what is left of a stage. Raises an error of the tree; the step that it belongs to tells it as well.

    After Wait or TryAgain, calling again goes on; also in another process, and after `begin`.
    """
    with warehouse_faults("activating"), platform.connect() as connection:
        found = lives.of(connection, config.name)
        if found.state != lives.ACTIVATING:
            raise Misconfigured(f"{life.sentence(found)}: its activation was ended", next_step=life.next_step(found))
        number = steps.unfinished(connection, found.coupling_id)
        if number is None:
            raise PlatformBug(f"{config.name} is being activated and has no steps")
        performing = _Performing(platform, connection, config, open_credentials, found.coupling_id, number, origin)
        with steps.locked(connection, found.coupling_id) as free:
            if not free:
                raise LimitReached(f"another run is activating {config.name}", datetime.now(UTC) + _LOOK_AGAIN)
            performing.stage(stage, who, run_dbt)
        return performing.performed


class _Performing:
    """The steps of one activation, done on one connection that holds the coupling's lock."""

    def __init__(
        self,
        platform: Platform,
        connection: psycopg.Connection,
        config: CouplingConfig,
        open_credentials: Callable[[], Credentials],
        coupling_id: int,
        number: int,
        origin: Origin | None,
    ) -> None:
        self._platform, self._connection, self._config = platform, connection, config
        self._credentials, self._id, self._number, self._origin = open_credentials, coupling_id, number, origin
        self.performed = Performed()

    def stage(self, stage: str, who: str, run_dbt: RunDbt) -> None:
        """Do the steps of a stage that are not done."""
        known = steps.states(self._connection, self._id, self._number)
        for step in stages_of(self._config)[stage]:
            if known.get(step.name) == "done":
                log.info("%s: done before", step.name)
                continue
            with self._told(step.name):
                words = self._do(step, run_dbt)
                with self._connection.transaction():
                    steps.end(self._connection, self._id, self._number, step.name, words)
                    if step.name == SCHEDULES:
                        life.activated(self._connection, self._config.name, who)
            log.info("%s: %s", step.name, words)
            self.performed.words.append(words)

    def _do(self, step: Step, run_dbt: RunDbt) -> str:
        if step.object is not None:
            return self._pull(step.object)
        if step.name in (MAP_PRODUCTS, MAP_ORDERS):
            return self._map(run_dbt)
        if step.name == WEBHOOKS:
            return self._register()
        if step.name == CHECK:
            credentials = self._credentials()
            with stops_when_refused(self._platform, self._config, credentials, None):
                return ask_once(self._platform, self._config, credentials)
        return "the schedules are on"

    def _pull(self, name: str) -> str:
        wish = Wish(self._config.name, name, "all", origin=self._origin)
        done = pull(self._platform, self._config, wish, self._credentials())
        self.performed.pulls.append(done)
        return done.sentence()

    def _map(self, run_dbt: RunDbt) -> str:
        """Map what this coupling brought, alone or with what others brought meanwhile."""
        if steps.is_mapped(self._connection, self._id):
            return "everything is mapped"
        failure: SyncError | None = None
        try:
            done = transform(self._platform.connect, run_dbt).sentence()
        except SyncError as error:
            # Another webshop's mapping may have failed: that is not this coupling's matter.
            failure, done = error, "mapped; another webshop could not be"
        if steps.is_mapped(self._connection, self._id):
            return done
        raise failure or LimitReached("another mapping is running", datetime.now(UTC) + _LOOK_AGAIN)

    def _register(self) -> str:
        if not os.environ.get(webhooks.ADDRESS_VARIABLE):
            return f"nothing registered: {webhooks.ADDRESS_VARIABLE} is not set here, so the schedules ask for changes"
        settled = webhooks.register(self._platform, self._config, self._credentials())
        for each in settled.failed:
            if each.error is not None:
                raise each.error
        return settled.sentence()

    @contextlib.contextmanager
    def _told(self, step: str) -> Iterator[None]:
        """Write down that a step begins, and why it stopped: at the step, and at the coupling."""
        steps.start(self._connection, self._id, self._number, step)
        try:
            with warehouse_faults(f"activating ({step})"):
                yield
        except SyncError as error:
            self._stopped(step, error.reason, error.until if isinstance(error, Wait) else None)
            raise
        except Exception as error:
            # Its text may hold data or a secret; the log has the traceback.
            bug = PlatformBug(f"{type(error).__name__} in step {step}")
            self._stopped(step, bug.reason, None)
            raise bug from error

    def _stopped(self, step: str, reason: Reason, until: datetime | None) -> None:
        # The connection that holds the lock may be the very thing that broke.
        with contextlib.suppress(psycopg.Error, SyncError), self._platform.connect() as fresh:
            steps.stop(fresh, self._id, self._number, step, reason, until)
            if until is None:
                lives.explain(fresh, self._id, reason)


def deactivate(
    platform: Platform, config: CouplingConfig, open_credentials: Callable[[], Credentials], who: str
) -> str:
    """Switch a coupling off and take away what is registered at its remote; return what support reads.

    It is off also where an error is raised because the remote could not be told: the hourly check tries that again.
    """
    with warehouse_faults("deactivating"), platform.connect() as connection:
        changed = life.deactivate(connection, config.name, who)
    if config.manifest.webhooks is None:
        return changed.sentence()
    settled = webhooks.remove(platform, config, open_credentials())
    for each in settled.failed:
        if each.error is not None:
            raise each.error
    return f"{changed.sentence()}; webhooks: {settled.sentence()}"
