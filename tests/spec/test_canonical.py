"""The settings that all connectors share."""

import pytest

from include.spec.canonical import CanonicalSetting, canonical_settings, skipped_columns
from include.spec.coupling_check import wrong_value
from include.spec.load import connector_names, load_manifest


@pytest.mark.requirement("R3")
@pytest.mark.parametrize("connector", connector_names())
def test_a_connector_has_the_settings_of_the_objects_it_brings(connector: str) -> None:
    manifest = load_manifest(connector)
    for key, setting in canonical_settings().items():
        belongs = setting.object is None or setting.object in manifest.objects
        assert (key in manifest.settings) == belongs, key


def test_a_manifest_that_declares_the_key_keeps_its_own() -> None:
    own = load_manifest("magento").settings["stock.enabled"]
    assert not isinstance(own, CanonicalSetting)


@pytest.mark.requirement("R3")
def test_a_setting_that_is_false_leaves_its_columns_alone() -> None:
    manifest = load_manifest("woocommerce")
    values = manifest.with_defaults({"stock.enabled": False})
    assert list(skipped_columns(manifest, values)) == [("products", "stock_level", "stock.enabled")]
    assert not list(skipped_columns(manifest, manifest.with_defaults({})))


def test_every_default_fits_its_type() -> None:
    for key, setting in canonical_settings().items():
        assert wrong_value(setting.default, setting) is None, key
