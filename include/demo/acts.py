"""The demo's acts: pull everything; let the remotes change; pull what changed; pull everything again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from include.demo import show
from include.demo.show import say
from include.demo.stage import Stage

CHANGES: dict[str, dict[str, int]] = {
    "exact_online": {"new_products": 2, "prices": 5, "stock": 8, "deleted_products": 2, "new_orders": 6, "cancelled_orders": 2},
    "bol_com": {"new_orders": 5, "cancelled_orders": 2},
    "woocommerce": {"prices": 5, "stock": 8, "deleted_products": 2, "new_orders": 6, "completed_orders": 4, "cancelled_orders": 2},
}  # fmt: skip


def first_act(stage: Stage) -> None:
    """Pull everything and show what is in the Optiply tables."""
    say("\nAct one: pull everything from three systems")
    stage.pull("all")
    say("\nNow in the Optiply tables:")
    show.tables(stage.connection)
    say("")
    for table in show.TABLES:
        rows = stage.one(f"select count(*) from optiply.{table}")
        stage.checks.hold(f"optiply.{table} has rows", rows > 0, f"{rows} rows")


def second_act(stage: Stage) -> None:
    """Let the sandboxes change, pull what changed, then everything, and compare with what the sandboxes say."""
    seed = stage.last_transform() + 1
    say("\nAct two: the remote systems change")
    changed: dict[str, dict[str, list[str]]] = {}
    for name, sandbox in stage.sandboxes.items():
        changed[name] = sandbox.change(**CHANGES[name], seed=seed)
        say(f"  {name}: " + ", ".join(f"{len(keys)} {kind.replace('_', ' ')}" for kind, keys in changed[name].items()))
    say("\nA pull of what changed since:")
    _and_show(stage, lambda: stage.pull("changed"))
    _check_changes(stage, changed)
    say("\nA pull of everything, which finds what is gone:")
    _and_show(stage, lambda: stage.pull("all"))
    _check_deletions(stage, changed)
    repeat(stage)


def repeat(stage: Stage) -> None:
    """Pull everything when nothing changed on the remotes: not a row may be written."""
    say("\nThe same again, with nothing changed:")
    before = stage.last_transform()
    payloads = _payload_rows(stage)
    stage.pull("all")
    show.changes(stage.connection, before)
    stage.checks.hold(
        "no new payload row was landed", _payload_rows(stage) == payloads, f"{payloads} rows before and after"
    )
    written = stage.one(
        "select coalesce(sum(inserted + updated + deleted), 0) from platform.transform_counts where transform_id > %s",
        before,
    )
    stage.checks.hold("no Optiply row was written", written == 0, f"{written} rows")


def _and_show(stage: Stage, act: Callable[[], None]) -> None:
    before = stage.last_transform()
    act()
    say("\n  What that changed in the Optiply tables:")
    show.changes(stage.connection, before)
    say("")


def _payload_rows(stage: Stage) -> int:
    tables = stage.connection.execute(
        "select tablename from pg_tables where schemaname = 'staging' order by 1"
    ).fetchall()
    return sum(int(stage.one(f'select count(*) from staging."{name}"')) for (name,) in tables)


def _check_changes(stage: Stage, changed: Mapping[str, Mapping[str, list[str]]]) -> None:
    """Compare what the changed-since pull brought with what the sandboxes changed."""
    shop = changed["woocommerce"]
    prices = {
        str(record["id"]): record["price"]
        for name in ("products", "variations")
        for record in stage.sandboxes["woocommerce"].records(name)
    }
    wrong = [
        key for key in shop["prices"]
        if stage.one("select count(*) from optiply.products p join platform.couplings c on c.id = p.coupling_id"
                     " where c.connector = 'woocommerce' and p.remote_id = %s and p.price is distinct from nullif(%s, '')::numeric",
                     key, prices.get(key, ""))
    ]  # fmt: skip
    stage.checks.hold(
        "WooCommerce: changed prices are there", not wrong, f"{len(shop['prices'])} prices, {len(wrong)} wrong"
    )
    cancelled = _deleted(stage, "woocommerce", "sell_orders", shop["cancelled_orders"])
    stage.checks.hold("WooCommerce: no cancelled order is left open", cancelled == 0, f"{cancelled} open")
    cancelled = _deleted(stage, "exact_online", "sell_orders", changed["exact_online"]["cancelled_orders"])
    stage.checks.hold("Exact: no cancelled order is left open", cancelled == 0, f"{cancelled} open")
    new = changed["exact_online"]["new_products"]
    found = stage.one(
        "select count(*) from optiply.products p join platform.couplings c on c.id = p.coupling_id"
        " where c.connector = 'exact_online' and p.remote_id = any(%s)", new)  # fmt: skip
    stage.checks.hold("Exact: new products are there", found == len(new), f"{found} of {len(new)}")


def _check_deletions(stage: Stage, changed: Mapping[str, Mapping[str, list[str]]]) -> None:
    for name in ("woocommerce", "exact_online"):
        gone = changed[name]["deleted_products"]
        enabled = stage.one(
            "select count(*) from optiply.products p join platform.couplings c on c.id = p.coupling_id"
            " where c.connector = %s and p.remote_id = any(%s) and (p.status = 'enabled' or p.deleted_at is null)", name, gone)  # fmt: skip
        stage.checks.hold(
            f"{name}: deleted products are disabled", enabled == 0, f"{len(gone)} deleted, {enabled} still enabled"
        )


def _deleted(stage: Stage, connector: str, table: str, keys: list[str]) -> int:
    """Return how many of `keys` stand in an Optiply table without being deleted."""
    return int(
        stage.one(
            f"select count(*) from optiply.{table} t join platform.couplings c on c.id = t.coupling_id"
            " where c.connector = %s and t.remote_id = any(%s) and t.deleted_at is null",
            connector,
            keys,
        )  # fmt: skip
    )
