# ruff: noqa: E501 - a table of cases reads best with one case a line.
"""Each way to break a coupling's files names file, line, key and the nearest valid word, and breaks nothing else."""

from pathlib import Path

import pytest

from include.spec.load import coupling_files, load_all, load_coupling, load_webshop
from include.spec.problems import ConfigError
from tests.spec.folders import COUPLING, WEBSHOP, problem_of, write

FILE = "acme/woocommerce.yaml"
SHARED = WEBSHOP.replace("sell_orders: woocommerce", "sell_orders: [woocommerce, bol_com]")
SECONDARY = "coupling: acme__bol_com\nconnector: bol_com\nrole: {role}\nobjects: {{sell_orders: {{}}}}\n"


@pytest.fixture
def configs(tmp_path: Path) -> Path:
    return write(tmp_path / "dag_configs", acme__webshop=WEBSHOP, acme__woocommerce=COUPLING)


def changed(old: str, new: str) -> str:
    assert COUPLING.count(old) == 1
    return COUPLING.replace(old, new)


@pytest.mark.requirement("R3")
def test_a_good_coupling(configs: Path) -> None:
    config = load_coupling(FILE, configs)
    assert (config.name, config.connector, config.file) == ("acme__woocommerce", "woocommerce", f"dag_configs/{FILE}")
    assert config.title == "Acme: WooCommerce"
    assert config.objects == ("products", "sell_orders")
    own = {"vat_rate": 21, "sell_orders.pull_all_orders": False, "ean.meta_key": None}
    assert config.settings.items() >= own.items()
    assert [(plan.mode, plan.objects) for plan in config.plans] == [
        ("changed", ("products", "sell_orders")),
        ("all", ("products",)),
    ]


@pytest.mark.requirement("R3")
def test_an_object_that_is_switched_off_is_in_no_plan(configs: Path) -> None:
    write(configs, acme__woocommerce=changed("products: {}", "products: {enabled: false}"))
    config = load_coupling(FILE, configs)
    assert config.objects == ("sell_orders",)
    assert [plan.objects for plan in config.plans] == [("sell_orders",), ()]


@pytest.mark.rule("B15")
def test_buy_orders_that_are_only_posted_are_in_no_pull(tmp_path: Path) -> None:
    one_way = (
        "coupling: acme__picqer\nconnector: picqer\nrole: primary\nschedules: [{cron: 0 5 * * *}]\n"
        "objects: {products: {}, suppliers: {}, buy_orders: {}, receipt_lines: {}}\nsettings: {buy_orders.two_way: false}\n"
    )
    owners = WEBSHOP.replace("woocommerce", "picqer")
    config = load_coupling("acme/picqer.yaml", write(tmp_path / "one_way", acme__webshop=owners, acme__picqer=one_way))
    assert config.objects == ("suppliers", "products", "buy_orders", "receipt_lines")
    assert config.pulled_objects == config.plans[0].objects == ("suppliers", "products")


def test_the_files_of_this_project_are_good() -> None:
    found, problems = load_all()
    assert problems == []
    assert [config.file.removeprefix("dag_configs/") for config in found] == coupling_files()


