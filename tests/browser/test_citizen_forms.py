"""What citizens send, on a telephone, with and without JavaScript: an error reported, a seal looked up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.browser.serving import PHONE, Witness, served
from tests.cities import city, copy_of
from webapp.app import create_app
from webapp.proofs import LEAST_S
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def ws(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    return copy_of(city("small"), tmp_path_factory.mktemp("forms") / "home")


@pytest.fixture(scope="module")
def base(ws: Workspace) -> Iterator[str]:
    with served(create_app(ws.settings.home)) as address:
        yield address


@pytest.fixture(params=[True, False], ids=["script", "plain"])
def phone(browser: Browser, witness: Witness, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    opened = browser.new_context(
        viewport=PHONE, locale="zh-CN", java_script_enabled=request.param, is_mobile=True, has_touch=True
    )
    witness.watch(opened)
    yield opened
    opened.close()


def test_an_error_is_reported_and_found_again_by_its_number(phone: BrowserContext, base: str) -> None:
    page = phone.new_page()
    page.goto(f"{base}/find?town=330482001")
    page.locator("a.amiss").first.click()
    page.get_by_text("营业时间不对").click()
    page.fill("textarea[name=said]", "晚上九点半才关门")
    time.sleep(LEAST_S + 0.5)
    page.get_by_role("button", name="送出").click()
    number = page.locator(".ticket .number").inner_text()
    assert phone.cookies() == []
    page.goto(f"{base}/wrong")
    page.fill("input[name=number]", number.lower().replace("-", " "))
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".ticket")).to_contain_text("晚上九点半才关门")
    expect(page.locator(".ticket")).to_contain_text("等候核对")


def test_a_seal_is_looked_up_and_is_in_no_address(phone: BrowserContext, base: str, ws: Workspace) -> None:
    sales = open_facts(ws.store).sales
    found = sales.filter(sales.seal_id.notnull(), sales.quantity > 0).select("seal_id").limit(1)
    seal = str(found.to_pandas()["seal_id"].iloc[0])
    page, asked = phone.new_page(), []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{base}/seal")
    page.fill("input[name=code]", seal)
    page.get_by_role("button", name="查一查").click()
    expect(page.locator(".verdict")).to_contain_text("封签是真的")
    page.fill("input[name=code]", "FQ9999")
    page.get_by_role("button", name="查一查").click()
    expect(page.locator(".verdict")).to_contain_text("没有查到")
    assert [one for one in asked if seal in one or "9999" in one] == []
    assert phone.cookies() == []


def test_a_code_behind_the_hash_fills_the_field_and_reaches_nobody(
    browser: Browser, witness: Witness, base: str, screens: Path
) -> None:
    opened = browser.new_context(viewport=PHONE, locale="en-US")
    witness.watch(opened)
    page, asked = opened.new_page(), []
    page.on("request", lambda one: asked.append(one.url))
    page.goto(f"{base}/seal#FQ000001")
    expect(page.locator("input[name=code]")).to_have_value("FQ000001")
    assert "#" not in page.url
    assert [one for one in asked if "FQ000001" in one.partition("#")[0]] == []
    page.screenshot(path=str(screens / "seal-phone-en.png"), full_page=True)
    opened.close()
