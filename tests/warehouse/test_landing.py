"""What becomes of a record when it lands: new, changed, unchanged, stale, returned, or set aside."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from psycopg import sql

from include.engine.records import Record, RecordShape, reader
from include.warehouse import pulls, snapshot
from include.warehouse.landing import Counts, Place, land
from include.warehouse.parents import parents
from include.warehouse.pulls import Wish
from include.warehouse.registry import coupling_id
from tests.sync.stage import Row, Stage

COUPLING = "bralex__exact_online"
pytestmark = pytest.mark.requirement("R16")


@dataclasses.dataclass
class Landing:
    """One stream of a coupling, as pages land in it."""

    stage: Stage
    place: Place

    def page(self, *records: dict[str, Any] | str, order: str | None = "v", age: float = 0.0) -> Counts:
        """Land a page asked for `age` seconds ago, in a transaction of its own; a text is the JSON of a record."""
        texts = [r if isinstance(r, str) else msgspec.json.encode(r).decode() for r in records]
        found, bad = self.read(texts, order)
        assert not bad
        with self.stage.platform.connect() as connection, connection.transaction():
            return land(connection, self.place, found, age)[0]

    def read(self, texts: list[str], order: str | None = "v") -> tuple[list[Record], list[Any]]:
        shape = RecordShape(("id",), "root" if self.place.rooted else None, order)
        return reader(shape)([msgspec.Raw(text.encode()) for text in texts], None)

    def versions(self, key: str) -> list[Row]:
        query = sql.SQL(
            "select payload::text as payload, superseded_at is null as current, gone_at is not null as gone, root_key,"
            " remote_order from {} where record_key = %s order by version_id"
        ).format(self.place.table)
        return self.stage.rows(query, key)

    def news(self) -> list[tuple[str, str]]:
        rows = self.stage.rows("select object, root_key from platform.news order by 1, 2")
        return [(row["object"], row["root_key"]) for row in rows]

    def forget_news(self) -> None:
        self.stage.connection.execute("truncate platform.news")


def landing_of(stage: Stage, stream: str, name: str, coupling: str = COUPLING) -> Landing:
    with stage.platform.connect() as connection:
        ids = coupling_id(connection, coupling)
        pull_id, _ = pulls.begin(connection, ids, Wish(coupling, name, "all"))
    manifest = stage.configs[coupling].manifest
    rooted = manifest.streams[stream].root is not None
    feeds = tuple(manifest.feeds(stream))
    return Landing(stage, Place(ids.webshop_id, ids.coupling_id, manifest.connector, stream, feeds, pull_id, rooted))


@pytest.fixture(params=["accounts", "sales_order_lines"])
def landing(request: pytest.FixtureRequest, clean_copy: Callable[[str], Stage]) -> Landing:
    """A stream whose records are their own roots, and one whose records belong to another record."""
    name = {"accounts": "suppliers", "sales_order_lines": "sell_orders"}[request.param]
    return landing_of(clean_copy("landing"), request.param, name)


@pytest.fixture
def accounts(clean_copy: Callable[[str], Stage]) -> Landing:
    return landing_of(clean_copy("landing"), "accounts", "suppliers")


def record(key: str, version: int | None, **values: Any) -> dict[str, Any]:
    return {"id": key, "root": f"root of {key}", "v": version, **values}


def test_new_unchanged_changed_stale(landing: Landing) -> None:
    fed = landing.place.objects[0]
    root = "root of a" if landing.place.rooted else "a"
    assert landing.page(record("a", 5, x=1), record("b", 5)) == Counts(records=2, new=2)
    assert (fed, root) in landing.news()
    landing.forget_news()
    assert landing.page(record("a", 5, x=1), record("b", 5)) == Counts(records=2, unchanged=2)
    assert landing.news() == []
    assert landing.page(record("a", 6, x=2)) == Counts(records=1, changed=1)
    assert landing.news() == [(fed, root)]
    landing.forget_news()
    assert landing.page(record("a", 4, x=0)) == Counts(records=1, stale=1)
    assert landing.news() == []
    old, new = landing.versions("a")
    assert (old["current"], new["current"], new["remote_order"]) == (False, True, 6)
    assert '"x": 2' in new["payload"]
    assert new["root_key"] == root


def test_the_same_order_with_another_body_is_news(landing: Landing) -> None:
    """Exact amends names without a new row version, WooCommerce stock without a new time: what comes last counts."""
    landing.page(record("a", 5, x=1))
    assert landing.page(record("a", 5, x=2)) == Counts(records=1, changed=1)
    assert landing.page(record("a", None, x=3)) == Counts(records=1, changed=1)


def test_a_record_twice_on_a_page(landing: Landing) -> None:
    """The newest by the remote's own order counts, whichever place it has; without an order the last one."""
    twice = (record("a", 7, x="new"), record("a", 5, x="old"), record("b", None, x=1), record("b", None, x=2))
    assert landing.page(*twice) == Counts(records=4, new=2, unchanged=2)
    assert ['"x": "new"' in row["payload"] for row in landing.versions("a")] == [True]
    assert ['"x": 2' in row["payload"] for row in landing.versions("b")] == [True]


