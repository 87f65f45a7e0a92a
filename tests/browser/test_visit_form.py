"""The form at the shop on a phone and a bad connection: nothing is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.acts.joint_city import MSA, PSB, led_alerts
from tests.browser.conftest import sign_in
from tests.browser.serving import PHONE, Witness, served
from tests.cases.samples import jpeg
from tests.cities import city, copy_of
from webapp.app import create_app
from yaotong import clock
from yaotong.acts.joint import move_case, propose_case
from yaotong.cases.model import CaseSaid
from yaotong.cases.states import CaseAct
from yaotong.store import joint_work
from yaotong.workspace import Workspace

SAID, WAITS = "[data-said]", "[data-pending] li"
Opener = Callable[..., Page]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[tuple[str, str, Workspace]]:
    """Address, number and workspace of a case that two departments agreed to."""
    own, now = copy_of(city("small"), tmp_path / "home"), clock.now()
    number = propose_case(own, led_alerts(own), ["psb"], actor=MSA, text="缘由", now=now)
    move_case(own, number, CaseAct.AGREE, actor=PSB, said=CaseSaid(), if_match=None, now=now)
    with served(create_app(own.settings.home)) as base:
        yield base, number, own


@pytest.fixture
def open_form(browser: Browser, place: tuple[str, str, Workspace]) -> Iterator[Opener]:
    """Opens the form on a phone. Its console may tell of a lost connection; its scripts must not fail."""
    base, number, _ = place
    opened: list[BrowserContext] = []
    faults: list[str] = []

    def make(**options: object) -> Page:
        context = browser.new_context(viewport=PHONE, locale="zh-CN", **options)  # type: ignore[arg-type]
        opened.append(context)
        page = context.new_page()
        page.set_default_timeout(30_000)
        page.on("pageerror", lambda error: faults.append(str(error)))
        sign_in(page, base, "msa")
        page.goto(f"{base}/cases/{number}/visit")
        return page

    yield make
    for one in opened:
        one.close()
    assert faults == []


def fill(page: Page, text: str = "台账缺页") -> None:
    page.fill("textarea[name=text]", text)
    page.locator("[name=drug]").first.fill("氨麻美敏片")
    page.locator("[name=counted]").first.fill("3")
    page.locator("[name=booked]").first.fill("12")
    page.set_input_files("[name=photos]", [{"name": "现场.jpg", "mimeType": "image/jpeg", "buffer": jpeg()}])


def visits(ws: Workspace, number: str) -> list[str]:
    with ws.store.read() as connection:
        return [one.text for one in joint_work.visits(connection, number)]


def test_what_is_filled_in_without_a_network_is_sent_when_it_comes_back(
    open_form: Opener, place: tuple[str, str, Workspace]
) -> None:
    _, number, ws = place
    page = open_form()
    fill(page)
    page.context.set_offline(True)
    page.click("button.big")
    expect(page.locator(WAITS)).to_contain_text("会自动再送")
    assert visits(ws, number) == []
    page.context.set_offline(False)
    expect(page.locator(SAID)).to_contain_text("已收到")
    expect(page.locator(WAITS)).to_have_count(0)
    assert visits(ws, number) == ["台账缺页"]
    with ws.store.read() as connection:
        assert [one.name for one in joint_work.papers(connection, number)] == ["现场.jpg"]


def test_an_answer_that_was_lost_on_the_way_does_not_count_the_form_twice(
    open_form: Opener, place: tuple[str, str, Workspace]
) -> None:
    _, number, ws = place
    page, lost = open_form(), []

    def lose_first(route: Route) -> None:
        if route.request.method != "POST" or lost:
            route.continue_()
            return
        route.fetch()
        lost.append(route.request.headers["idempotency-key"])
        route.abort("connectionreset")

    page.route("**/visit", lose_first)
    fill(page)
    page.click("button.big")
    expect(page.locator(WAITS)).to_contain_text("会自动再送")
    assert visits(ws, number) == ["台账缺页"]
    # It tries again by itself.
    expect(page.locator(SAID)).to_contain_text("已收到")
    assert visits(ws, number) == ["台账缺页"]
    assert len(lost) == 1


def test_a_form_that_was_begun_is_back_in_a_new_tab(
    open_form: Opener, place: tuple[str, str, Workspace]
) -> None:
    base, number, _ = place
    page = open_form()
    fill(page, "写到一半")
    page.wait_for_timeout(900)
    again = page.context.new_page()
    page.close()
    again.goto(f"{base}/cases/{number}/visit")
    expect(again.locator(SAID)).to_contain_text("没有填完")
    assert again.input_value("textarea[name=text]") == "写到一半"
    assert again.locator("[name=booked]").first.input_value() == "12"
    assert again.evaluate("document.querySelector('[name=photos]').files[0].name") == "现场.jpg"


def test_after_the_session_is_over_it_waits_for_the_same_person(
    open_form: Opener, place: tuple[str, str, Workspace]
) -> None:
    base, number, ws = place
    page = open_form()
    fill(page)
    page.context.clear_cookies()
    page.click("button.big")
    expect(page.locator(WAITS)).to_contain_text("登录已过期")
    # A colleague on the same phone neither sees nor sends it.
    sign_in(page, base, "psb")
    page.goto(f"{base}/cases/{number}/visit")
    page.wait_for_timeout(800)
    expect(page.locator(WAITS)).to_have_count(0)
    page.context.clear_cookies()
    sign_in(page, base, "msa")
    page.goto(f"{base}/cases/{number}/visit")
    expect(page.locator(SAID)).to_contain_text("已收到")
    with ws.store.read() as connection:
        assert [one.sent_by for one in joint_work.visits(connection, number)] == ["msa"]


def test_a_form_that_is_refused_tells_why_and_can_be_mended(
    open_form: Opener, place: tuple[str, str, Workspace]
) -> None:
    _, number, ws = place
    page = open_form()
    fill(page)
    page.fill("[name=visited_at]", "2020-01-01T10:00")
    page.click("button.big")
    expect(page.locator(WAITS)).to_contain_text("早于案件")
    page.get_by_role("button", name="取回修改").click()
    expect(page.locator("textarea[name=text]")).to_have_value("台账缺页")
    expect(page.locator(WAITS)).to_have_count(0)
    page.fill("[name=visited_at]", f"{clock.now():%Y-%m-%dT%H:%M}")
    page.click("button.big")
    expect(page.locator(SAID)).to_contain_text("已收到")
    assert visits(ws, number) == ["台账缺页"]


def test_without_a_script_the_form_works(open_form: Opener, place: tuple[str, str, Workspace]) -> None:
    _, number, ws = place
    page = open_form(java_script_enabled=False)
    fill(page)
    page.click("button.big")
    expect(page.locator(".flash.good")).to_be_visible()
    assert page.url.endswith(f"/cases/{number}#visits")
    assert visits(ws, number) == ["台账缺页"]


def test_it_fits_a_phone_and_asks_for_the_place_only_when_told_to(
    browser: Browser, witness: Witness, place: tuple[str, str, Workspace], screens: Path
) -> None:
    base, number, _ = place
    spot = {"latitude": 30.7, "longitude": 121.02}
    context = browser.new_context(
        viewport=PHONE, locale="zh-CN", geolocation=spot, permissions=["geolocation"]
    )
    witness.watch(context)
    page = sign_in(context.new_page(), base, "msa")
    page.goto(f"{base}/cases/{number}/visit")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert page.input_value("[name=lon]") == ""
    page.click("[data-locate]")
    expect(page.locator("[name=lon]")).to_have_value("121.020000")
    page.click("[data-more]")
    assert page.locator("[name=drug]").count() == 7
    for box in page.locator("form[data-visit] :is(button, select, input:not([type=hidden]))").all():
        size = box.bounding_box()
        assert size is not None
        assert size["height"] >= 44, box.evaluate("one => one.outerHTML")
    page.screenshot(path=screens / "visit-phone.png", full_page=True)
    page.goto(f"{base}/cases/{number}")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    context.close()
