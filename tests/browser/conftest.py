"""One app and one browser for all tests of this folder; every test must leave no complaint behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.serving import DESK, FLAGS, Witness, served

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def screens() -> Path:
    """Where pictures of the pages are kept to be looked at."""
    folder = ROOT / "build" / "screens"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def browser(chromium_path: str | None) -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    if chromium_path is None:
        pytest.fail(
            "没有找到 Chromium：请先运行 apt-get install chromium（或设 YAOTONG_CHROMIUM 为它的路径）。"
        )
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium_path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """The app over a small demo city."""
    from tests.cities import city
    from webapp.app import create_app

    with served(create_app(city("small").settings.home)) as base:
        yield base


@pytest.fixture
def witness() -> Iterator[Witness]:
    """What the test's pages did. At the end: nothing left this machine, and nobody complained."""
    seen = Witness()
    yield seen
    assert seen.foreign == []
    assert seen.complaints == []


@pytest.fixture
def context(browser: Browser, witness: Witness) -> Iterator[BrowserContext]:
    """A fresh browser profile at desk size."""
    opened = browser.new_context(viewport=DESK, locale="zh-CN")
    witness.watch(opened)
    yield opened
    opened.close()


@pytest.fixture
def desk(context: BrowserContext, address: str) -> Page:
    """A page signed in as the officer of the market supervision bureau."""
    return sign_in(context.new_page(), address, "msa")


def sign_in(page: Page, address: str, username: str) -> Page:
    """Sign in by the form, as a person does."""
    from yaotong.acts.demo import DEMO_PASSWORD

    page.goto(f"{address}/login")
    page.fill("input[name=username]", username)
    page.fill("input[name=password]", DEMO_PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_load_state("networkidle")
    return page
