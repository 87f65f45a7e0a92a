"""The dual map as an officer uses it in the real app."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import sign_in
from tests.browser.serving import PHONE, Witness, click, features, ready, spot, view


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
    left, right = features(page, "left", "outlets"), features(page, "right", "risk")
    assert left.keys() == right.keys()
    assert len(left) > 50


def _with_an_alert(page: Page) -> str:
    told = features(page, "right", "risk")
    return next(one for one, props in told.items() if props["class"] in ("red", "orange", "yellow", "blue"))


def test_a_shop_with_an_alert_leads_to_the_alert_and_to_its_page(
    page: Page, address: str, screens: Path
) -> None:
    click(page, "right", "risk", _with_an_alert(page))
    panel = page.locator("#ym-panel")
    panel.locator(".ym-alert a").first.wait_for()
    assert page.locator("#map_left path.ym-chosen-shop").count() == 1
    page.screenshot(path=screens / "map-chosen-1440.png")
    for link in (panel.locator(".ym-alert a").first, panel.locator("h2 a")):
        target = link.get_attribute("href")
        assert target is not None
        assert page.request.get(address + target).ok


def test_pointing_at_a_shop_rings_it_on_both_sides_and_names_it_on_one(page: Page) -> None:
    shop = next(iter(features(page, "left", "outlets")))
    page.mouse.move(*spot(page, "left", "outlets", shop))
    page.locator("#map_left .ym-tip").wait_for()
    assert (
        page.locator("#map_left path.ym-under").count()
        == page.locator("#map_right path.ym-under").count()
        == 1
    )
    assert page.locator("#map_right .ym-tip").count() == 0
    page.mouse.move(5, 5)
    page.locator("#map_left .ym-tip").wait_for(state="detached")


def test_the_page_says_its_day_and_version(page: Page) -> None:
    text = page.locator(".ym-fresh").inner_text()
    assert "数据版本" in text
    assert "统计截至 2026-" in text


def _choose_day(page: Page, day: str) -> None:
    """Move the slider to a day, as its own script reads it."""
    first = page.evaluate("JSON.parse(document.getElementById('ym-config').textContent).first")
    index = (date.fromisoformat(day) - date.fromisoformat(first)).days
    page.evaluate(
        """(index) => { const box = document.getElementById("ym-day"); box.value = index; box.dispatchEvent(new Event("input")); }""",
        index,
    )
    page.locator("#ym-fresh", has_text=day).wait_for()


def test_a_day_chosen_changes_both_sides_and_its_address_brings_it_back(page: Page, address: str) -> None:
    page.locator(".ym-side[data-side=right] summary").click()
    page.get_by_label("特药每千人盒数").check()
    page.wait_for_timeout(400)
    page.wait_for_load_state("networkidle")
    newest = features(page, "right", "rate")
    _choose_day(page, "2026-05-15")
    earlier = features(page, "right", "rate")
    assert earlier.keys() == newest.keys()
    assert earlier != newest
    assert "day=2026-05-15" in page.url
    asked = page.request.get(f"{address}/map/data/panel/overview.json?as_of=2026-05-15").json()
    assert {one["id"]: one["rate"] for one in asked["areas"]} == pytest.approx(
        {one: props["value"] for one, props in earlier.items()}
    )
    page.reload()
    ready(page)
    assert features(page, "right", "rate") == earlier
    assert page.locator("output.ym-day").inner_text() == "2026-05-15"


def test_playing_moves_both_sides_day_by_day_to_the_end(page: Page) -> None:
    _choose_day(page, "2026-06-10")
    page.select_option(".ym-time select", "7")
    page.locator(".ym-play").click()
    page.locator(".ym-play", has_text="暂停").wait_for()
    page.locator("#ym-fresh", has_text="2026-06-30").wait_for()
    page.locator(".ym-play", has_text="播放").wait_for()
    assert page.locator("output.ym-day").inner_text() == "2026-06-30"


def test_filters_are_shared_and_counted(page: Page) -> None:
    all_of_them = features(page, "right", "risk")
    page.locator("#ym-filters summary").click()
    page.get_by_label("单体药店").check()
    page.locator("#ym-filters summary", has_text="1").wait_for()
    page.wait_for_url("**kind=single**")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(800)
    left, right = features(page, "left", "outlets"), features(page, "right", "risk")
    assert left.keys() == right.keys()
    assert {one["class"] for one in left.values()} == {"single"}
    assert 0 < len(left) < len(all_of_them)
    assert "kind=single" in page.url
    page.get_by_role("button", name="清除筛选").click()
    page.wait_for_timeout(800)
    assert features(page, "right", "risk").keys() == all_of_them.keys()


def test_the_table_and_its_export(page: Page, tmp_path: Path) -> None:
    page.get_by_role("button", name="表格").click()
    page.select_option("#ym-table select", label="分布 · 药店 · 按类型")
    page.locator("#ym-table th", has_text="药店类型").wait_for()
    with page.expect_download() as waiting:
        page.locator("#ym-table a", has_text="导出").click()
    waiting.value.save_as(tmp_path / "table.csv")
    rows = (tmp_path / "table.csv").read_text("utf-8-sig").splitlines()
    assert rows[0].startswith("编号,名称,药店类型")
    assert len(rows) - 1 == len(features(page, "left", "outlets"))


def test_the_keyboard_moves_the_map_and_reaches_every_tool(page: Page) -> None:
    before = view(page, "left")
    page.locator("#map_left").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(600)
    assert view(page, "left")[1] > before[1]
    assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)
    for name in ("框选", "表格", "打印", "PNG", "PDF"):
        page.get_by_role("button", name=name, exact=True).focus()
        assert page.evaluate("document.activeElement.textContent") == name


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
        page.goto(f"{address}/map")
        levels[department] = {
            one: props["class"] for one, props in features(ready(page), "right", "risk").items()
        }
        context.close()
    assert levels["msa"].keys() == levels["hc"].keys()
    assert levels["msa"] != levels["hc"]


def test_nobody_sees_the_map_without_signing_in(browser: Browser, address: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{address}/map")
    assert "/login" in page.url
    assert (
        not page.request.get(f"{address}/map/data/layer/risk.json")
        .headers["content-type"]
        .startswith("application/json")
    )
    context.close()


def test_on_a_phone_a_choice_is_one_tap_from_its_details(
    browser: Browser, witness: Witness, address: str
) -> None:
    context = browser.new_context(viewport=PHONE, has_touch=True, locale="zh-CN")
    witness.watch(context)
    page = sign_in(context.new_page(), address, "msa")
    page.goto(f"{address}/map")
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    page.touchscreen.tap(*spot(page, "left", "outlets", next(iter(features(page, "left", "outlets")))))
    chip = page.locator(".ym-chip")
    chip.wait_for()
    chip.click()
    page.locator("#ym-panel h2").wait_for()
    page.wait_for_timeout(800)
    box = page.locator("#ym-panel").bounding_box()
    assert box is not None
    assert box["y"] < PHONE["height"] / 2
    context.close()


def _zoom_to(page: Page, zoom: float) -> None:
    page.evaluate(
        "(zoom) => map_left.setView(map_left.getCenter(), zoom, { animate: false, reset: true })", zoom
    )
    page.wait_for_function(
        "(zoom) => Math.round(zoom) === yaotongBoards.right._tileZoom && !yaotongBoards.right._loading",
        arg=zoom,
    )
    page.wait_for_timeout(400)


def test_towns_that_would_be_dots_are_their_county_with_its_own_figures(page: Page, screens: Path) -> None:
    towns, shops = features(page, "right", "pressure"), len(features(page, "left", "outlets"))
    _zoom_to(page, 5)
    county = features(page, "right", "pressure")
    assert list(county) == ["area:330482"]
    assert features(page, "left", "density").keys() == county.keys()
    assert page.locator("#map_right .ym-label").count() == 1
    legend = page.locator(".ym-side[data-side=right] .ym-legend").inner_text()
    assert f"按上级区域合计（1 个）；放大后分到 {len(towns)} 个区域" in legend
    page.screenshot(path=screens / "map-zoomed-out-1440.png")
    told = page.request.get(page.url.split("/map")[0] + "/map/data/panel/area/330482.json").json()
    facts = dict(told["facts"])
    assert int(facts["药店"].split()[0]) == pytest.approx(shops, abs=5)
    _zoom_to(page, 11)
    assert features(page, "right", "pressure") == towns
    assert "按上级区域合计" not in page.locator(".ym-side[data-side=right] .ym-legend").inner_text()


def test_a_tile_that_could_not_be_read_is_not_shown_as_nothing(browser: Browser, address: str) -> None:
    context = browser.new_context(locale="zh-CN")
    page = sign_in(context.new_page(), address, "msa")
    page.route("**/tiles/pressure/**", lambda route: route.fulfill(status=503))
    page.goto(f"{address}/map")
    page.wait_for_selector("html[data-map=partial]", state="attached")
    page.locator("#map_right .ym-caption", has_text="空白处不等于没有").wait_for()
    assert not page.locator("#map_left .ym-caption", has_text="空白处不等于没有").is_visible()
    page.unroute("**/tiles/pressure/**")
    _zoom_to(page, 12)
    assert not page.locator("#map_right .ym-caption", has_text="空白处不等于没有").is_visible()
    context.close()
