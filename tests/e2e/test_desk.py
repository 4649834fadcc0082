"""A day of support at its desk inside the Airflow UI, in a real browser (R8, R13, R2)."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.e2e.browser import CHROMIUM, Screen, browsing
from tests.e2e.platform import Platform, Run, wait_until
from tests.e2e.test_activation import SHOP, STATE
from tests.e2e.test_approvals import GONE, answer_only, know_the_catalogue

EXACT = "bralex__exact_online"

pytestmark = [
    pytest.mark.requirement("R8"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def screen(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with browsing(platform, tmp_path_factory.mktemp("desk")) as found:
        found.page.set_viewport_size({"width": 1366, "height": 768})
        outside: list[str] = []
        found.page.on("request", lambda request: outside.append(request.url))
        yield found
        inside = (platform.machine.settings.address, "data:", "blob:")
        assert [url for url in outside if not url.startswith(inside)] == [], "the pages ask nobody else"


def visit(screen: Screen, place: str) -> None:
    screen.open(f"plugin/couplings/desk/{place}")


def state(screen: Screen) -> Locator:
    return screen.desk.locator("h1 .state")


def activated(platform: Platform, coupling: str) -> None:
    if platform.stage.one(STATE, coupling) != "active":
        platform.ends_well(Run("activate", platform.api.trigger("activate", {"coupling": coupling})))


@pytest.mark.requirement("R13")
def test_an_activation_is_started_and_watched(platform: Platform, screen: Screen) -> None:
    platform.sandbox("exact_online").admin.fault("slow", "/api/v1/", seconds=0.7, times=None)
    screen.open("")
    screen.page.get_by_role("link", name="Couplings").click()
    screen.desk.get_by_label("Search").fill("exact")
    screen.desk.get_by_role("button", name="Show").click()
    screen.desk.get_by_role("link", name="Bralex Koffie: Exact Online").click()
    expect(state(screen)).to_have_text("new")
    screen.desk.get_by_role("button", name="Activate").click()
    expect(state(screen)).to_have_text(re.compile(r"activating \d+/\d+"))
    bar = screen.desk.get_by_label("Activation", exact=True)
    expect(bar).to_be_visible()
    first = float(bar.get_attribute("value") or 0)
    wait_until(lambda: float(bar.get_attribute("value") or 0) > first, "the bar to move")
    expect(screen.desk.get_by_text("being pulled").first).to_be_visible()
    screen.keep("desk-coupling")
    visit(screen, "couplings")
    expect(screen.desk.get_by_text(re.compile(r"activating \d+/\d+"))).to_be_visible()
    platform.clear_faults()
    visit(screen, f"coupling/{EXACT}")
    expect(state(screen)).to_have_text("on time", timeout=120_000)
    expect(screen.desk.get_by_text("activate by support")).to_be_visible()


@pytest.mark.requirement("R2")
def test_refused_credentials_are_seen_mended_and_caught_up(platform: Platform, screen: Screen) -> None:
    activated(platform, SHOP)
    held = str(platform.sandbox("woocommerce").admin.credentials()["password"])
    credential(platform, "cs_no_longer")
    try:
        visit(screen, f"coupling/{SHOP}")
        screen.desk.get_by_role("button", name="Pull", exact=True).click()
        expect(screen.desk.get_by_text("has been started")).to_be_visible()
        expect(state(screen)).to_have_text("needs re-authentication")
        expect(screen.desk.get_by_text(re.compile("answered 401")).first).to_be_visible()
        expect(screen.desk.get_by_text(re.compile("Next step: Ask the customer")).first).to_be_visible()
        screen.keep("desk-refused")
    finally:
        credential(platform, held)
    screen.desk.get_by_role("button", name="Re-check credentials").click()
    expect(state(screen)).to_have_text("on time", timeout=60_000)
    caught = "select count(*) from platform.pulls where run_id like 'catch_up_%%' and outcome = 'succeeded'"
    wait_until(lambda: platform.stage.one(caught) >= 2, "both objects to be caught up", 60)


def credential(platform: Platform, password: str) -> None:
    """Change the password in Airflow, as an administrator does: support may not."""
    body = {"connection_id": SHOP, "conn_type": "http", "password": password}
    platform.api.call("PATCH", f"connections/{SHOP}?update_mask=password", body)


@pytest.mark.requirement("R16", "F1")
def test_a_parked_deletion_is_approved(platform: Platform, screen: Screen) -> None:
    know_the_catalogue(platform)
    gone = platform.stage.one(GONE)
    answer_only(platform, 0.4)
    platform.ends_well(platform.trigger(SHOP, "products", mode="all"))
    visit(screen, "couplings")
    expect(screen.desk.get_by_role("link", name=re.compile("waiting for an approval")).first).to_be_visible()
    screen.keep("desk-couplings")
    screen.desk.get_by_role("link", name=re.compile("waiting for an approval")).first.click()
    expect(screen.desk.get_by_role("row")).to_have_count(2)
    visit(screen, "approvals")
    expect(screen.desk.get_by_text(re.compile("Velodrome Fietsen: WooCommerce: delete .* products"))).to_be_visible()
    screen.keep("desk-approvals")
    screen.desk.get_by_role("button", name="Delete them").click()
    screen.desk.get_by_role("dialog").get_by_role("button", name="Delete them").click()
    expect(screen.desk.get_by_text("Nothing waits for an answer.")).to_be_visible()
    wait_until(lambda: len(platform.stage.one(GONE)) > len(gone) + 50, "the listed records to be gone")
    by = "select decided_by from platform.approvals order by id desc limit 1"
    assert platform.stage.one(by) == "support"
    platform.clear_faults()
    platform.ends_well(platform.trigger(SHOP, "products", mode="all"))
    wait_until(lambda: platform.stage.one(GONE) == gone, "the products to be back", 60)


@pytest.mark.requirement("F5")
def test_a_record_is_found_by_its_ean(platform: Platform, screen: Screen) -> None:
    activated(platform, EXACT)
    query = (
        "select min(ean_code) from optiply.products p join platform.couplings c on c.id = p.coupling_id"
        " where c.name = %s and p.deleted_at is null"
    )
    ean = wait_until(lambda: platform.stage.one(query, EXACT), "a product with an EAN")
    visit(screen, "record")
    screen.desk.get_by_label("Webshop").select_option("bralex")
    screen.desk.get_by_label("SKU, EAN, order number or remote id").fill(ean)
    screen.desk.get_by_label("SKU, EAN, order number or remote id").press("Enter")
    expect(screen.desk.get_by_role("heading", name=re.compile(f"^products: {EXACT}"))).to_be_visible()
    expect(screen.desk.get_by_role("cell", name=ean).first).to_be_visible()
    expect(screen.desk.get_by_text("Where it comes from").first).to_be_visible()
    screen.keep("desk-record")


def test_the_theme_of_the_ui_and_the_way_to_a_log(screen: Screen) -> None:
    visit(screen, f"coupling/{SHOP}")
    background = "getComputedStyle(document.body).backgroundColor"
    light = screen.desk.locator("body").evaluate(background)
    screen.page.evaluate("document.documentElement.classList.add('dark')")
    expect(screen.desk.locator("html.dark")).to_have_count(1)
    assert screen.desk.locator("body").evaluate(background) != light
    screen.desk.get_by_role("link", name="log", exact=True).first.click()
    screen.page.wait_for_url(re.compile(rf"/dags/{SHOP}__extract/runs/.*/tasks/pull_"))
