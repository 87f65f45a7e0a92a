"""The inbox in a real browser: keys, ticks, and what others do shown without a reload."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import sign_in
from tests.browser.serving import PHONE, Witness, served
from tests.cities import city, copy_of
from webapp.app import create_app
from yaotong import acts, clock
from yaotong.alerts.states import Act
from yaotong.reads.alerts import Filters, inbox
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NHSA = Viewer("nhsa", "", "nhsa", "330482", "leader")


@pytest.fixture
def own(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture
def own_address(own: Workspace) -> Iterator[str]:
    with served(create_app(own.settings.home)) as base:
        yield base


def test_keys_walk_tick_and_move_many(browser: Browser, witness: Witness, own_address: str) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    witness.watch(context)
    page = sign_in(context.new_page(), own_address, "nhsa")
    page.goto(f"{own_address}/alerts?part=lead&state=dispatched")
    bar = page.locator("[data-bulk]")
    for key in ("j", "x", "j", "x"):
        page.keyboard.press(key)
    expect(page.locator("tr.here")).to_have_count(1)
    expect(bar.locator("[data-chosen]")).to_have_text("2")
    expect(bar.locator("[data-text]")).to_be_hidden()
    bar.locator("select[name=act]").select_option("dispose")
    expect(bar.locator("[data-outcome]")).to_be_visible()
    expect(bar.locator("[data-text]")).to_be_visible()
    bar.locator("select[name=act]").select_option("accept")
    bar.locator("button").click()
    expect(page.locator(".flash.good")).to_contain_text("2 条")
    assert "state=dispatched" in page.url
    page.keyboard.press("/")
    expect(page.locator(".seek input[type=search]")).to_be_focused()
    context.close()


def test_what_somebody_else_does_shows_without_a_reload(
    browser: Browser, witness: Witness, own_address: str, own: Workspace
) -> None:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    witness.watch(context)
    page = sign_in(context.new_page(), own_address, "nhsa")
    page.goto(f"{own_address}/alerts?part=lead&state=dispatched")
    page.evaluate("window.loaded = true")
    ticked = page.locator("[data-inbox] tbody tr").nth(1).locator("[name=one]")
    ticked.check()
    kept = ticked.input_value()
    first = inbox(own, NHSA, filters=Filters(part="lead", state="dispatched"), now=clock.now()).rows[0]
    acts.move_alert(own, first.alert_id, Act.ACCEPT, actor=NHSA, if_match=None, now=clock.now())
    expect(page.locator(f"tr[data-id='{first.alert_id}']")).to_have_count(0, timeout=15_000)
    expect(page.locator("[data-told]")).not_to_be_empty()
    assert page.evaluate("window.loaded") is True
    assert page.locator("[name=one]:checked").input_value() == kept
    context.close()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_inbox_fits_a_phone(
    browser: Browser, witness: Witness, own_address: str, screens: Path, lang: str
) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN")
    witness.watch(context)
    page = sign_in(context.new_page(), own_address, "nhsa")
    page.goto(f"{own_address}/alerts?lang={lang}")
    page.locator("[name=one]").first.check()
    page.screenshot(path=screens / f"desk-phone-{lang}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()


def test_without_javascript_many_are_still_moved(
    browser: Browser, witness: Witness, own_address: str
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    witness.watch(context)
    page: Page = sign_in(context.new_page(), own_address, "nhsa")
    page.goto(f"{own_address}/alerts?part=lead&state=dispatched")
    page.locator("[name=one]").first.check()
    page.locator("[data-bulk] select[name=act]").select_option("accept")
    page.locator("[data-bulk] button").click()
    expect(page.locator(".flash.good")).to_contain_text("1 条")
    context.close()
