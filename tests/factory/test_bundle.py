"""One DAG file per coupling: in step with the YAML, safe for many processes, and a broken one hides nothing else."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag

from include.factory.bundle import CouplingBundle
from include.factory.stubs import name_of, render
from include.spec.problems import ConfigError
from tests.spec.folders import COUPLING, write

ROOT = Path(__file__).resolve().parents[2]
FILE = "acme/woocommerce.yaml"
STUB = "acme__woocommerce.py"


def bundle_of(configs: Path) -> CouplingBundle:
    return CouplingBundle(configs=str(configs), folder=str(configs.parent / "generated"), name="couplings")


@pytest.fixture
def bundle(configs: Path) -> CouplingBundle:
    return bundle_of(configs)


def stubs(bundle: CouplingBundle) -> dict[str, str]:
    return {path.name: path.read_text() for path in bundle.path.iterdir()}


@pytest.mark.requirement("F6")
def test_a_stub_shows_both_files_and_airflow_looks_at_it(configs: Path) -> None:
    texts = render(configs)
    assert list(texts) == sorted(texts) == [STUB, "best__woocommerce.py"]
    assert texts == render(configs)
    assert "#   role: primary\n" in texts[STUB]
    assert "#   time_zone: Europe/Amsterdam\n" in texts[STUB]
    assert "airflow" in texts[STUB]
    assert "dag" in texts[STUB]
    assert "New_York" not in texts[STUB]


HOSTILE = [
    'title: """ + evil() + """',
    "title: '''\nevil()\n'''",
    "# \\\nevil()",
    "title: \u2028evil()",
    "title: \u2029evil()\x85evil()\x0bevil()\x0cevil()\x1cevil()",
    "x: 1\r evil()\revil()",
    "title: {evil()} {0} {source} %s",
    "title: \\N{BULLET} \\x00 \\",
    "\x00evil()",
    "# -*- coding: utf-16 -*-\nevil: 1",
    "",
]


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_in_a_yaml_file_becomes_code(configs: Path, text: str) -> None:
    write(configs, acme__woocommerce=text, acme__webshop=text)
    body = ast.parse(render(configs)[STUB].encode()).body
    assert [ast.unparse(statement) for statement in body] == [
        "from include.factory.build import build_airflow_dags",
        f"globals().update(build_airflow_dags('{FILE}', {str(configs)!r}))",
    ]


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("leaf", ['x"""+evil()+"""', "x'", "x\\", "x\nevil()", "x{file}", "Sjop Één"])
def test_nothing_in_a_files_name_becomes_code(configs: Path, leaf: str) -> None:
    (configs / "acme" / f"{leaf}.yaml").write_text(COUPLING)
    texts = render(configs)
    assert len(texts) == 3
    for name, text in texts.items():
        assert len(ast.parse(text).body) == 2
        assert Path(name).name == name


@pytest.mark.requirement("F6")
def test_no_two_files_share_a_stub() -> None:
    files = [
        "a/b.yaml",
        "a/b.yml",
        "a/b__yml.yaml",
        "a/b_yml.yaml",
        "a/b__c.yaml",
        "a__b/c.yaml",
        "a_/_b.yaml",
        "a/_b.yaml",
    ]
    files += ["A/b.yaml", "a/B.yaml", "a/b c.yaml", "a/b.c.yaml"]
    assert len({name_of(file).casefold() for file in files}) == len(files)


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("text", ["coupling: [}", "", b"\xff\xfe", COUPLING.replace("role:", "rol:")])
def test_a_broken_file_still_has_a_stub_that_says_what_is_wrong(configs: Path, text: str | bytes) -> None:
    write(configs, acme__woocommerce=text)
    with pytest.raises(ConfigError, match=f"dag_configs/{FILE}:1:"):
        exec(compile(render(configs)[STUB], STUB, "exec"), {})


def test_refresh_touches_only_what_changed(configs: Path, bundle: CouplingBundle) -> None:
    bundle.refresh()
    before = {path.name: path.stat().st_mtime_ns for path in bundle.path.iterdir()}
    inodes = {path.name: path.stat().st_ino for path in bundle.path.iterdir()}
    assert set(before) == {STUB, "best__woocommerce.py"}
    bundle.refresh()
    assert {path.name: path.stat().st_mtime_ns for path in bundle.path.iterdir()} == before

    write(configs, acme__woocommerce=COUPLING + "# changed\n")
    bundle.refresh()
    assert {path.name for path in bundle.path.iterdir() if path.stat().st_ino != inodes[path.name]} == {STUB}

    write(configs, best__webshop="webshop: best\n")
    bundle.refresh()
    assert {path.name for path in bundle.path.iterdir() if path.stat().st_ino != inodes[path.name]} == {
        STUB, "best__woocommerce.py",
    }  # fmt: skip

    (configs / FILE).unlink()
    bundle.refresh()
    assert set(stubs(bundle)) == {"best__woocommerce.py"}


def test_initialize_reads_nothing_when_each_coupling_has_its_file(
    configs: Path, bundle: CouplingBundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle.initialize()
    assert set(stubs(bundle)) == {STUB, "best__woocommerce.py"}
    write(configs, acme__woocommerce=COUPLING + "# changed\n")
    monkeypatch.setattr(Path, "read_text", lambda *_: pytest.fail("it read a file"))
    again = bundle_of(configs)
    again.initialize()
    assert again.is_initialized


def test_initialize_on_a_worker_that_lacks_a_new_couplings_file(configs: Path, bundle: CouplingBundle) -> None:
    bundle.initialize()
    write(configs, acme__second=COUPLING.replace("acme__woocommerce", "acme__second"))
    bundle_of(configs).initialize()
    assert "acme__second.py" in stubs(bundle)


def test_bundle_without_any_coupling(tmp_path: Path) -> None:
    empty = bundle_of(tmp_path / "dag_configs")
    empty.initialize()
    empty.refresh()
    assert stubs(empty) == {}
    assert empty.get_current_version() is None
    assert not empty.supports_versioning


def test_other_users_may_read_the_files(bundle: CouplingBundle) -> None:
    bundle.refresh()
    assert {path.stat().st_mode & 0o777 for path in bundle.path.iterdir()} == {0o644}


RACE = """
import sys
import types
from pathlib import Path

