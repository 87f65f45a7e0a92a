"""The dual map as an officer uses it in the real app."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.browser.serving import PHONE, Witness, ready, view


@pytest.fixture
def page(desk: Page, address: str) -> Page:
    desk.goto(f"{address}/map")
    return ready(desk)


def _drag(page: Page, side: str, dx: float, dy: float) -> None:
    box = page.locator(f"#map_{side}").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 30, box["y"] + 30)
    page.mouse.down()
    page.mouse.move(box["x"] + 30 + dx, box["y"] + 30 + dy, steps=8)
    page.mouse.up()
    page.wait_for_timeout(500)  # a drag glides on for a moment


def test_both_maps_move_together(page: Page) -> None:
    for side, (dx, dy) in (("left", (80, 50)), ("right", (60, -40))):
        before = view(page, "left")
        _drag(page, side, dx, dy)
        assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)
        assert view(page, "left") != pytest.approx(before, abs=1e-6)
    for side in ("left", "right"):
        before = view(page, side)[2]
        page.locator(f"#map_{side} .leaflet-control-zoom-out").click()
        page.wait_for_timeout(500)
        assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)
        assert view(page, "left")[2] < before


def test_all_shops_stand_on_both_sides(page: Page) -> None:
    left, right = (
        page.evaluate(f"{name}.getLayers()[0].getLayers().length") for name in ("layer_left_outlets", "layer_right_risk")
    )
    assert left == right > 50


def test_a_shop_with_an_alert_leads_to_the_alert_and_to_its_page(page: Page, address: str, screens: Path) -> None:
    page.evaluate(
        """layer_right_risk.getLayers()[0].getLayers()
            .find((one) => ["red", "orange", "yellow", "blue"].includes(one.feature.properties.class)).fire("click")"""
    )
    panel = page.locator("#ym-panel")
    panel.locator(".ym-alert a").first.wait_for()
    assert page.locator("#map_left path.ym-chosen-shop").count() == 1
    page.screenshot(path=screens / "map-chosen-1440.png")
    for link in (panel.locator(".ym-alert a").first, panel.locator("h2 a")):
        target = link.get_attribute("href")
        assert target is not None
        assert page.request.get(address + target).ok


def test_the_page_says_its_day_and_version(page: Page) -> None:
    text = page.locator(".ym-fresh").inner_text()
    assert "数据版本" in text
    assert "统计 2026-" in text


def test_an_earlier_day_can_be_asked_for(page: Page, address: str) -> None:
    page.fill("input[name=as_of]", "2026-05-15")
    page.get_by_role("button", name="查看").click()
    ready(page)
    assert "2026-05-15" in page.locator(".ym-fresh").inner_text()
    assert "as_of=2026-05-15" in page.url


def test_a_day_that_is_none_is_said(page: Page, address: str) -> None:
    answer = page.request.get(f"{address}/map?as_of=tomorrow")
    assert answer.status == 400
    assert "日期" in answer.text()


def test_data_already_had_are_not_sent_again(page: Page, address: str) -> None:
    url = f"{address}/map/data/layer/pressure.json"
    first = page.request.get(url)
    again = page.request.get(url, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status) == (200, 304)
    assert again.body() == b""


def test_departments_see_their_own_alerts_only(browser: Browser, address: str) -> None:
    levels = {}
    for department in ("msa", "hc"):
        context = browser.new_context()
        page = sign_in(context.new_page(), address, department)
        features = page.request.get(f"{address}/map/data/layer/risk.json").json()["features"]
        levels[department] = {one["id"]: one["properties"]["class"] for one in features}
        context.close()
    assert levels["msa"].keys() == levels["hc"].keys()
    assert levels["msa"] != levels["hc"]


def test_nobody_sees_the_map_without_signing_in(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/map")
    assert "/login" in page.url
    assert not page.request.get(f"{address}/map/data/layer/risk.json").headers["content-type"].startswith("application/json")
    context.close()


def test_on_a_phone_a_choice_is_one_tap_from_its_details(browser: Browser, witness: Witness, address: str) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, locale="zh-CN")
    witness.watch(context)
    page = sign_in(context.new_page(), address, "msa")
    page.goto(f"{address}/map")
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.evaluate("layer_left_outlets.getLayers()[0].getLayers()[0].fire('click')")
    chip = page.locator(".ym-chip")
    chip.wait_for()
    chip.click()
    page.locator("#ym-panel h2").wait_for()
    page.wait_for_timeout(800)
    box = page.locator("#ym-panel").bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] / 2
    context.close()
