"""The text of each generated DAG file; it shows the coupling's YAML, so the UI's Code tab does as well."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from include.spec.load import WEBSHOP_FILE, coupling_files

# Names that a coupling can have: the folder without __, so that two folders cannot make one id.
_PLAIN = re.compile(r"(?P<webshop>[a-z][a-z0-9]*(?:_[a-z0-9]+)*)/(?P<name>[a-z][a-z0-9_]*)\.(?P<ending>ya?ml)")
# The YAML file's name stands in a comment as Python writes it: a name may hold quotes or a line break.
_STUB = """# Generated from {origin!r}; change that file, not this one.

from include.factory.build import build_airflow_dags

globals().update(build_airflow_dags({file!r}, {folder!r}))

{source}
"""


def render(configs: Path) -> dict[str, str]:
    """Return file name -> text for every coupling file, broken ones included: their stub raises the error."""
    shops = {path.parent.name: _read(path) for path in sorted(configs.glob(f"*/{WEBSHOP_FILE}"))}
    return {name_of(file): _stub(configs, file, shops) for file in coupling_files(configs)}


def name_of(file: str) -> str:
    """Return the DAG file's name of a coupling file; no two files share one, whatever they are called."""
    plain = _PLAIN.fullmatch(file)
    if plain is None:
        return f"misnamed-{hashlib.sha256(file.encode()).hexdigest()[:12]}.py"
    return f"{plain['webshop']}__{plain['name']}{'' if plain['ending'] == 'yaml' else '-yml'}.py"


def _stub(configs: Path, file: str, shops: dict[str, str]) -> str:
    webshop = file.partition("/")[0]
    texts = {file: _read(configs / file), f"{webshop}/{WEBSHOP_FILE}": shops.get(webshop, "")}
    # As comments the YAML makes the file differ whenever it changes, which is when Airflow reads it again.
    source = "\n".join(
        "\n".join([f"# {name!r}", *(f"#   {line}".rstrip() for line in text.replace("\x00", "").splitlines())])
        for name, text in texts.items()
    )
    return _STUB.format(origin=f"{configs.name}/{file}", file=file, folder=str(configs), source=source)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