BROKEN = {
    "unknown key": (changed("role: primary", "role: primary\nowners: x"), 4, "owners", "Did you mean 'owner'?"),
    "unknown key inside": (changed("products: {}", "products: {enabld: no}"), 5, "objects.products.enabld", "'enabled'?"),
    "unknown key in a list": (changed("mode: all", "mod: all"), 9, "schedules.1.mod", "Did you mean 'mode'?"),
    "wrong word": (changed("role: primary", "role: primry"), 3, "role", "cannot be 'primry'. Did you mean 'primary'?"),
    "far-off word": (changed("role: primary", "role: xyz"), 3, "role", "Valid: primary, secondary."),
    "wrong type": (changed("role: primary", 'role: primary\nenabled: "yes"'), 4, "enabled", "true or false, not 'yes'"),
    "number for a text": (changed("role: primary", "role: primary\ntitle: 5"), 4, "title", "must be a text, not '5'"),
    "list for a mapping": (changed("objects:\n  products: {}\n  sell_orders: {}", "objects: [products]"), 4, "objects", "a mapping"),
    "nothing for a mapping": (changed("products: {}", "products:"), 5, "objects.products", "must be a mapping, not empty"),
    "missing key": (changed("role: primary\n", ""), 1, "role", "is required and missing"),
    "missing key inside": (changed('{cron: "H/10 * * * *"}', "{mode: all}"), 8, "schedules.0.cron", "required and missing"),
    "unknown object": (changed("products: {}", "product: {}"), 5, "objects.product", "Did you mean 'products'?"),
    "object the system lacks": (changed("products: {}", "suppliers: {}\n  products: {}"), 5, "objects.suppliers", "has no suppliers"),
    "object of a schedule": (changed("objects: [products]", "objects: [suppliers]"), 9, "schedules.1.objects.0", "not among"),
    "unknown connector": (changed("connector: woocommerce", "connector: woocomerce"), 2, "connector", "'woocommerce'?"),
    "bad id": (changed("coupling: acme__woocommerce", "coupling: acme"), 1, "coupling", "must match"),
    "id of another file": (changed("acme__woocommerce", "acme__shop"), 1, "coupling", "must be 'acme__woocommerce'"),
    "bad cron": (changed("30 2 * * *", "30 25 * * *"), 9, "schedules.1.cron", "is not a cron"),
    "cron of six fields": (changed("30 2 * * *", "0 30 2 * * *"), 9, "schedules.1.cron", "has 6 fields"),
    "cron that never comes": (changed("30 2 * * *", "0 0 30 2 *"), 9, "schedules.1.cron", "is not a cron"),
    "unknown setting": (changed("vat_rate", "vatrate"), 11, "settings.vatrate", "'vat_rate'?"),
    "setting of a wrong type": (changed("vat_rate: 21", "vat_rate: high"), 11, "settings.vat_rate", "number, not 'high'"),
    "setting that is no number": (changed("vat_rate: 21", "vat_rate: .nan"), 11, "settings.vat_rate", "number, not nan"),
    "true is no number": (changed("vat_rate: 21", "vat_rate: true"), 11, "settings.vat_rate", "number, not True"),
    "nested setting": (changed("vat_rate: 21", "vat: {rate: 21}"), 11, "settings.vat", "is not a setting of WooCommerce"),
    "key twice": (changed("role: primary", "role: primary\nrole: secondary"), 4, "role", "twice in this mapping (first on line 3)"),
    "key twice inside": (changed("  sell_orders: {}", "  products: {}"), 6, "objects.products", "first on line 5"),
    "key that YAML reads as true": (changed("role: primary", "role: primary\non: 1"), 4, "on", "is not a known key"),
    "no YAML": (changed("role: primary", "role: [primary"), 4, "", "is not YAML"),
    "tab": (changed("  products: {}", "\tproducts: {}"), 5, "", "is not YAML"),
    "control character": (changed("role: primary", "role: \x07"), 3, "", "is not YAML"),
    "tag": (changed("role: primary", "role: !!python/name:os.system"), 3, "", "is not YAML"),
    "date that is none": (changed("role: primary", "role: primary\ntitle: 2026-13-45"), 4, "title", "cannot be read"),
    "alias in itself": (changed("role: primary", "role: &x [*x]"), 1, "", "nested too deeply"),
    "list": ("- coupling\n", 1, "", "must be a mapping of keys to values"),
    "text": ("coupling\n", 1, "", "must be a mapping of keys to values"),
    "two documents": (COUPLING + "---\n" + COUPLING, 12, "", "is not YAML"),
    "empty": ("", 1, "", "is empty"),
    "only a comment": ("# later\n", 1, "", "is empty"),
    "not UTF-8": (COUPLING.encode() + "title: Caf\xe9".encode("latin-1"), 12, "", "is not UTF-8"),
    "UTF-16": (COUPLING.encode("utf-16"), 1, "", "is not UTF-8"),
}  # fmt: skip


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_names_the_place_and_breaks_no_other(configs: Path, case: str) -> None:
    text, line, key, message = BROKEN[case]
    write(configs, acme__woocommerce=text, acme__webshop=SHARED, best__webshop=WEBSHOP.replace("acme", "best"))
    write(configs, best__woocommerce=COUPLING.replace("acme", "best"), acme__bol_com=SECONDARY.format(role="primary"))
    with pytest.raises(ConfigError) as caught:
        load_coupling(FILE, configs)
    found = [problem for problem in caught.value.problems if (problem.line, problem.key) == (line, key)]
    assert found, str(caught.value)
    assert message in found[0].message
    place = f"dag_configs/{FILE}:{line}: {key}:" if key else f"dag_configs/{FILE}:{line}: "
    assert str(found[0]).startswith(place)
    assert str(configs) not in str(caught.value), "a message names no path of a machine"

    others, problems = load_all(configs)
    assert [config.name for config in others] == ["acme__bol_com", "best__woocommerce"]
    assert found[0] in problems
    assert {problem.file for problem in problems} == {f"dag_configs/{FILE}"}