# The bundle's own code on real files in real processes; importing Airflow would only take its seconds.
base = types.ModuleType("airflow.dag_processing.bundles.base")
base.BaseDagBundle = object
names = ("airflow", "airflow.dag_processing", "airflow.dag_processing.bundles")
sys.modules |= {name: types.ModuleType(name) for name in names} | {base.__name__: base}

from include.factory import bundle as module
from include.factory.stubs import render

class Bundle(module.CouplingBundle):
    def __init__(self, configs, folder):
        self._configs, self._folder = Path(configs), Path(folder)

other = Path(sys.argv[1]) / "acme" / f"extra_{sys.argv[3]}.yaml"
bundle = Bundle(sys.argv[1], sys.argv[2])
for number in range(60):
    other.write_text(f"number: {number}") if number % 2 else other.unlink(missing_ok=True)
    bundle.refresh()
other.unlink(missing_ok=True)
"""


def test_two_processes_refresh_at_once(configs: Path, bundle: CouplingBundle) -> None:
    """Each makes and removes a coupling of its own all the time; neither fails, and nothing is left half-written."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", RACE, str(configs), str(bundle.path), str(number)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for number in (1, 2)
    ]
    for process in started:
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    bundle.refresh()
    assert stubs(bundle) == render(configs)


def bag_of(bundle: CouplingBundle) -> DagBag:
    return DagBag(bundle.path, bundle_path=bundle.path, bundle_name="couplings")


@pytest.mark.requirement("F6")
def test_one_broken_coupling_is_one_import_error_and_all_others_are_there(
    configs: Path, bundle: CouplingBundle
) -> None:
    write(configs, acme__woocommerce=COUPLING.replace("role: primary", "rolle: primary"))
    bundle.refresh()
    bag = bag_of(bundle)
    assert list(bag.import_errors) == [STUB]
    shown = bag.import_errors[STUB]
    assert f"dag_configs/{FILE}:3: rolle: is not a known key. Did you mean 'role'?" in shown
    assert f"dag_configs/{FILE}:1: role: is required and missing" in shown
    assert set(bag.dags) == {"best__woocommerce__extract"}

    write(configs, acme__woocommerce=COUPLING)
    bundle.refresh()
    mended = bag_of(bundle)
    assert mended.import_errors == {}
    assert set(mended.dags) == {"acme__woocommerce__extract", "best__woocommerce__extract"}
    assert mended.dags["acme__woocommerce__extract"].fileloc == str(bundle.path / STUB)


def test_the_couplings_of_this_project_load(tmp_path: Path) -> None:
    bundle = CouplingBundle(configs=str(ROOT / "dag_configs"), folder=str(tmp_path / "generated"), name="couplings")
    bundle.initialize()
    bag = bag_of(bundle)
    assert bag.import_errors == {}
    pulls = [name for name in bag.dags if name.endswith("__extract")]
    assert len(pulls) == len(render(ROOT / "dag_configs"))
