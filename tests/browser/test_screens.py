"""Every page at two sizes: no complaint, no foreign request, no sideways scrolling; kept to be looked at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, PHONE, Witness, ready

PUBLIC = {"login": "/login", "find": "/find"}
OFFICE = {"desk": "/desk", "map": "/map", "alerts": "/alerts", "rules": "/rules", "sources": "/sources"}
# Pages of one thing: found by the first link of this form on a list.
FORM = {one: f"a[href^='/{one}/']" for one in ("alerts", "rules", "pharmacies")}
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(params=SIZES)
def sized(request: pytest.FixtureRequest, browser: Browser, witness: Witness) -> Iterator[Page]:
    context = browser.new_context(viewport=SIZES[request.param], locale="zh-CN")
    witness.watch(context)
    page = context.new_page()
    page.set_default_timeout(15_000)
    yield page
    context.close()


def _keep(page: Page, screens: Path, name: str) -> None:
    page.wait_for_load_state("networkidle")
    width = page.viewport_size["width"] if page.viewport_size else 0
    page.screenshot(path=screens / f"{name}-{width}.png", full_page=width == PHONE["width"])
    assert page.evaluate("document.documentElement.scrollWidth") <= width, f"{name} scrolls sideways"


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages(sized: Page, address: str, screens: Path, name: str) -> None:
    answer = sized.goto(address + PUBLIC[name])
    assert answer is not None
    assert answer.ok
    _keep(sized, screens, name)


@pytest.mark.parametrize("name", OFFICE)
def test_office_pages(sized: Page, address: str, screens: Path, name: str) -> None:
    sign_in(sized, address, "msa")
    answer = sized.goto(address + OFFICE[name])
    assert answer is not None
    assert answer.ok
    if name == "map":
        ready(sized)
    _keep(sized, screens, name)


@pytest.mark.parametrize("name", FORM)
def test_pages_of_one_thing(sized: Page, address: str, screens: Path, name: str) -> None:
    sign_in(sized, address, "msa")
    sized.goto(address + ("/alerts" if name == "pharmacies" else f"/{name}"))
    if name == "pharmacies":  # an alert's page leads to its shops
        sized.goto(address + _first(sized, FORM["alerts"]))
    answer = sized.goto(address + _first(sized, FORM[name]))
    assert answer is not None
    assert answer.ok
    _keep(sized, screens, f"one-of-{name}")


def _first(page: Page, form: str) -> str:
    """The path that the first link of a form leads to."""
    target = page.locator(form).first.get_attribute("href")
    assert target is not None
    return target.split("?")[0]
