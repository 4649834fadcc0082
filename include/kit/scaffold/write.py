"""Write a scaffolded connector into the checkout, record its fixtures and register its mappings."""

from __future__ import annotations

from pathlib import Path

from include.engine.slices import Ask
from include.kit import fixtures
from include.kit.checkout import TABLES, Connector
from include.kit.line import to_sandbox
from include.kit.scaffold import manifest, sandbox
from include.kit.scaffold.plan import Plan
from include.kit.scaffold.templates import filled
from include.kit.trial import attempt

_RECORDS = 3


def scaffold(plan: Plan) -> list[str]:
    """Write everything that a connector consists of; return the paths. Raises Misconfigured when it cannot be."""
    plan = plan.checked()
    connector = Connector(plan.name)
    texts = {
        connector.manifest_file: manifest.render(plan),
        connector.folder / "README.md": manifest.readme(plan),
        **{connector.folder / "sandbox" / name: text for name, text in sandbox.render(plan).items()},
        **_staging(plan, connector),
        **_mappings(plan, connector),
    }
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return [*(connector.short(path) for path in texts), *_fixtures(connector)]


def _staging(plan: Plan, connector: Connector) -> dict[Path, str]:
    values = {"connector": plan.name, "title": plan.title}
    orders = "sell_orders" in plan.objects
    found = {
        connector.staging / f"stg_{plan.name}__{stream}.sql": filled(f"staging/{stream}.sql", values)
        for stream in plan.streams
    }
    settings = "staging/settings_orders.sql" if orders else "staging/settings.sql"
    found[connector.staging / f"stg_{plan.name}__settings.sql"] = filled(settings, values)
    found[connector.staging / f"_{plan.name}__sources.yml"] = _sources(plan)
    found[connector.staging / f"stg_{plan.name}.yml"] = _described(plan)
    return found


def _sources(plan: Plan) -> str:
    tables = "".join(
        f"      - name: {stream}\n        identifier: {plan.name}__{stream}\n"
        f"        description: GET /{stream}; key and root are the record's id.\n"
        for stream in plan.streams
    )
    return (
        f"version: 2\n\nsources:\n  - name: {plan.name}\n"
        f"    description: Landed records of the {plan.title} API, one row per version of a record.\n"
        f"    schema: staging\n    tables:\n{tables}"
    )


def _described(plan: Plan) -> str:
    models = "".join(
        f"  - name: stg_{plan.name}__{stream}\n"
        f"    description: One row per record of {stream} as it is now, also one that is gone (`gone_at`), typed.\n"
        for stream in plan.streams
    )
    settings = f"  - name: stg_{plan.name}__settings\n    description: One row per coupling, its settings typed.\n"
    return f"version: 2\n\nmodels:\n{settings}{models}"


def _mappings(plan: Plan, connector: Connector) -> dict[Path, str]:
    values = {"connector": plan.name, "title": plan.title}
    return {
        connector.mapping(table, suffix): filled(f"mapping/int_{table}{suffix}", values)
        for name in plan.streams
        for table in TABLES[name]
        for suffix in (".sql", ".yml")
    }


def _fixtures(connector: Connector) -> list[str]:
    """Record the first answer of each stream from the sandbox that was just written."""
    written = []
    with to_sandbox(connector.name) as line:
        for stream in connector.manifest.streams:
            tried = attempt(line.trial, stream, Ask("all"), 1)
            body = tried.calls[-1].body
            path, _ = fixtures.write(connector, stream, body, line.trial.credentials, _RECORDS)
            written.append(connector.short(path))
    return written
