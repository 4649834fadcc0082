"""The macro that says which connectors map each table, written from the mapping models that are there."""

from __future__ import annotations

from pathlib import Path

from include.spec.load import ROOT, connector_names

PROJECT = ROOT / "dbt_project"
MACRO = PROJECT / "macros" / "mapped_by.sql"
_HEAD = "{#- Written by ./run cli docs: the connectors that have a mapping of each table. -#}\n"


def mappings(project: Path = PROJECT) -> dict[str, list[str]]:
    """Return table -> connectors, for every model int_<table>__<connector> of a connector that has a manifest."""
    known = set(connector_names())
    found: dict[str, list[str]] = {}
    for path in sorted((project / "models" / "intermediate").glob("*/int_*__mapped.sql")):
        table = path.stem.removeprefix("int_").removesuffix("__mapped")
        names = {model.stem.removeprefix(f"int_{table}__") for model in path.parent.glob(f"int_{table}__*.sql")}
        found[table] = sorted(names & known)
    return found


def render() -> str:
    """Return the macro's text."""
    rows = ",\n".join(f"        '{table}': {names}" for table, names in mappings().items())
    return (
        f"{_HEAD}{{% macro mapped_by(table) -%}}\n    {{{{ return({{\n{rows}\n    }}[table]) }}}}\n{{%- endmacro %}}\n"
    )
