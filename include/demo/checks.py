"""What must hold in the Optiply tables after the remotes changed, by what the sandboxes themselves say."""

from __future__ import annotations

from collections.abc import Mapping

from include.demo.stage import Stage

Changed = Mapping[str, Mapping[str, list[str]]]
_PRODUCTS = "select count(*) from optiply.products t join platform.couplings c on c.id = t.coupling_id"


def unmatched_lines(stage: Stage) -> int:
    """Return how many lines of bol.com wait for a product of Exact."""
    return int(
        stage.one(
            "select count(*) from platform.quarantine q join platform.couplings c on c.id = q.coupling_id"
            " where c.connector = 'bol_com' and q.waiting and q.resolved_at is null"
        )
    )


def after_changed(stage: Stage, changed: Changed, waiting: int) -> None:
    """Check what a pull of what changed must have brought."""
    for name in _playing("woocommerce", "exact_online", changed=changed):
        still_open = stage.one(
            "select count(*) from optiply.sell_orders t join platform.couplings c on c.id = t.coupling_id"
            " where c.connector = %s and t.remote_id = any(%s) and t.deleted_at is null",
            name,
            changed[name]["cancelled_orders"],
        )
        stage.checks.hold(f"{name}: no cancelled order is left", still_open == 0, f"{still_open} left")
    if not changed.keys() >= {"exact_online", "bol_com"}:
        return
    # One that is made and deleted between two pulls never comes.
    new = sorted(set(changed["exact_online"]["new_products"]) - set(changed["exact_online"]["deleted_products"]))
    found = stage.one(f"{_PRODUCTS} where c.connector = 'exact_online' and t.remote_id = any(%s)", new)
    stage.checks.hold("exact_online: new products are there", found == len(new), f"{found} of {len(new)}")
    left = unmatched_lines(stage)
    stage.checks.hold(
        "bol_com: lines found their new product", left < waiting or waiting == 0, f"{waiting} waited, {left} wait"
    )


def after_all(stage: Stage, changed: Changed) -> None:
    """Check what a pull of everything must have brought besides: prices of variations, and what is gone."""
    if "woocommerce" in changed:
        _variations(stage, changed)
    for name in _playing("woocommerce", "exact_online", changed=changed):
        gone = changed[name]["deleted_products"]
        enabled = stage.one(
            f"{_PRODUCTS} where c.connector = %s and t.remote_id = any(%s)"
            " and (t.status = 'enabled' or t.deleted_at is null)",
            name,
            gone,
        )
        stage.checks.hold(
            f"{name}: deleted products are disabled", enabled == 0, f"{len(gone)} deleted, {enabled} still enabled"
        )


def _variations(stage: Stage, changed: Changed) -> None:
    # A changed variation need not touch its product's date, so a pull of what changed can miss it (API page, trap 4).
    sandbox = stage.sandboxes["woocommerce"]
    records = {str(record["id"]): record for name in ("products", "variations") for record in sandbox.records(name)}
    keys = [key for key in changed["woocommerce"]["prices"] if records.get(key, {}).get("price")]
    wrong = sum(
        stage.one(
            f"{_PRODUCTS} where c.connector = 'woocommerce' and t.remote_id = %s and t.price <> %s::numeric",
            key,
            records[key]["price"],
        )
        for key in keys
    )
    stage.checks.hold("woocommerce: changed prices are there", wrong == 0, f"{len(keys)} prices, {wrong} wrong")


def _playing(*names: str, changed: Changed) -> list[str]:
    return [name for name in names if name in changed]
