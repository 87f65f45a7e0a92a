"""The map as one file, opened from the disk by a browser that has no network."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from layers.standalone import write_map
from tests.browser.serving import DESK, PHONE, Witness, click, colours_at, features, ready, spot, view
from tests.layers import region
from yaotong.viewer import Viewer


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("file")
    ws = region.build(folder / "home", {"W1": region.HOSTILE})
    write_map(ws, folder / "map.html", viewer=Viewer("m", "演示员", "msa", region.COUNTY))
    return folder / "map.html"


@pytest.fixture
def page(browser: Browser, witness: Witness, file: Path) -> Page:
    context = browser.new_context(viewport=DESK, offline=True)
    witness.watch(context)
    page = context.new_page()
    page.goto(file.as_uri())
    return ready(page)


def test_it_opens_without_a_network(page: Page, witness: Witness) -> None:
    assert [one for one in witness.requests if not one.startswith("file:")] == []
    for side in ("left", "right"):
        assert len(features(page, side, "borders")) == 4


def test_an_area_without_data_is_hatched_and_no_other_is(page: Page) -> None:
    """Around a place inside an area without its names and shops: one colour, or the two of the hatch."""
    found = {}
    for area in (region.WEST, region.EAST, region.NORTH):
        x, y = spot(page, "right", "names", f"area:{area}")
        found[area] = colours_at(page, "right", x + 40, y + 25, 8)
    assert len(found[region.WEST]) == len(found[region.EAST]) == 1
    assert len(found[region.NORTH]) > 4
    assert (0xF3, 0xF4, 0xF5, 255) in found[region.NORTH]


def test_a_hostile_name_is_shown_as_text(page: Page) -> None:
    click(page, "left", "outlets", "shop:W1")
    title = page.locator("#ym-panel h2", has_text="药房")
    title.wait_for()
    assert title.inner_text() == region.HOSTILE
    page.mouse.move(*spot(page, "right", "risk", "shop:W1"))
    tip = page.locator("#map_right .ym-tip")
    tip.wait_for()
    assert tip.inner_text() == region.HOSTILE
    page.get_by_role("button", name="表格").click()
    page.locator("#ym-table tbody tr").first.wait_for()
    assert (
        region.HOSTILE in page.locator("#ym-table").inner_text()
        or page.locator("#ym-table select option").count() > 1
    )
    assert page.locator("#ym-panel img, .leaflet-tooltip img, #ym-table img").count() == 0


@pytest.mark.parametrize(("side", "layer"), [("left", "outlets"), ("right", "risk")])
def test_a_shop_chosen_on_one_side_lights_up_on_both_with_its_area(page: Page, side: str, layer: str) -> None:
    click(page, side, layer, "shop:W2")
    page.locator("#ym-panel h2", has_text="W2").wait_for()
    for other in ("left", "right"):
        assert page.locator(f"#map_{other} path.ym-chosen-shop").count() == 1
        assert page.locator(f"#map_{other} path.ym-chosen-area").count() == 1
    assert page.locator("#ym-panel h2").inner_text() == "演示药店W2"
    assert "停报" in page.locator("#ym-panel").inner_text()


def test_an_area_chosen_on_the_left_shows_its_alerts_and_shops(page: Page) -> None:
    x, y = spot(page, "left", "names", f"area:{region.WEST}")
    page.mouse.click(x + 40, y + 25)
    page.locator("#ym-panel h2", has_text="西镇").wait_for()
    panel = page.locator("#ym-panel")
    assert panel.locator("h2").inner_text() == "西镇"
    assert panel.locator(".ym-alert.ym-red").count() == 1
    assert panel.locator(".ym-shops li").count() == 2
    assert page.locator("#map_right path.ym-chosen-area").count() == 1
    panel.locator(".ym-shops button").last.click()
    assert page.locator("#map_left path.ym-chosen-shop").count() == 1
    panel.locator(".ym-close").click()
    assert page.locator(".ym-chosen-area").count() == 0


def test_the_category_is_shared_and_unknown_stays_unknown(page: Page) -> None:
    page.locator(".ym-side[data-side=right] summary").click()
    page.get_by_label("特药每千人盒数").check()
    page.select_option("#ym-category", "PSY2")
    legend = page.locator(".ym-side[data-side=right] .ym-legend").inner_text()
    assert "第二类精神药品" in legend
    assert "无数据（未知，不等于低）" in legend
    page.wait_for_timeout(300)
    faded = {one: props["faded"] for one, props in features(page, "left", "outlets").items()}
    assert faded == {"shop:W1": False, "shop:W2": True, "shop:E1": True, "shop:N1": False}


def test_layers_are_switched_on_each_side_alone(page: Page) -> None:
    page.locator(".ym-side[data-side=left] summary").click()
    page.get_by_label("药店 · 按特药销量").check()
    assert page.evaluate(
        "[map_left.hasLayer(layer_left_supply), map_left.hasLayer(layer_left_outlets), map_right.hasLayer(layer_right_risk)]"
    ) == [True, False, True]


def test_both_maps_hold_the_same_view_however_they_are_moved(page: Page) -> None:
    start = view(page, "left")
    assert view(page, "right") == pytest.approx(start)
    for side, (dx, dy) in (("left", (90, 40)), ("right", (-60, 70))):
        before = view(page, "left")
        _drag(page, side, dx, dy)
        assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)
        assert view(page, "left") != pytest.approx(before, abs=1e-6)
    for side in ("left", "right"):
        before = view(page, "left")[2]
        page.locator(f"#map_{side} .leaflet-control-zoom-in").click()
        page.wait_for_timeout(500)
        assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)
        assert view(page, "right")[2] > before


def _drag(page: Page, side: str, dx: float, dy: float) -> None:
    box = page.locator(f"#map_{side}").bounding_box()
    assert box is not None
    x, y = box["x"] + 40, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + dx / 2, y + dy / 2, steps=4)
    page.mouse.move(x + dx, y + dy, steps=4)
    page.mouse.up()
    page.wait_for_timeout(500)  # a drag glides on for a moment


def test_the_address_brings_the_same_picture_back(page: Page) -> None:
    page.select_option("#ym-category", "EPH")
    page.locator(".ym-side[data-side=left] summary").click()
    page.get_by_label("药店 · 按医保定点").check()
    click(page, "right", "risk", "shop:W1")
    page.locator("#ym-panel .ym-alerts").wait_for()
    _drag(page, "right", 50, 30)
    before = view(page, "left")
    page.reload()
    ready(page)
    assert page.input_value("#ym-category") == "EPH"
    assert page.evaluate(
        "[map_left.hasLayer(layer_left_insurance), map_left.hasLayer(layer_left_outlets)]"
    ) == [True, False]
    assert page.locator("#map_left path.ym-chosen-shop").count() == 1
    assert view(page, "left") == pytest.approx(before, abs=1e-4)
    assert view(page, "right") == pytest.approx(before, abs=1e-4)


def test_a_choice_outside_the_view_is_brought_into_it_on_both_maps(page: Page) -> None:
    page.evaluate("map_right.setView([31.5, 122.0], 12, {animate: false, reset: true})")
    page.get_by_role("button", name="东镇").click()
    page.locator("#ym-panel .ym-shops").wait_for()
    for side in ("left", "right"):
        assert page.evaluate(f"map_{side}.getBounds().contains([30.7, 121.12])")
    assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)


def test_an_address_that_makes_no_sense_shows_the_usual_picture(page: Page, file: Path) -> None:
    page.goto("about:blank")
    page.goto(f"{file.as_uri()}#category=NONE&view=1,b,3")
    ready(page)
    assert page.input_value("#ym-category") == "SPECIAL"
    assert page.locator("#ym-panel h2").inner_text() == "各区域"


def test_on_a_phone_one_map_is_shown_and_a_switch_shows_the_other(page: Page) -> None:
    page.set_viewport_size(PHONE)
    sides = {side: page.locator(f".ym-side[data-side={side}]") for side in ("left", "right")}
    assert (sides["left"].is_visible(), sides["right"].is_visible()) == (True, False)
    page.locator("#ym-faces button[data-face=right]").click()
    assert (sides["left"].is_visible(), sides["right"].is_visible()) == (False, True)
    page.wait_for_timeout(600)
    assert len(features(page, "right", "risk")) == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_a_rectangle_tells_what_is_inside(page: Page) -> None:
    page.get_by_role("button", name="框选").click()
    west, east = spot(page, "left", "outlets", "shop:W1"), spot(page, "left", "outlets", "shop:W2")
    page.mouse.move(min(west[0], east[0]) - 15, min(west[1], east[1]) - 15)
    page.mouse.down()
    page.mouse.move(max(west[0], east[0]) + 15, max(west[1], east[1]) + 15, steps=5)
    page.mouse.up()
    page.locator("#ym-panel h2", has_text="框内 2 家药店").wait_for()
    for side in ("left", "right"):
        assert page.locator(f"#map_{side} path.ym-brush").count() == 1
    assert "box=" in page.url
    page.keyboard.press("Escape")
    page.locator("#ym-panel h2", has_text="各区域").wait_for()
    assert page.locator("path.ym-brush").count() == 0


def test_the_table_has_the_content_of_the_map(page: Page) -> None:
    page.get_by_role("button", name="表格").click()
    page.select_option("#ym-table select", label="风险 · 预警压力")
    rows = page.locator("#ym-table tbody tr")
    page.locator("#ym-table th", has_text="每十家药店未结预警").wait_for()
    told = {
        rows.nth(i).locator("th").inner_text(): rows.nth(i).locator("td").inner_text()
        for i in range(rows.count())
    }
    assert told == {"东镇": "10", "西镇": "5", "北镇": "无数据（未知，不等于低）"}


@pytest.mark.parametrize(("kind", "starts"), [("PNG", b"\x89PNG"), ("PDF", b"%PDF-1.4")])
def test_the_view_leaves_as_a_picture(page: Page, tmp_path: Path, kind: str, starts: bytes) -> None:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=kind).click()
    target = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(target)
    content = target.read_bytes()
    assert content.startswith(starts)
    assert len(content) > 50_000
    assert target.suffix == f".{kind.lower()}"
