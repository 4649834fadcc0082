"""What bundles and grouped products consist of, as the list of products tells it: by SKU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from include.sandbox.world import Record, Row, World

QUANTITY = 2


def bundled(data: Record, skus: Sequence[str], *, to_choose: bool) -> Record:
    """Return the fields of a bundle of these products: an option for each, or one to choose from."""
    links = [
        {"id": str(place), "sku": sku, "option_id": place, "qty": QUANTITY, "position": place, "is_default": True,
         "price": 0, "price_type": 0, "can_change_quantity": 0}
        for place, sku in enumerate(skus, 1)
    ]  # fmt: skip
    groups = [links] if to_choose else [[link] for link in links]
    options = [
        {"option_id": place, "title": f"Keuze {place}", "required": True, "type": "checkbox" if to_choose else "select",
         "position": place, "sku": data["sku"], "product_links": group}
        for place, group in enumerate(groups, 1)
    ]  # fmt: skip
    return {"extension_attributes": data["extension_attributes"] | {"bundle_product_options": options}}


def grouped(data: Record, members: Sequence[str]) -> Record:
    """Return the fields of a group of these products, of each member one more than of the one before."""
    links = [
        {"sku": data["sku"], "link_type": "associated", "linked_product_sku": sku, "linked_product_type": "simple",
         "position": place, "extension_attributes": {"qty": place}}
        for place, sku in enumerate(members, 1)
    ]  # fmt: skip
    related = {"sku": data["sku"], "link_type": "related", "linked_product_sku": members[0], "position": 1}
    return {"product_links": [*links, related]}


def rewrite(world: World, old: str, new: str | None) -> None:
    """Give a part its new SKU in every set, None = take it out; no set's updated_at moves by that."""
    for row in list(world["products"]):
        changed = dict(_changed(row, old, new))
        if changed:
            world["products"].amend(row.key, **changed)


def _changed(row: Row, old: str, new: str | None) -> Iterator[tuple[str, Any]]:
    links = row.data["product_links"]
    if any(link["linked_product_sku"] == old for link in links):
        yield "product_links", _renamed(links, "linked_product_sku", old, new)
    extension = row.data["extension_attributes"]
    options = extension.get("bundle_product_options", [])
    if any(link["sku"] == old for option in options for link in option["product_links"]):
        told = [option | {"product_links": _renamed(option["product_links"], "sku", old, new)} for option in options]
        yield "extension_attributes", extension | {"bundle_product_options": told}


def _renamed(links: list[Record], field: str, old: str, new: str | None) -> list[Record]:
    kept = [link for link in links if link[field] != old or new is not None]
    return [link | {field: new} if link[field] == old else link for link in kept]