@pytest.mark.requirement("F6")
def test_one_fault_is_one_problem(configs: Path) -> None:
    """A value that fits none of several types is one problem, not one for each type."""
    for case in ("nested setting", "wrong word", "unknown object", "wrong type", "key twice", "empty", "UTF-16"):
        write(configs, acme__woocommerce=BROKEN[case][0])
        with pytest.raises(ConfigError) as caught:
            load_coupling(FILE, configs)
        found = [problem for problem in caught.value.problems if not problem.key.startswith("schedules")]
        assert len(found) == 1, case


@pytest.mark.requirement("F6")
def test_all_faults_of_a_file_are_told_at_once(configs: Path) -> None:
    text = changed("vat_rate", "vatrate").replace("30 2", "30 25").replace("primary", "secondary")
    write(configs, acme__woocommerce=text)
    with pytest.raises(ConfigError) as caught:
        load_coupling(FILE, configs)
    assert [problem.key for problem in caught.value.problems] == ["role", "schedules.1.cron", "settings.vatrate"]
    assert caught.value.reason.error_class == "configuration"
    assert str(caught.value).count("\n") == 2


@pytest.mark.requirement("F6")
def test_required_setting(configs: Path) -> None:
    text = "coupling: acme__exact_online\nconnector: exact_online\nrole: primary\nobjects: {products: {}}\nsettings:\n"
    for settings in (" {}\n", "\n  division:\n", "\n  stock.warehouses: []\n"):
        write(configs, acme__exact_online=text.rstrip() + settings)
        with pytest.raises(ConfigError) as caught:
            load_coupling("acme/exact_online.yaml", configs)
        assert "'division' is required and missing: Company code" in problem_of(caught.value).message


@pytest.mark.requirement("F6")
@pytest.mark.parametrize(
    ("value", "message"), [("[1, a]", "settings.stock.warehouses.0: must be a text"), ("x", "list")]
)
def test_setting_that_is_a_list(configs: Path, value: str, message: str) -> None:
    text = "coupling: acme__exact_online\nconnector: exact_online\nrole: primary\nobjects: {products: {}}\nsettings:\n"
    write(configs, acme__exact_online=f"{text}  division: 1\n  stock.warehouses: {value}\n")
    with pytest.raises(ConfigError, match=message):
        load_coupling("acme/exact_online.yaml", configs)


@pytest.mark.requirement("F6")
@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("units.factors: {gal: 3750, kg: many}", "must give a number for 'kg', not 'many'"),
        ("units.factors: {gal: 0}", "must give a number above zero for 'gal', not 0"),
        ("units.factors: [gal]", "must be a mapping, not"),
        ("units.names: {gal: 5}", "must give a string for 'gal', not 5"),
        ("status.assortments: {'01:OLD': disable}", "cannot be 'disable' for '01:OLD'. Did you mean 'disabled'?"),
    ],
)
def test_setting_that_is_a_mapping(configs: Path, setting: str, message: str) -> None:
    text = "coupling: acme__exact_online\nconnector: exact_online\nrole: primary\nobjects: {products: {}}\nsettings:\n"
    write(configs, acme__exact_online=f"{text}  division: 1\n  units.factors: {{gal: 3750.5}}\n")
    assert load_coupling("acme/exact_online.yaml", configs).settings["units.factors"] == {"gal": 3750.5}
    write(configs, acme__exact_online=f"{text}  division: 1\n  {setting}\n")
    with pytest.raises(ConfigError) as caught:
        load_coupling("acme/exact_online.yaml", configs)
    assert message in problem_of(caught.value).message


@pytest.mark.requirement("R5", "R12", "F6")
def test_a_secondary_coupling_needs_a_match_key(configs: Path) -> None:
    write(configs, acme__bol_com=SECONDARY.format(role="secondary"))
    with pytest.raises(ConfigError, match="needs match_key: ean, sku or remote_id"):
        load_coupling("acme/bol_com.yaml", configs)
    write(configs, acme__bol_com=SECONDARY.format(role="secondary") + "match_key: sku\n")
    assert load_coupling("acme/bol_com.yaml", configs).match_key == "sku"