def test_gone_and_returned(landing: Landing) -> None:
    landing.page(record("a", 5, x=1), record("b", 5))
    landing.forget_news()
    with landing.stage.platform.connect() as connection, connection.transaction():
        assert snapshot.bury(connection, landing.place, ["a", "never heard of"]) == 1
        assert snapshot.bury(connection, landing.place, ["a"]) == 0, "gone once"
    assert len(landing.news()) == len(landing.place.objects)
    landing.forget_news()
    assert landing.page(record("a", 5, x=1)) == Counts(records=1, returned=1)
    (row,) = landing.versions("a")
    assert (row["current"], row["gone"]) == (True, False)
    assert len(landing.news()) == len(landing.place.objects)
    with landing.stage.platform.connect() as connection, connection.transaction():
        snapshot.bury(connection, landing.place, ["a"])
    assert landing.page(record("a", 6, x=2)) == Counts(records=1, changed=1)
    assert [row["gone"] for row in landing.versions("a") if row["current"]] == [False]


@pytest.mark.parametrize(
    "key",
    ["tab\there", "back\\slash \\N \\.", "new\nline", "Ünïcödé 🚲", "'; drop table x; --", '{"a"}', "007", "x" * 240],
)
def test_keys_as_they_are(landing: Landing, key: str) -> None:
    assert landing.page(record(key, 1)) == Counts(records=1, new=1)
    assert landing.page(record(key, 1)) == Counts(records=1, unchanged=1)
    assert landing.page(record(key, 2, x=1)) == Counts(records=1, changed=1)
    assert len(landing.versions(key)) == 2


def test_numbers_keep_every_digit(landing: Landing) -> None:
    numbers = '"p": 1.10, "e": 1e5, "i": 12345678901234567890, "d": 0.1234567890123456789'
    text = '{"id": "n", "root": "r", "v": 1, ' + numbers + "}"
    landing.page(text)
    query = "select payload ->> 'p' as p, (payload ->> 'e')::numeric as e, payload ->> 'i' as i, payload ->> 'd' as d"
    row = landing.stage.row(sql.SQL(query + " from {}").format(landing.place.table))
    assert (row["p"], row["e"], row["i"], row["d"]) == ("1.10", 100000, "12345678901234567890", "0.1234567890123456789")
    assert landing.page(text) == Counts(records=1, unchanged=1)


@pytest.mark.parametrize(
    "body", ['"x": "a\\u0000b"', '"x": 1e200000', '"x": "\\ud800"'], ids=["nul", "huge number", "half a character"]
)
def test_what_postgresql_cannot_store_is_set_aside_alone(accounts: Landing, body: str) -> None:
    bad = '{"id": "bad", "v": 1, ' + body + "}"
    _, refused = accounts.read([bad])
    if refused:  # The engine itself found it to be no JSON.
        assert refused[0].reason == "is not a JSON object"
        return
    assert accounts.page(record("a", 1), bad, record("b", 1)) == Counts(records=3, new=2, quarantined=1)
    (row,) = accounts.stage.problems(COUPLING)
    assert (row["object"], row["remote_id"], row["field"], row["attempts"]) == ("accounts", "bad", "record", 1)
    assert row["reason"] == "PostgreSQL cannot store it as JSON"
    assert row["raw"].startswith('{"id": "bad"')
    assert accounts.page(bad) == Counts(records=1, quarantined=1)
    assert accounts.stage.problems(COUPLING)[0]["attempts"] == 2
    assert {root for _, root in accounts.news()} == {"a", "b"}


def test_a_stored_record_that_becomes_unstorable_stays_as_it_was(accounts: Landing) -> None:
    accounts.page(record("a", 1, x="good"))
    assert accounts.page('{"id": "a", "v": 2, "x": "\\u0000"}').quarantined == 1
    (row,) = accounts.versions("a")
    assert row["current"]
    assert "good" in row["payload"]


def test_couplings_do_not_see_each_others_records(clean_copy: Callable[[str], Stage]) -> None:
    stage = clean_copy("landing")
    stage.connection.execute(
        "insert into platform.couplings (webshop_id, name, connector, title, role, config_hash)"
        " select id, 'velodrome__exact_online', 'exact_online', 'x', 'primary', '' from platform.webshops"
        " where name = 'velodrome'"
    )
    one = landing_of(stage, "accounts", "suppliers")
    ids = stage.row("select id, webshop_id from platform.couplings where name = 'velodrome__exact_online'")
    other = Landing(stage, dataclasses.replace(one.place, coupling_id=ids["id"], webshop_id=ids["webshop_id"]))
    assert one.page(record("a", 9)) == Counts(records=1, new=1)
    assert other.page(record("a", 1)) == Counts(records=1, new=1)
    with stage.platform.connect() as connection, connection.transaction():
        assert snapshot.bury(connection, other.place, ["a"]) == 1
    assert [row["gone"] for row in one.versions("a")] == [False, True]


