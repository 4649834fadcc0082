"""The text of a scaffolded manifest and README."""

from __future__ import annotations

from include.kit.scaffold.plan import Plan

_CONNECTION = {
    "basic": '  login: "User name, or key, of the API"\n  password: "Password, or secret, of the API"\n',
    "header": '  password: "Key of the API"\n',
    "oauth1": (
        '  login: "Consumer key"\n  password: "Consumer secret"\n'
        '  extra: {access_token: "Access token of the customer", access_token_secret: "Secret of that token"}\n'
    ),
    "client_credentials": '  login: "Client id"\n  password: "Client secret"\n',
    "refresh_token": (
        '  login: "Client id of our registered app"\n  password: "Client secret of our registered app"\n'
        '  extra: {refresh_token: "Refresh token from the customer\'s authorisation; used once, then kept by us"}\n'
    ),
}
_AUTH = {
    "basic": "{type: basic}",
    "header": '{type: header, header: X-Api-Key, value: "{connection.password}"}',
    "oauth1": "{type: oauth1}",
    "client_credentials": '{type: client_credentials, token_url: "{connection.host}/token"}',
    "refresh_token": '{type: refresh_token, token_url: "{connection.host}/token"}',
}
_PAGING = {
    "page_number": "{type: page_number, size_param: limit, size: 50, total: total, end: total}",
    "offset": "{type: offset, size_param: limit, size: 50, total: total, end: total}",
    "after_key": "{type: after_key, param: after_id, field: id, size_param: limit, size: 50, total: left}",
    "token": "{type: token, token: next, param: cursor, size_param: limit, size: 50, total: total}",
    "next_link": "{type: next_link, link: next}",
    "none": "{type: none}",
}
_SETTING = """\
settings:
  sell_orders.pull_all_orders:
    type: boolean
    default: false
    help: "Take every order; otherwise only completed ones (model reference B4)."
"""
_MANIFEST = """\
# yaml-language-server: $schema=../../schemas/manifest.schema.json
connector: {name}
title: "{title}"
docs: {docs}

connection:
  host: "Address of the API, with https://"
{connection}
{settings}
client:
  base_url: "{{connection.host}}/api"
  auth: {auth}
  headers: {{Accept: application/json}}
  # What the API's documentation says about its limits belongs here; the headers correct the count.
  budgets:
    - name: minute
      requests: 600
      seconds: 60
      remaining_header: X-RateLimit-Remaining
      reset_header: X-RateLimit-Reset
  errors:
    - {{status: [403], error_class: configuration,
       next_step: "The account lacks a right: ask the customer to give our user access to what this coupling pulls."}}

defaults:
  key: [id]
  records: [items]
  # The remote sorts by id, so that what is added while a pull runs comes last.
  paging: {paging}
  changed: {{type: time, param: updated_since, field: updated_at}}
  # A complete pull of everything shows what is gone; each doubtful record is asked for once more.
  deletions: snapshot

streams:
{streams}
objects:
{objects}"""
_STREAM = '  {name}:\n    path: /{name}\n    single: {{path: "/{name}/{{remote_id}}", records: [""]}}\n'
_README = """\
# {title}

{docs}. Facts about the API that shaped this connector; keys: [YAML reference](../../docs/reference-yaml.md).

| object | stream | asks for changes by |
|---|---|---|
{objects}
## Limits

600 requests per minute, told by `X-RateLimit-Remaining` and `X-RateLimit-Reset` (seconds).

## Deletions

The API does not tell what is gone. A pull of everything compares.

## Traps

- The remote reads `updated_since` as UTC.
"""


def render(plan: Plan) -> str:
    """Return the manifest's text."""
    return _MANIFEST.format(
        name=plan.name,
        title=plan.title,
        docs=plan.docs,
        connection=_CONNECTION[plan.auth],
        settings=_SETTING if "sell_orders" in plan.objects else "settings: {}\n",
        auth=_AUTH[plan.auth],
        paging=_PAGING[plan.paging],
        streams="".join(_STREAM.format(name=name) for name in plan.streams),
        objects="".join(f"  {name}: {{streams: [{name}]}}\n" for name in plan.streams),
    )


def readme(plan: Plan) -> str:
    """Return the README's text."""
    rows = "".join(f"| {name} | `/{name}` | `updated_since` |\n" for name in plan.streams)
    return _README.format(title=plan.title, docs=plan.docs, objects=rows)
