"""What every connector passes, without a line that knows one of them. CONNECTORS=a,b limits them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from psycopg import sql

from include.contract.errors import AuthRefused, LimitReached, SyncError, UnexpectedResponse
from include.engine import extract
from include.engine.slices import Ask
from include.kit.checkout import TABLES, Connector
from include.kit.checks import guarded
from include.spec.manifest import Stream
from include.spec.paging import Paging
from tests.connectors.world import NAMES, WANTED, Place, marked, opened
from tests.sync.stage import Stage

HOUR = 3600


@pytest.fixture(scope="module")
def places(module_stage: Stage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    """The tests of this file go on from one another."""
    yield from opened(module_stage, tmp_path_factory.mktemp("couplings") / "dag_configs")


@pytest.fixture
def place(places: dict[str, Place], name: str) -> Place:
    places[name].running.admin.clear_faults()
    return places[name]


@pytest.mark.requirement("F7")
@pytest.mark.parametrize("name", NAMES)
def test_the_kit_finds_nothing_to_mend(name: str) -> None:
    red = [f"{check.what}: {finding}" for check in guarded(Connector(name)) for finding in check.red]
    assert not red, "\n".join(red)


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("name", NAMES)
def test_each_stream_is_read_twice_the_same(place: Place) -> None:
    once, twice = place.serves(), place.serves()
    empty = [name for name, stream in place.streams.items() if not once[name] and stream.tombstones is None]
    assert not empty, f"the sandbox serves no record of {empty}: nothing is proved about them"
    assert once == twice


@pytest.mark.requirement("R1", "R16")
@pytest.mark.parametrize("name", NAMES)
def test_pulling_everything_lands_what_the_remote_serves(place: Place) -> None:
    place.pull("all")
    found = differences(place)
    assert not found, f"{len(found)}:\n" + "\n".join(found[:30])


@pytest.mark.requirement("R16")
@pytest.mark.parametrize("name", NAMES)
def test_a_second_pull_changes_nothing(place: Place) -> None:
    versions = place.stage.payload_rows()
    done = place.pull("all")
    assert {name: (pulled.new, pulled.changed, pulled.gone) for name, pulled in done.items()} == dict.fromkeys(
        done, (0, 0, 0)
    )
    assert place.stage.payload_rows() == versions


@pytest.mark.requirement("R10", "R19")
def test_a_transform_maps_every_object(places: dict[str, Place]) -> None:
    stage = next(iter(places.values())).stage
    stage.transform()
    empty = []
    for place in places.values():
        for table in (table for name in place.config.objects for table in TABLES[name]):
            query = sql.SQL(
                "select count(*) as rows from mapping.{} m join platform.couplings c on c.id = m.coupling_id"
                " where c.name = %s"
            ).format(sql.Identifier(f"int_{table}__unioned"))
            if not stage.one(query, place.coupling):
                empty.append(f"{place.name}: {table}")
    assert not empty, f"nothing was mapped of {empty}"


PAGED: set[str] = set()
"""The kinds of paging under which rows moved between two pages."""


@pytest.mark.requirement("R16")
@pytest.mark.rule("B3")
@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_lost_while_rows_come_go_and_move_between_pages(place: Place) -> None:
    before = place.serves()
    admin = place.running.admin
    admin.forget_requests()
    for stream in place.streams.values():
        # After the first answer of each stream: what was added, deleted and moved since shows on its next pages.
        admin.fault("change", marked(stream.path), change={**place.changes, "seed": 9})
    place.pull("all")
    admin.clear_faults()
    asked = admin.requests()
    after = place.serves()
    wrong = []
    for name, stream in place.streams.items():
        there, gone = place.landed(name)
        stayed = set(before[name]) & set(after[name])
        wrong += [f"{name} {key} is lost" for key in sorted(stayed - set(there) - gone)]
        wrong += [f"{name} {key} is there and marked as gone" for key in sorted(gone & set(after[name]))]
        hits = [entry["fault"] for entry in asked if marked(stream.path) in entry["path"]]
        if "change" in hits[:-1]:
            PAGED.add(stream.paging.type)
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:30])
    assert [entry for entry in asked if entry["fault"] == "change"], "nothing changed while everything was pulled"


@pytest.mark.parametrize("name", NAMES)
def test_the_pulls_after_it_see_the_rest(place: Place) -> None:
    place.pull("changed")
    place.pull("all")
    found = differences(place)
    assert not found, f"{len(found)}:\n" + "\n".join(found[:30])


@pytest.mark.skipif(bool(WANTED), reason="only some of the connectors are looked at")
def test_rows_moved_under_every_kind_of_paging() -> None:
    kinds = {kind.model_fields["type"].annotation.__args__[0] for kind in Paging.__args__[0].__args__}  # type: ignore[union-attr, attr-defined]
    assert kinds - {"none"} <= PAGED


@pytest.mark.requirement("R2", "R7")
@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        ({"kind": "status", "status": 401}, AuthRefused),
        ({"kind": "status", "status": 429, "headers": {"Retry-After": str(HOUR)}}, LimitReached),
        ({"kind": "truncate"}, UnexpectedResponse),
        ({"kind": "html"}, UnexpectedResponse),
    ],
    ids=["401", "429", "truncated", "html"],
)
@pytest.mark.parametrize("name", NAMES)
def test_a_fault_has_its_class(place: Place, fault: dict[str, object], wanted: type[SyncError]) -> None:
    _, stream = place.plain_stream()
    place.running.admin.fault(match=marked(stream.path), times=None, **fault)  # type: ignore[arg-type]
    trial = place.trial()
    # A remote that gives no new token yet is waited for: that the old one was refused may be its last word on it.
    waits = fault.get("status") == 401 and getattr(place.config.manifest.client.auth, "not_before_seconds", 0) > 0
    try:
        with pytest.raises(LimitReached if waits else wanted) as caught:
            list(extract.pages(trial.client, stream, Ask("all"), None, None))
    finally:
        trial.close()
        place.running.admin.clear_faults()
    if fault.get("status") == 429:
        assert isinstance(caught.value, LimitReached)
        left = (caught.value.until - place.stage.one("select now()")).total_seconds()
        assert HOUR - 60 < left <= HOUR
    secrets = [text for text in (trial.credentials.password, *trial.credentials.extra.values()) if len(text) > 8]
    assert not [secret for secret in secrets if secret in str(caught.value)]


def differences(place: Place) -> list[str]:
    """Return what is landed and not served, served and not landed, or landed otherwise."""
    served, found = place.serves(), []
    for name, stream in place.streams.items():
        there, _ = place.landed(name)
        missing = sorted(set(served[name]) - set(there))
        # Only a stream that is compared can know that a record is gone; the others keep what they once saw.
        more = sorted(set(there) - set(served[name])) if stream.deletions == "snapshot" else []
        # Children of news only are asked for when their parent changed, whatever else changes in them.
        known = set(there) & set(served[name]) if extract.is_whole(stream, Ask("all")) else set()
        seen = {key: [_hashed(stream, record) for record in served[name][key]] for key in known}
        other = sorted(key for key in known if _hashed(stream, there[key]) not in seen[key])
        found += [f"{name} {key} is served and not landed" for key in missing]
        found += [f"{name} {key} is landed and not served" for key in more]
        found += [f"{name} {key} differs in {_fields(there[key], served[name][key][-1])}" for key in other]
    return found


def _hashed(stream: Stream, record: Any) -> Any:
    """Return what of a record makes a change."""
    return {field: value for field, value in record.items() if field not in stream.hash_without}


def _fields(landed: Any, served: Any) -> dict[str, tuple[Any, Any]]:
    return {field: (landed.get(field), served[field]) for field in served if landed.get(field) != served[field]}