def test_two_connections_land_the_same_stream_at_once(accounts: Landing) -> None:
    """A webhook and a poll: every record has one current version, the newest."""
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn in range(15):
                accounts.page(*(record(f"k{key}", turn * 2 + number, x=f"{number}:{turn}") for key in range(20)))
        except BaseException as error:
            errors.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert errors == []
    current = accounts.stage.rows(
        "select record_key, remote_order from staging.exact_online__accounts where superseded_at is null"
    )
    newest = sorted((row["record_key"], row["remote_order"]) for row in current)
    assert newest == sorted((f"k{key}", 29) for key in range(20))


def test_a_page_and_its_checkpoint_commit_together(accounts: Landing) -> None:
    found, _ = accounts.read([msgspec.json.encode(record("a", 1)).decode()])
    with accounts.stage.platform.connect() as connection:
        connection.execute("begin")
        assert land(connection, accounts.place, found)[0].new == 1
        connection.execute("rollback")
    assert accounts.versions("a") == []
    assert accounts.news() == []


@pytest.mark.requirement("R19")
def test_parents_in_the_order_of_their_keys(accounts: Landing) -> None:
    accounts.page(*(record(f"{number:04d}", 1, kind="odd" if number % 2 else "even") for number in range(1200)))
    with accounts.stage.platform.connect() as connection, connection.transaction():
        snapshot.bury(connection, accounts.place, ["0004"])
    keys = parents(accounts.stage.platform.connect, accounts.place, [{"kind": "even"}], "all")
    assert list(keys(None)) == [f"{number:04d}" for number in range(0, 1200, 2) if number != 4]
    assert list(keys("1190")) == ["1192", "1194", "1196", "1198"]
    news = parents(accounts.stage.platform.connect, accounts.place, [{}], "news")
    assert len(list(news(None))) == 1199
    with accounts.stage.platform.connect() as connection:
        pulls.succeed(connection, accounts.place.pull_id)
    later = landing_of(accounts.stage, "accounts", "suppliers")
    later.page(record("0010", 2), record("0011", 1, kind="odd"))
    news = parents(accounts.stage.platform.connect, later.place, [{}], "news")
    assert list(news(None)) == ["0010"], "only what this pull brought"
    seen = parents(accounts.stage.platform.connect, later.place, {}, "seen")
    assert list(seen(None)) == []


@pytest.mark.requirement("R4", "R16")
def test_what_another_pull_landed_meanwhile_is_not_overwritten_where_nobody_knows_which_is_newer(
    accounts: Landing,
) -> None:
    accounts.page(record("a", None, x=1), record("b", 5, x=1), record("c", None, x=1), record("d", None, x=1))
    time.sleep(0.6)
    other = dataclasses.replace(accounts, place=dataclasses.replace(accounts.place, pull_id=another_pull(accounts)))
    other.page(record("a", None, x=2), record("b", 5, x=2), record("c", None, x=1))
    with accounts.stage.platform.connect() as connection, connection.transaction():
        snapshot.bury(connection, other.place, ["d"])

    # A page that was asked for before: it may be older, and where the order tells nothing it is asked for anew.
    found = accounts.page(
        record("a", None, x=3), record("b", 5, x=3), record("c", None, x=1), record("d", None, x=1), age=0.5
    )
    assert found.overtaken == ("a", "b", "d")
    assert (found.changed, found.returned, found.unchanged, found.stale) == (0, 0, 1, 3)
    assert [version["current"] for version in accounts.versions("a")] == [False, True]
    # The order tells that it is newer.
    assert accounts.page(record("b", 6, x=4), age=0.5).changed == 1
    # A page that was asked for afterwards, and one of the very pull that landed it.
    assert other.page(record("a", None, x=5), age=0.5).changed == 1
    time.sleep(0.2)
    assert accounts.page(record("a", None, x=6), record("d", None, x=1), age=0.1) == Counts(
        records=2, changed=1, returned=1
    )


@pytest.mark.requirement("R4", "R16")
def test_what_another_pull_asked_for_by_id_and_found_unchanged_is_newer_as_well(accounts: Landing) -> None:
    accounts.page(record("a", None, x=1), record("b", None, x=1))
    pull_id = another_pull(accounts, "a")
    assert accounts.page(record("a", None, x=2), record("b", None, x=2), age=0.001).overtaken == ("a",)
    with accounts.stage.platform.connect() as connection:
        pulls.succeed(connection, pull_id)
    time.sleep(0.2)
    assert accounts.page(record("a", None, x=2), age=0.1).changed == 1


def another_pull(landing: Landing, *remote_ids: str) -> int:
    with landing.stage.platform.connect() as connection:
        ids = coupling_id(connection, COUPLING)
        return pulls.begin(connection, ids, Wish(COUPLING, "suppliers", "single", remote_ids=remote_ids or ("x",)))[0]
