"""What support sees in Airflow's own pages, in a real browser. `OPTIPLY_IMAGES=docs/images` keeps the pictures."""

import json
import re
from collections.abc import Iterator

import pytest

from tests.e2e.browser import CHROMIUM, Screen, browsing
from tests.e2e.platform import Platform, wait_until
from tests.e2e.test_approvals import GONE, know_the_catalogue, pull_and_be_asked

SHOP, EXACT = "velodrome__woocommerce", "bralex__exact_online"

pytestmark = [
    pytest.mark.requirement("R8"),
    pytest.mark.skipif(not CHROMIUM.exists(), reason=f"there is no browser at {CHROMIUM}: apt-get install chromium"),
]


@pytest.fixture(scope="module")
def screen(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    with browsing(platform, tmp_path_factory.mktemp("screens")) as found:
        yield found


def test_the_list_tells_couplings_apart(screen: Screen) -> None:
    screen.open("dags")
    screen.shows("Bralex Koffie: Exact Online – pull", "Velodrome Fietsen: WooCommerce – pull")
    screen.shows("webshop:velodrome", "integration:exact_online", "role:secondary", "Transform – map what landed")
    screen.keep("dag-list")


def test_a_finished_run_shows_every_object(platform: Platform, screen: Screen) -> None:
    run = platform.trigger(EXACT, "suppliers", "products", "supplier_products", mode="changed")
    platform.ends_well(run)
    screen.open(f"dags/{run.dag}/runs/{run.id}")
    screen.shows("Pull suppliers", "Pull products", "Pull sell orders", "All pulled", "Skipped", "Success")
    screen.keep("extract-run")


def test_a_failed_tasks_page_says_what_to_do(platform: Platform, screen: Screen) -> None:
    words = {"code": "woocommerce_rest_authentication_error", "message": "Consumer key is invalid."}
    platform.sandbox("woocommerce").admin.fault("status", "/products", status=401, body=json.dumps(words), times=None)
    run = platform.trigger(SHOP, "products", mode="changed")
    assert platform.finish(run) == "failed"
    screen.open(f"dags/{run.dag}/runs/{run.id}/tasks/pull_products")
    screen.shows(re.compile(r"FAILED \(auth\): .*answered 401: Consumer key is invalid"))
    screen.shows(re.compile("Who acts: customer. Next step: Ask the customer for a new consumer key"))
    # The traceback is Airflow's own and short; folded, it leaves no path of this machine on the picture.
    screen.page.get_by_text(re.compile("^AuthRefused: ")).first.click()
    screen.keep("failed-task")


@pytest.mark.requirement("R16", "F1")
def test_a_deletion_that_waits_shows_what_would_go(platform: Platform, screen: Screen) -> None:
    know_the_catalogue(platform)
    gone = platform.stage.one(GONE)
    number, run = pull_and_be_asked(platform, 0.4)
    screen.open(f"dags/{run.dag}/runs/{run.id}/tasks/ask/required_actions")
    screen.shows(re.compile("Velodrome Fietsen: WooCommerce: delete .* of .* products"), "Remote id", "Delete them")
    screen.shows(
        platform.stage.one("select min(record_key) from platform.approval_records where approval_id = %s", number)
    )
    screen.keep("approval")
    screen.page.get_by_role("button", name="Keep them").click()
    platform.ends_well(run)
    assert platform.states(run) == {"ask": "success", "answer": "skipped"}
    assert "refused" in platform.log(run, "answer")[-1]
    assert platform.stage.one(GONE) == gone
    asked = "select state || ' by ' || decided_by from platform.approvals where id = %s"
    assert platform.stage.one(asked, number) == "refused by support"


def test_the_trigger_form_speaks_plainly(screen: Screen) -> None:
    screen.open(f"dags/{EXACT}__extract")
    screen.page.get_by_role("button", name="Trigger").first.click()
    screen.shows("Objects", "product compositions", "What changed since the last pull", "Remote id")
    screen.page.get_by_text("Remote id").first.scroll_into_view_if_needed()
    screen.keep("trigger-form")


def test_a_broken_file_is_on_the_first_page(platform: Platform, screen: Screen) -> None:
    file = platform.configs / "velodrome" / "woocommerce.yaml"
    right = file.read_text()
    file.write_text(right.replace("role: primary", "rol: primary"))
    try:
        wait_until(platform.api.import_errors, "the import error", 30)
        screen.open("")
        screen.page.get_by_role("button", name=re.compile("Import Error")).first.click()
        screen.page.get_by_text("velodrome__woocommerce.py").first.click()
        screen.shows(re.compile("dag_configs/velodrome/woocommerce.yaml:3: rol:.*Did you mean 'role'"))
        screen.keep("import-error")
    finally:
        file.write_text(right)
    wait_until(lambda: f"{SHOP}__extract" in platform.api.dags(), "the mended coupling", 30)
