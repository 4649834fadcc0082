"""How large a file may be and what it may be called. Rules that no linter has."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

# Suffix -> lines. A longer file has more than one job.
LINES = {".py": 400, ".sql": 120, ".yaml": 400, ".yml": 400}
TEST_LINES = 500
NAMELESS = re.compile(r"(utils?|helpers?|common|misc|base|stuff|shared|core)\.py$")
SKIPPED = {".git", ".venv", ".local", "__pycache__", "target", "logs", "node_modules", "dbt_packages"}
FOLDERS = ("dags", "plugins", "dag_configs", "connectors", "include", "dbt_project", "tests")
FOREIGN = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+)/[\w.-]|(?:pypi|npmjs)\.org|pythonhosted\.org")
READ = {".py", ".sql", ".yaml", ".yml", ".md", ".toml", ".txt", ".in", ".lock", ".sh", ""}

# A file that breaks a rule with a reason. This list may only shrink.
EXCEPTIONS: dict[str, str] = {
    "include/local/file_rules.py": "spells out the very words that it looks for",
}


def findings(root: Path) -> list[str]:
    """One line per broken rule: path and what is wrong."""
    found = []
    for path in sorted(project_files(root)):
        name = path.relative_to(root).as_posix()
        if name not in EXCEPTIONS:
            found += [f"{name}: {problem}" for problem in problems(path, name)]
    return found + [f"{name}: has an exception and does not exist" for name in EXCEPTIONS if not (root / name).exists()]


def project_files(root: Path) -> Iterator[Path]:
    """Our own files that are text: those of the project's folders and those beside them."""
    for place in [*(root / folder for folder in FOLDERS), root / "docs", root / ".ci"]:
        if place.is_dir():
            yield from (path for path in place.rglob("*") if path.is_file() and not SKIPPED & set(path.parts))
    yield from (path for path in root.iterdir() if path.is_file())


def problems(path: Path, name: str) -> Iterable[str]:
    """What is wrong with one file."""
    if path.suffix not in READ:
        return
    text = path.read_text(errors="replace")
    limit = TEST_LINES if name.startswith("tests/") and path.suffix == ".py" else LINES.get(path.suffix)
    migration = "/migrations/" in name
    if limit and not migration and (count := text.count("\n")) > limit:
        yield f"{count} lines, {limit} at most"
    if NAMELESS.search(path.name):
        yield "a name that says nothing; call it after its job"
    if found := FOREIGN.search(text):
        yield f"names a path or host of one machine: {found.group(0)}"


def yaml_findings(root: Path) -> list[str]:
    """One line per YAML file that cannot be read: path, line and the parser's words."""
    found = []
    for path in sorted(project_files(root)):
        if path.suffix not in {".yaml", ".yml"}:
            continue
        try:
            with path.open() as file:
                list(yaml.load_all(file, Loader=yaml.CSafeLoader))
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = f":{mark.line + 1}" if mark else ""
            found.append(f"{path.relative_to(root)}{line}: {getattr(error, 'problem', error)}")
    return found


def main() -> int:
    """Prints what is wrong; 1 when anything is."""
    root = Path(__file__).resolve().parents[2]
    found = findings(root) + yaml_findings(root)
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
