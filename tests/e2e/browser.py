"""A real browser in which the user `support` looks at the platform. `OPTIPLY_IMAGES=docs/images` keeps pictures."""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import FrameLocator, Page, expect, sync_playwright

from tests.e2e.platform import Platform

CHROMIUM = Path("/usr/bin/chromium")
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
)
PATIENCE_MS = 30_000


class Screen:
    """A page of the user `support`; `keep` takes a picture of what is on it."""

    def __init__(self, page: Page, address: str, folder: Path) -> None:
        self.page, self._address, self._folder = page, address, folder
        expect.set_options(timeout=PATIENCE_MS)

    def log_in(self, password: str) -> None:
        self.page.goto(f"{self._address}/auth/login")
        self.page.fill("input[name=username]", "support")
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        self.page.wait_for_url(lambda url: "/auth/login" not in url, timeout=PATIENCE_MS)

    def open(self, path: str) -> None:
        self.page.goto(f"{self._address}/{path}")

    def shows(self, *texts: str | re.Pattern[str]) -> None:
        for text in texts:
            expect(self.page.get_by_text(text).first).to_be_visible()

    @property
    def desk(self) -> FrameLocator:
        """The support desk inside the UI."""
        return self.page.frame_locator("iframe[title=Couplings]")

    def keep(self, name: str) -> None:
        # What has just been asserted is still moving: menus unfold, bars grow.
        self.page.wait_for_timeout(1500)
        self.page.screenshot(path=self._folder / f"{name}.png")


@contextlib.contextmanager
def browsing(platform: Platform, folder: Path) -> Iterator[Screen]:
    """Give a page on which support is logged in."""
    chosen = os.environ.get("OPTIPLY_IMAGES")
    passwords = json.loads(platform.machine.settings.passwords_file.read_text())
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS.split())
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        found = Screen(page, platform.machine.settings.address, Path(chosen) if chosen else folder)
        found.log_in(passwords["support"])
        yield found
        browser.close()
