"""Every page at two sizes: no complaint, no foreign request, no sideways scrolling; kept to be looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, PHONE, Witness, ready

PUBLIC = {"login": "/login", "find": "/find"}
OFFICE = {"desk": "/desk", "map": "/map", "alerts": "/alerts", "rules": "/rules", "sources": "/sources"}
# Pages of one thing: found by the first link of this form on a list.
DETAIL = {"alert": ("/alerts", "a[href^='/alerts/']"), "rule": ("/rules", "a[href^='/rules/']"), "pharmacy": ("/alerts/", "a[href^='/pharmacies/']")}
SIZES = {"desk": DESK, "phone": PHONE}


@pytest.fixture(params=SIZES)
def sized(request: pytest.FixtureRequest, browser: Browser, witness: Witness) -> Page:
    context = browser.new_context(viewport=SIZES[request.param], locale="zh-CN")
    witness.watch(context)
    request.addfinalizer(context.close)
    page = context.new_page()
    page.set_default_timeout(15_000)
    return page


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


@pytest.mark.parametrize("name", ["alert", "rule", "pharmacy"])
def test_pages_of_one_thing(sized: Page, address: str, screens: Path, name: str) -> None:
    sign_in(sized, address, "msa")
    start, form = DETAIL[name]
    if name == "pharmacy":
        sized.goto(f"{address}/alerts")
        sized.goto(address + _first(sized, DETAIL["alert"][1]))
    else:
        sized.goto(address + start)
    answer = sized.goto(address + _first(sized, form))
    assert answer is not None
    assert answer.ok
    _keep(sized, screens, name)


def _first(page: Page, form: str) -> str:
    """The path that the first link of a form leads to."""
    target = page.locator(form).first.get_attribute("href")
    assert target is not None
    return target.split("?")[0]
