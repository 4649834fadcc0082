"""Pull an object of a coupling: fetch ahead, land page by page, resume where a dead run stopped, settle deletions."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

import psycopg

from include.contract.errors import Misconfigured, PlatformBug, SyncError, Wait
from include.engine.extract import is_asked_by_id, is_wanted
from include.engine.ports import Credentials
from include.engine.redact import redact
from include.spec.load import CouplingConfig
from include.sync.auth import stops_when_refused
from include.sync.life import PLATFORM, auth_works, refuse_inactive
from include.sync.remote import open_client
from include.sync.stream import StreamRun
from include.warehouse import approvals, life, pulls
from include.warehouse.approvals import Approval
from include.warehouse.connection import Connect, warehouse_faults
from include.warehouse.pulls import Busy, Wish
from include.warehouse.registry import CouplingId, coupling_id
from include.warehouse.secrets import Vault

log = logging.getLogger(__name__)
BUSY_WAIT = timedelta(seconds=30)
# A single pull only ever waits for another one.
SHORT_WAIT = timedelta(seconds=3)


@dataclasses.dataclass(frozen=True)
class Platform:
    """What every operation needs: connections to the warehouse and the vault for tokens."""

    connect: Connect
    vault: Vault


@dataclasses.dataclass(frozen=True)
class Pulled:
    """A finished pull: its counts over all streams, and guards that kept deletions back."""

    pull_id: int
    resumed: bool
    pages: int
    records: int
    new: int
    changed: int
    unchanged: int
    gone: int
    quarantined: int
    guards: tuple[str, ...]
    asked: tuple[Approval, ...]
    """Deletions of this pull that wait for a person; everything else of it is done."""
    overtaken: tuple[Approval, ...]
    """Earlier questions that this pull made pointless."""
    has_news: bool
    """Whether a transform has something to do: what this pull landed, or what a failed one before it left."""
    pulled_with: tuple[str, ...] = ()
    """The objects whose pull brings this one, where it has no endpoint of its own."""
    absent: frozenset[str] = frozenset()
    """Records that were asked for by id, and that no stream of the object has, or has in its bin only."""
    is_settled: bool = True
    """False where another pull landed one of these records meanwhile: it has to be asked for anew."""

    def sentence(self) -> str:
        """Return what support reads."""
        if self.pulled_with:
            others = " and ".join(name.replace("_", " ") for name in self.pulled_with)
            return f"nothing of its own to pull: it is made of what is pulled with {others}"
        text = (
            f"{self.records} records on {self.pages} pages: {self.new} new, {self.changed} changed, "
            f"{self.unchanged} unchanged, {self.gone} gone, {self.quarantined} in quarantine"
        )
        some = "not all" if self.gone else "nothing"
        return text + "".join(f"; {some} deleted, because {guard}" for guard in self.guards)


def pull(platform: Platform, config: CouplingConfig, wish: Wish, credentials: Credentials) -> Pulled:
    """Pull one object and return what happened; the pull record tells it as well (R1).

    Raises an error of the tree. After TryAgain or Wait, calling again resumes at the last landed page.
    """
    if wish.object not in config.objects:
        raise Misconfigured(f"'{wish.object}' is not switched on for {config.name}")
    if wish.object not in config.pulled_objects:
        raise Misconfigured(
            f"'{wish.object}' is not pulled for {config.name}: its buy orders are only posted",
            next_step="Set buy_orders.two_way to true in the coupling's file, if they are to come back.",
        )
    if wish.mode == "single" and not (wish.remote_id or wish.remote_ids):
        raise Misconfigured("mode single needs a remote id", next_step="Fill in 'remote id' and trigger again.")
    with warehouse_faults("opening a pull"), platform.connect() as connection:
        ids = coupling_id(connection, config.name)
        found = refuse_inactive(connection, config.name)
        with pulls.locked(connection, ids, wish.object, wish.mode) as free:
            if not free:
                wait = SHORT_WAIT if wish.mode == "single" else BUSY_WAIT
                raise Busy(f"another run is pulling {wish.object} of {config.name}", datetime.now(UTC) + wait)
            pull_id, resumed = pulls.begin(connection, ids, wish)
            log.info(
                "Pull %s of %s %s (%s)%s", pull_id, config.name, wish.object, wish.mode, ", resumed" if resumed else ""
            )
            refused = stops_when_refused(platform, config, credentials, wish.object)
            with refused, _told(platform.connect, pull_id, credentials):
                runs = _streams(platform, connection, config, wish, credentials, ids, pull_id)
                with warehouse_faults("closing a pull"):
                    pulls.succeed(connection, pull_id)
                    if found.state == life.NEEDS_AUTH and runs:
                        auth_works(connection, config.name, PLATFORM)
                    life.caught_up(connection, config.name, config.pulled_objects)
        return dataclasses.replace(
            _result(connection, pull_id, resumed),
            pulled_with=config.manifest.pulled_with(wish.object),
            absent=_absent(config, runs),
            is_settled=all(run.is_settled for run in runs.values()),
        )


def _streams(
    platform: Platform,
    connection: psycopg.Connection,
    config: CouplingConfig,
    wish: Wish,
    credentials: Credentials,
    ids: CouplingId,
    pull_id: int,
) -> dict[str, StreamRun]:
    runs = {}
    with open_client(
        config, credentials, platform.connect, platform.vault, f"pull {pull_id} of {wish.object}"
    ) as client:
        try:
            for name in config.manifest.objects[wish.object].streams:  # type: ignore[index]
                runs[name] = StreamRun(platform.connect, connection, client, config, wish, ids, pull_id, name)
                runs[name].run()
        finally:
            with contextlib.suppress(psycopg.Error):
                pulls.count_requests(connection, pull_id, client.requests)
    return runs


def _absent(config: CouplingConfig, runs: dict[str, StreamRun]) -> frozenset[str]:
    asked = [run.absent for name, run in runs.items() if name in asked_by_id(config, config.manifest.streams)]
    return frozenset.intersection(*map(frozenset, asked)) if asked else frozenset()


def asked_by_id(config: CouplingConfig, streams: Iterable[str]) -> list[str]:
    """Return those of the streams whose records this coupling asks for by their ids."""
    known, settings = config.manifest.streams, config.settings
    return [name for name in streams if is_asked_by_id(known[name]) and is_wanted(known[name], settings)]


@contextlib.contextmanager
def _told(connect: Connect, pull_id: int, credentials: Credentials) -> Iterator[None]:
    """Write into the pull's record why it stopped."""
    try:
        try:
            yield
        except SyncError:
            raise
        except Exception as error:
            secrets = [credentials.login, credentials.password, *credentials.extra.values()]
            raise PlatformBug(f"{type(error).__name__}: {redact(str(error), secrets)}") from None
    except SyncError as error:
        # The connection of the pull may be the very thing that broke.
        with contextlib.suppress(psycopg.Error, SyncError), connect() as fresh:
            pulls.fail(fresh, pull_id, error.reason, error.until if isinstance(error, Wait) else None)
        raise


def _result(connection: psycopg.Connection, pull_id: int, resumed: bool) -> Pulled:
    row = connection.execute(
        "select coalesce(sum(pages), 0), coalesce(sum(records), 0), coalesce(sum(new), 0),"
        " coalesce(sum(changed + returned), 0), coalesce(sum(unchanged + stale), 0), coalesce(sum(gone), 0),"
        " coalesce(sum(quarantined), 0),"
        " coalesce(array_agg(guard order by stream) filter (where guard is not null), '{}'),"
        " exists (select from platform.news where pull_id = %(pull)s)"
        " from platform.pull_streams where pull_id = %(pull)s",
        {"pull": pull_id},
    ).fetchone()
    assert row is not None, "an aggregate gives a row"
    pages, records, new, changed, unchanged, gone, quarantined = (int(number) for number in row[:7])
    return Pulled(
        pull_id, resumed, pages, records, new, changed, unchanged, gone, quarantined, guards=tuple(row[7]),
        asked=tuple(approvals.of_pull(connection, pull_id, "waiting")),
        overtaken=tuple(approvals.of_pull(connection, pull_id, "overtaken")),
        has_news=row[8],
    )  # fmt: skip
