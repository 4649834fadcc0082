"""Folders of YAML files as a test wants them."""

from pathlib import Path

from include.spec.problems import ConfigError, Problem

WEBSHOP = """\
webshop: acme
title: Acme
time_zone: Europe/Amsterdam
owners:
  products: woocommerce
  sell_orders: woocommerce
"""
COUPLING = """\
coupling: acme__woocommerce
connector: woocommerce
role: primary
objects:
  products: {}
  sell_orders: {}
schedules:
  - {cron: "H/10 * * * *"}
  - {cron: "30 2 * * *", mode: all, objects: [products]}
settings:
  vat_rate: 21
"""
MANIFEST = """\
connector: system
title: System
docs: https://docs.system.example
connection: {host: "Address", login: "Key"}
settings:
  division: {type: integer, required: true, help: "Which one."}
  basis: {type: string, default: net, choices: [net, gross], help: "Which prices."}
client:
  base_url: "{connection.host}/api"
  auth: {type: basic}
defaults:
  key: [id]
  params: {order: asc, by: id}
  paging: {type: page_number, size: 100, size_param: per_page}
streams:
  items:
    path: /items
  stock:
    path: /items/{parent.key}/stock
    root: parent
    parent: {stream: items}
objects:
  products: {streams: [items, stock]}
"""


def write(folder: Path, **files: str | bytes) -> Path:
    """Write files named <webshop>__<name> (dots as in the name); `.yaml` unless the text says otherwise."""
    for name, text in files.items():
        webshop, _, leaf = name.partition("__")
        path = folder / webshop / f"{leaf}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def problem_of(error: ConfigError) -> Problem:
    """The only problem of an error."""
    (problem,) = error.problems
    return problem
