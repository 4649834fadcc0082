"""`coupling new` writes couplings that are right, for every connector; `coupling check` names what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from include.cli.__main__ import main, parser
from include.contract.errors import Misconfigured
from include.kit import couplings
from include.spec.load import connector_names, load_all, load_manifest


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    return tmp_path / "dag_configs"


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("connector", connector_names())
def test_a_new_coupling_is_right(configs: Path, connector: str) -> None:
    couplings.new("winkel", connector, configs=configs)
    found, problems = load_all(configs)
    assert problems == []
    assert [config.name for config in found] == [f"winkel__{connector}"]
    assert set(found[0].objects) == set(load_manifest(connector).objects)
    assert found[0].plans


@pytest.mark.requirement("F6")
def test_a_second_system_takes_what_is_free(configs: Path) -> None:
    couplings.new("winkel", "exact_online", configs=configs)
    said = couplings.new("winkel", "woocommerce", configs=configs)
    assert "to do    in webshop.yaml, under owners: sell_orders: [exact_online, woocommerce]" in said
    written = (configs / "winkel" / "woocommerce.yaml").read_text()
    assert "role: secondary" in written
    assert "  # products: {}  (brought by exact_online)" in written
    shop = configs / "winkel" / "webshop.yaml"
    shop.write_text(shop.read_text().replace("sell_orders: exact_online", "sell_orders: [exact_online, woocommerce]"))
    assert load_all(configs)[1] == []


def test_what_is_there_is_not_written_over(configs: Path) -> None:
    couplings.new("winkel", "bol_com", configs=configs)
    with pytest.raises(Misconfigured, match="is there already"):
        couplings.new("winkel", "bol_com", configs=configs)
    with pytest.raises(Misconfigured, match="is no name"):
        couplings.new("win__kel", "bol_com", configs=configs)


@pytest.mark.requirement("F6", "F7")
def test_check_names_place_and_nearest_word(configs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    couplings.new("winkel", "exact_online", configs=configs)
    file = configs / "winkel" / "exact_online.yaml"
    words = ["coupling", "check", "winkel/exact_online", "--configs", str(configs)]
    assert parser().parse_args(words).run(parser().parse_args(words)) == 0
    assert "login     Client id of our registered app" in capsys.readouterr().out
    file.write_text(file.read_text().replace("\n  division:", "\n  devision:"))
    line = file.read_text().splitlines().index("  devision: 1") + 1
    assert main(words) == 1
    said = capsys.readouterr().out
    assert f"dag_configs/winkel/exact_online.yaml:{line}: settings.devision: is not a setting" in said
    assert "Did you mean 'division'?" in said
    assert main(["coupling", "check", "nobody", "--configs", str(configs)]) == 1
