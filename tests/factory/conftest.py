"""Two webshops with a coupling each, in a folder of the test's own."""

from pathlib import Path

import pytest

from tests.spec.folders import COUPLING, WEBSHOP, write


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    folder = tmp_path / "dag_configs"
    write(folder, acme__webshop=WEBSHOP, acme__woocommerce=COUPLING)
    return write(
        folder,
        best__webshop=WEBSHOP.replace("acme", "best").replace("Europe/Amsterdam", "America/New_York"),
        best__woocommerce=COUPLING.replace("acme", "best"),
    )
