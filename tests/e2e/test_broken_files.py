"""Files of couplings change while Airflow runs: a broken one is its own error, a mended or new one just works."""

import re

import pytest

from tests.e2e.platform import Platform, wait_until

WEBSHOP = """\
webshop: acme
title: Acme
time_zone: Europe/Amsterdam
owners:
  products: {name}
"""
GOOD = """\
coupling: acme__shop
connector: woocommerce
role: primary
objects:
  products: {}
schedules:
  - {cron: "15 3 * * *", mode: changed}
"""
EXACT = GOOD.replace("woocommerce", "exact_online").replace("acme__shop", "acme__no_division")
# File name -> its text, the line and key that the error must name, and the help that it must give.
BROKEN = {
    "unknown_key": (GOOD.replace("role:", "rol:"), 3, "rol", "Did you mean 'role'?"),
    "bad_cron": (GOOD.replace("15 3", "75 3"), 7, "schedules.0.cron", "75"),
    "no_yaml": (GOOD.replace("products: {}", "products: {"), 0, "", ""),
    "no_connector": (GOOD.replace("woocommerce", "woocomerce"), 2, "connector", "Did you mean 'woocommerce'?"),
    "no_object": (GOOD.replace("products:", "product:"), 5, "objects.product", "Did you mean 'products'?"),
    "no_division": (EXACT, 1, "settings", "'division' is required"),
}
# The bundle looks for changed files every ten seconds.
SECONDS = 30


@pytest.mark.requirement("F6", "R3")
def test_a_broken_file_is_that_couplings_visible_error_and_nothing_elses(platform: Platform) -> None:
    before = platform.api.dags()
    folder = platform.configs / "acme"
    folder.mkdir()
    (folder / "webshop.yaml").write_text(WEBSHOP.format(name="unknown_key"))
    for name, (text, *_) in BROKEN.items():
        (folder / f"{name}.yaml").write_text(text.replace("acme__shop", f"acme__{name}"))
    known = platform.configs / "velodrome" / "woocommerce.yaml"
    right = known.read_text()
    known.write_text(right.replace("role: primary", "role: first"))
    try:
        expected = {*(f"acme__{name}.py" for name in BROKEN), "velodrome__woocommerce.py"}
        wait_until(lambda: platform.api.import_errors().keys() >= expected, "the import errors", SECONDS)
        errors = platform.api.import_errors()
        for name, (_, line, key, help_) in BROKEN.items():
            _says(errors[f"acme__{name}.py"], f"dag_configs/acme/{name}.yaml", line, key, help_)
        _says(errors["velodrome__woocommerce.py"], "dag_configs/velodrome/woocommerce.yaml", 3, "role", "primary")
        assert platform.api.dags() == before - {"velodrome__woocommerce__extract"}

        known.write_text(right)
        (folder / "unknown_key.yaml").write_text(GOOD.replace("acme__shop", "acme__unknown_key"))
        wait_until(lambda: "acme__unknown_key__extract" in platform.api.dags(), "the new coupling's DAG", SECONDS)
        wait_until(lambda: "velodrome__woocommerce.py" not in platform.api.import_errors(), "the mended file", SECONDS)
        assert platform.api.dags() >= before
        assert "acme__unknown_key.py" not in platform.api.import_errors()
    finally:
        known.write_text(right)
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
        wait_until(lambda: platform.api.dags() == before, "all DAGs to be as before", SECONDS)
    wait_until(lambda: not platform.api.import_errors(), "the errors to go with their files", SECONDS)


def _says(error: str, file: str, line: int, key: str, help_: str) -> None:
    """The error is short, and names place, key and what to write."""
    found = [
        problem for problem in error.splitlines() if re.match(rf"{re.escape(file)}:{line or r'[1-9]'}: {key}", problem)
    ]
    assert found, error
    assert help_ in found[0], error
    assert "Traceback" not in error, error
    assert len(error.splitlines()) <= 4, error