@pytest.mark.requirement("F6")
def test_a_setting_outside_its_choices(configs: Path) -> None:
    write(configs, acme__bol_com=SECONDARY.format(role="primary") + "settings: {vat_basis: gros}\n")
    with pytest.raises(
        ConfigError, match=r"dag_configs/acme/bol_com.yaml:5: settings.vat_basis: .*Did you mean 'gross'"
    ):
        load_coupling("acme/bol_com.yaml", configs)


@pytest.mark.requirement("F6")
def test_twins_of_two_endings_and_an_id_that_is_taken(configs: Path) -> None:
    (configs / "acme" / "woocommerce.yml").write_text(COUPLING)
    write(configs, acme__shop=COUPLING)
    found, problems = load_all(configs)
    assert found == []
    told = {problem.file: problem.message for problem in problems if "already" in problem.message}
    assert told["dag_configs/acme/woocommerce.yaml"] == "'acme__woocommerce' is already the id of acme/woocommerce.yml"
    assert told["dag_configs/acme/woocommerce.yml"] == "'acme__woocommerce' is already the id of acme/woocommerce.yaml"
    assert "dag_configs/acme/shop.yaml" in told

    (configs / "acme" / "woocommerce.yml").unlink()
    found, problems = load_all(configs)
    assert [config.file for config in found] == ["dag_configs/acme/woocommerce.yaml"], "who has the name keeps it"
    assert {problem.line for problem in problems} == {1}


@pytest.mark.requirement("F6")
def test_two_folders_cannot_make_one_id(configs: Path) -> None:
    write(configs, acme__nl__shop=COUPLING.replace("acme__woocommerce", "acme__nl__shop"))
    (configs / "acme__nl").mkdir()
    (configs / "acme__nl" / "webshop.yaml").write_text(WEBSHOP.replace("webshop: acme", "webshop: acme__nl"))
    (configs / "acme__nl" / "shop.yaml").write_text(COUPLING.replace("acme__woocommerce", "acme__nl__shop"))
    found, problems = load_all(configs)
    names = [config.name for config in found]
    assert sorted(names) == sorted(set(names))
    assert "acme__nl__shop" in names
    assert "dag_configs/acme__nl/shop.yaml" in {problem.file for problem in problems}
    (configs / "acme" / "nl__shop.yaml").unlink()
    assert [str(problem) for problem in load_all(configs)[1]] == [
        "dag_configs/acme__nl/webshop.yaml:1: webshop: 'acme__nl' must match ^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
    ]


def test_files_that_are_no_couplings(configs: Path) -> None:
    """An editor's swap files, and the hidden folders that a Kubernetes ConfigMap is mounted with."""
    hidden = configs / "..2026_05_20"
    hidden.mkdir()
    for path in (hidden / "woocommerce.yaml", configs / "acme" / ".#woocommerce.yaml", configs / "acme" / "notes.txt"):
        path.write_text(COUPLING)
    (configs / "loose.yaml").write_text(COUPLING)
    assert coupling_files(configs) == [FILE]


