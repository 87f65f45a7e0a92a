"""Base maps as an officer sees them: by way of our server only, our points moved onto theirs, credits readable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from geo.crs import Crs, from_wgs84
from tests.browser.conftest import sign_in
from tests.browser.serving import DESK, Witness, ready, served, view
from tests.tileserver import GREEN, Owner, owner

REVIEW = "GS(2026)0001号"
KEY = "k3y-of-nobody"


def tables(address: str) -> str:
    """Settings of four base maps of one owner."""
    one = (
        '[[basemap]]\nid = "{id}"\ntitle = "{title}"\nkind = "xyz"\ncrs = "{crs}"\nattribution = "<b>示意测绘院</b>"\n'
        'review_no = "{review}"\nurl = "{address}/{way}/{{z}}/{{x}}/{{y}}.png?tk={{key}}"\nkey_file = "keys/map.key"\nallow_private = true\n'
    )
    told = [
        ("plain", "测试底图", "cgcs2000", "good"),
        ("shifted", "偏移底图", "gcj02", "good"),
        ("broken", "坏底图", "wgs84", "fail"),
    ]
    xyz = "".join(
        one.format(id=base, title=title, crs=crs, way=way, review=REVIEW, address=address)
        for base, title, crs, way in told
    )
    return "\n" + xyz + '[[basemap]]\nid = "areas"\ntitle = "辖区底图"\nkind = "areas"\n'


@pytest.fixture(scope="module")
def theirs() -> Iterator[Owner]:
    with owner() as running:
        yield running


@pytest.fixture(scope="module")
def based(theirs: Owner, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    from tests.cities import city, copy_of
    from webapp.app import create_app

    home = copy_of(city("small"), tmp_path_factory.mktemp("based") / "home").settings.home
    with (home / "settings.toml").open("a", encoding="utf-8") as file:
        file.write(tables(theirs.address))
    (home / "keys" / "map.key").write_text(KEY)
    (home / "keys" / "map.key").chmod(0o600)
    with served(create_app(home)) as base:
        yield base


@contextmanager
def _map(browser: Browser, witness: Witness, address: str, tail: str = "") -> Iterator[Page]:
    context = browser.new_context(viewport=DESK, locale="zh-CN", accept_downloads=True)
    witness.watch(context)
    page = sign_in(context.new_page(), address, "msa")
    page.goto(f"{address}/map{tail}")
    yield ready(page)
    context.close()


@pytest.fixture
def page(browser: Browser, witness: Witness, based: str) -> Iterator[Page]:
    with _map(browser, witness, based) as opened:
        yield opened


def _choose(page: Page, title: str) -> None:
    """Choose a base map and wait until the page has drawn itself over it and says so in its address."""
    page.select_option("#ym-base", label=title)
    chosen = page.locator("#ym-base").input_value()
    page.wait_for_function(
        "(id) => (new URLSearchParams(location.hash.slice(1)).get('base') || '') === id", arg=chosen
    )
    _settle(page)


def _settle(page: Page) -> None:
    page.wait_for_function(
        "() => Object.values(yaotongBoards).every((one) => one._tileZoom === Math.round(one._map.getZoom()) && Object.values(one._tiles).every((tile) => tile.el.ymLoaded))"
    )
    page.wait_for_load_state("networkidle")


def _places(page: Page, layer: str = "outlets") -> dict[str, tuple[float, float]]:
    """(lon, lat) of every shop that the tiles on the left draw singly."""
    told = page.evaluate(
        "(layer) => yaotongBoards.left.features(layer).filter((one) => !(one.props.n > 1)).map((one) => [one.id, [one.place.lng, one.place.lat]])",
        layer,
    )
    return {one: (lon, lat) for one, (lon, lat) in told}


def _look(page: Page, lat: float, lon: float, zoom: float) -> None:
    page.evaluate(
        "([lat, lon, zoom]) => map_left.setView([lat, lon], zoom, { animate: false, reset: true })",
        [lat, lon, zoom],
    )
    _settle(page)


def test_without_settings_there_is_no_choice(desk: Page, address: str) -> None:
    desk.goto(f"{address}/map")
    assert ready(desk).locator("#ym-base").count() == 0
    assert desk.locator("img.leaflet-tile").count() == 0


def test_a_base_map_lies_under_both_sides_and_only_our_server_is_asked(
    page: Page, witness: Witness, theirs: Owner, based: str, screens: Path
) -> None:
    assert page.locator("img.leaflet-tile").count() == 0  # none is the default
    _choose(page, "测试底图")
    for side in ("left", "right"):
        page.locator(f"#map_{side} img.leaflet-tile-loaded").first.wait_for()
        under = page.evaluate(
            f"[...document.querySelectorAll('#map_{side} .leaflet-tile-pane .leaflet-layer')].map((one) => [one.style.zIndex, Boolean(one.querySelector('img'))])"
        )
        assert sorted(under)[0] == ["0", True]
    assert theirs.paths
    assert {url.split("/")[2] for url in witness.requests if url.startswith("http")} == {
        based.removeprefix("http://")
    }
    assert not any(KEY in url for url in witness.requests)
    assert KEY not in page.content()
    assert "base=plain" in page.url
    page.wait_for_timeout(500)
    page.screenshot(path=screens / "map-base-1440.png")
    page.reload()
    ready(page)
    page.locator("#map_left img.leaflet-tile-loaded").first.wait_for()
    assert page.locator("#ym-base").input_value() == "plain"


def test_whose_picture_it_is_stands_at_the_lower_edge_as_text(page: Page) -> None:
    _choose(page, "测试底图")
    for side in ("left", "right"):
        credit = page.locator(f"#map_{side} .ym-credit")
        assert credit.inner_text() == f"<b>示意测绘院</b> · 审图号：{REVIEW}"
        box, frame = credit.bounding_box(), page.locator(f"#map_{side}").bounding_box()
        assert box is not None
        assert frame is not None
        assert frame["y"] + frame["height"] - (box["y"] + box["height"]) < 12
    page.emulate_media(media="print")
    assert page.locator("#map_left .ym-credit").is_visible()
    page.emulate_media(media="screen")
    _choose(page, "无底图")
    assert not page.locator("#map_left .ym-credit").is_visible()
    assert "base=" not in page.url


def test_points_and_areas_move_onto_a_shifted_map_by_the_known_offset(page: Page) -> None:
    lat, lon, _ = view(page, "left")
    _look(page, lat, lon, 15)
    before = _places(page)
    assert before
    _choose(page, "偏移底图")
    after = _places(page)
    both = sorted(before.keys() & after.keys())
    assert both
    there = np.array([after[one] for one in both])
    expected = np.column_stack(from_wgs84(*np.array([before[one] for one in both]).T, Crs.GCJ02))
    assert np.abs(there - expected).max() < 6e-6  # a step of a tile at this zoom, some 0.5 m
    shift = (there - np.array([before[one] for one in both])).mean(axis=0)
    assert shift[0] > 0.003  # some 450 m to the east
    # The ground in sight is the same, so the view moved along.
    assert view(page, "left")[1] - lon == pytest.approx(shift[0], abs=2e-4)
    assert view(page, "left") == pytest.approx(view(page, "right"), abs=1e-9)


def test_a_chosen_shop_is_ringed_where_it_is_drawn(page: Page) -> None:
    _choose(page, "偏移底图")
    lat, lon, _ = view(page, "left")
    _look(page, lat, lon, 13)
    shop, (east, north) = next(iter(_places(page).items()))
    _look(page, north, east, 15)
    place = _places(page)[shop]
    x, y = page.evaluate(
        "([lon, lat]) => { const at = map_left.latLngToContainerPoint([lat, lon]); const box = map_left.getContainer().getBoundingClientRect(); return [box.left + at.x, box.top + at.y]; }",
        list(place),
    )
    page.mouse.click(x, y)
    ring = page.locator("#map_left path.ym-chosen-shop")
    ring.wait_for()
    box = ring.bounding_box()
    assert box is not None
    assert (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2) == pytest.approx((x, y), abs=2)
    assert shop.partition(":")[2] in unquote(page.url)


def test_a_rectangle_holds_the_shops_that_are_drawn_in_it(page: Page, based: str) -> None:
    _choose(page, "偏移底图")
    lat, lon, _ = view(page, "left")
    _look(page, lat, lon, 15)
    places = _places(page)
    west, south = (min(one[i] for one in places.values()) for i in (0, 1))
    box = f"{west - 1e-5:.6f},{south - 1e-5:.6f},{lon:.6f},{lat:.6f}"
    inside = {one for one, (x, y) in places.items() if x <= lon and y <= lat}
    told = page.request.get(f"{based}/map/data/panel/inside.json?crs=gcj02&box={box}").json()
    plain = page.request.get(f"{based}/map/data/panel/inside.json?box={box}").json()
    assert {one["id"] for one in told["shops"]} == inside
    assert {one["id"] for one in plain["shops"]} != inside


def test_the_picture_holds_the_base_map_and_whose_it_is(page: Page, tmp_path: Path) -> None:
    _choose(page, "测试底图")
    page.locator("#map_left img.leaflet-tile-loaded").first.wait_for()
    page.wait_for_timeout(500)
    written = page.evaluate(
        """() => {
            const real = CanvasRenderingContext2D.prototype.fillText;
            window.written = [];
            CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) { window.written.push(text); return real.call(this, text, ...rest); };
        }"""
    )
    assert written is None
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG").click()
    waiting.value.save_as(tmp_path / "map.png")
    assert REVIEW in "".join(page.evaluate("window.written"))
    assert "示意测绘院" in "".join(page.evaluate("window.written"))
    greens = page.evaluate(
        """async ([bytes, [red, green, blue]]) => {
            const image = await createImageBitmap(new Blob([new Uint8Array(bytes)]));
            const canvas = new OffscreenCanvas(image.width, image.height);
            const ctx = canvas.getContext("2d");
            ctx.drawImage(image, 0, 0);
            const found = ctx.getImageData(0, 0, image.width, image.height).data;
            let count = 0;
            for (let i = 0; i < found.length; i += 4) if (found[i] === red && found[i + 1] === green && found[i + 2] === blue) count += 1;
            return count;
        }""",
        [list((tmp_path / "map.png").read_bytes()), list(GREEN)],
    )
    assert greens > 1000


def test_a_base_map_that_cannot_be_had_is_said_and_the_map_goes_on(browser: Browser, based: str) -> None:
    careless = Witness()  # a failed picture is a complaint of the console
    with _map(browser, careless, based) as page:
        _choose(page, "坏底图")
        note = page.locator("#map_left .ym-base-note")
        note.wait_for()
        assert note.inner_text() == "底图暂时不可用"
        assert len(_places(page)) > 0
        _choose(page, "测试底图")
        page.locator("#map_left img.leaflet-tile-loaded").first.wait_for()
        assert not note.is_visible()
    assert all("502" in one for one in careless.complaints)
    assert careless.foreign == []


def test_our_areas_as_a_base_map_and_no_base_map_look_well(page: Page, screens: Path) -> None:
    page.screenshot(path=screens / "map-base-none-1440.png")
    _choose(page, "辖区底图")
    page.wait_for_timeout(800)
    assert page.locator("#map_left .leaflet-layer").count() == 2
    for side in ("left", "right"):
        page.locator(f".ym-side[data-side={side}] summary").click()
        page.locator(f".ym-side[data-side={side}]").get_by_label("区域边界与名称").uncheck()
        page.locator(f".ym-side[data-side={side}] summary").click()
    page.wait_for_timeout(800)
    page.screenshot(path=screens / "map-base-areas-1440.png")
    land = page.evaluate(
        """() => [...document.querySelectorAll("#map_left .leaflet-layer")].filter((one) => one.style.zIndex === "0")
            .flatMap((one) => [...one.querySelectorAll("canvas")])
            .some((one) => { const bytes = one.getContext("2d").getImageData(0, 0, one.width, one.height).data; for (let i = 0; i < bytes.length; i += 4) if (bytes[i] === 250 && bytes[i + 1] === 249 && bytes[i + 2] === 245 && bytes[i + 3] === 255) return true; return false; })"""
    )
    assert land
