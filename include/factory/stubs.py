"""The text of each generated DAG file; it shows the coupling's YAML, so the UI's Code tab does as well."""

from __future__ import annotations

from pathlib import Path

from include.spec.load import WEBSHOP_FILE, coupling_files

_STUB = '''"""Generated from {configs}/{file}; change that file, not this one."""

from include.factory.build import build_airflow_dags

globals().update(build_airflow_dags({file!r}, {folder!r}))

{source}
'''


def render(configs: Path) -> dict[str, str]:
    """Return file name -> text for every coupling file, broken ones included: their stub raises the error."""
    shops = {path.parent.name: _read(path) for path in sorted(configs.glob(f"*/{WEBSHOP_FILE}"))}
    return {name_of(file): _stub(configs, file, shops) for file in coupling_files(configs)}


def name_of(file: str) -> str:
    """Return the DAG file's name of a coupling file."""
    return file.rpartition(".")[0].replace("/", "__") + ("" if file.endswith(".yaml") else "__yml") + ".py"


def _stub(configs: Path, file: str, shops: dict[str, str]) -> str:
    webshop = file.partition("/")[0]
    texts = {file: _read(configs / file), f"{webshop}/{WEBSHOP_FILE}": shops.get(webshop, "")}
    # As comments the YAML makes the file differ whenever it changes, which is when Airflow reads it again.
    source = "\n".join(
        f"# {name}\n" + "\n".join(f"#   {line}".rstrip() for line in text.splitlines()) for name, text in texts.items()
    )
    return _STUB.format(configs=configs.name, file=file, folder=str(configs), source=source)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""