def test_a_byte_order_mark_and_windows_line_ends_are_no_fault(configs: Path) -> None:
    write(configs, acme__woocommerce=COUPLING.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load_coupling(FILE, configs).name == "acme__woocommerce"
    broken = changed("role: primary", "role: primry").replace("\n", "\r\n").encode("utf-8-sig")
    write(configs, acme__woocommerce=broken)
    with pytest.raises(ConfigError, match=r"woocommerce.yaml:3: role: cannot be 'primry'"):
        load_coupling(FILE, configs)


WEBSHOPS = {
    "unknown key": (WEBSHOP.replace("title:", "titel:"), 2, "titel", "Did you mean 'title'?"),
    "time zone": (WEBSHOP.replace("Amsterdam", "Amsterdm"), 3, "time_zone", "is not a time zone"),
    "time zone that is a path": (WEBSHOP.replace("Europe/Amsterdam", "../../etc"), 3, "time_zone", "is not a time zone"),
    "empty time zone": (WEBSHOP.replace("Europe/Amsterdam", '""'), 3, "time_zone", "is not a time zone"),
    "name of another folder": (WEBSHOP.replace("webshop: acme", "webshop: best"), 1, "webshop", "must be 'acme'"),
    "unknown object": (WEBSHOP.replace("  products", "  product"), 5, "owners.product", "Did you mean 'products'?"),
    "two owners": (WEBSHOP.replace("products: woocommerce", "products: [bol_com, woocommerce]"), 5, "owners.products", "need consolidation.products.match_key"),
    "two owners of what is bought once": (WEBSHOP.replace("sell_orders: woocommerce", "buy_orders: [bol_com, woocommerce]"), 6, "owners.buy_orders", "one owner"),
    "an owner twice": (WEBSHOP.replace("sell_orders: woocommerce", "sell_orders: [woocommerce, woocommerce]"), 6, "owners.sell_orders", "twice"),
    "owner of a wrong type": (WEBSHOP.replace("products: woocommerce", "products: {a: b}"), 5, "owners.products", "a text or a list"),
    "empty": ("", 1, "", "is empty"),
    "not UTF-8": (WEBSHOP.encode("utf-16"), 1, "", "is not UTF-8"),
}  # fmt: skip


@pytest.mark.requirement("F6")
@pytest.mark.parametrize("case", WEBSHOPS)
def test_a_broken_webshop_stops_its_own_couplings_only(configs: Path, case: str) -> None:
    text, line, key, message = WEBSHOPS[case]
    write(configs, acme__webshop=text, best__webshop=WEBSHOP.replace("acme", "best"))
    write(configs, best__woocommerce=COUPLING.replace("acme", "best"), acme__bol_com=SECONDARY.format(role="primary"))
    found, problems = load_all(configs)
    assert [config.name for config in found] == ["best__woocommerce"]
    told = [problem for problem in problems if (problem.line, problem.key) == (line, key)]
    assert len(told) == 1, "told once, not once per coupling"
    assert told[0].file == "dag_configs/acme/webshop.yaml"
    assert message in told[0].message


@pytest.mark.requirement("F6")
def test_a_missing_webshop_file(configs: Path) -> None:
    (configs / "acme" / "webshop.yaml").unlink()
    with pytest.raises(ConfigError, match=r"dag_configs/acme/webshop.yaml:1: cannot be read: No such file"):
        load_coupling(FILE, configs)


@pytest.mark.requirement("R3", "F6")
def test_an_owner_without_a_file_is_told_and_stops_nobody(configs: Path) -> None:
    write(configs, acme__webshop=WEBSHOP.replace("products: woocommerce", "products: woocomerce"))
    found, problems = load_all(configs)
    assert len(found) == 1
    place = "dag_configs/acme/webshop.yaml:5: owners.products:"
    assert [str(problem) for problem in problems] == [
        f"{place} there is no coupling file 'woocomerce.yaml' here. Did you mean 'woocommerce'?",
        f"{place} woocommerce brings products and is not among its owners: it would land and never be mapped",
    ]
    assert load_webshop("acme", configs)[0].owners["products"] == "woocomerce"


@pytest.mark.requirement("R3", "F6")
def test_an_object_that_nobody_owns_or_an_owner_does_not_bring_is_told(configs: Path) -> None:
    write(configs, acme__webshop=WEBSHOP.replace("  sell_orders: woocommerce\n", "  suppliers: woocommerce\n"))
    assert [str(problem) for problem in load_all(configs)[1]] == [
        "dag_configs/acme/webshop.yaml:4: owners.sell_orders: woocommerce brings sell_orders and is not among its"
        " owners: it would land and never be mapped",
        "dag_configs/acme/webshop.yaml:6: owners.suppliers: woocommerce does not bring suppliers: switch it on there,"
        " or name another owner",
    ]


@pytest.mark.requirement("R3", "R10")
def test_sell_orders_can_have_several_owners(configs: Path) -> None:
    write(configs, acme__webshop=SHARED)
    write(configs, acme__bol_com=SECONDARY.format(role="primary"))
    assert load_all(configs)[1] == []


@pytest.mark.requirement("R12")
def test_the_hash_changes_with_what_mappings_depend_on_and_with_nothing_else(configs: Path) -> None:
    before = load_coupling(FILE, configs).config_hash
    write(configs, acme__woocommerce="# a comment\n" + changed("30 2", "30 3").replace("role:", "title: New\nrole:"))
    assert load_coupling(FILE, configs).config_hash == before
    for text in (
        changed("vat_rate: 21", "vat_rate: 9"),
        changed("primary", "secondary\nmatch_key: ean"),
        changed("  sell_orders: {}\n", ""),
    ):
        write(configs, acme__woocommerce=text)
        assert load_coupling(FILE, configs).config_hash != before
