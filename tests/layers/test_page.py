"""The page's parts: our own assets, nonces, and no text of the data as markup."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from layers import bundle
from layers.assets import STATIC, served_from, text_of
from layers.contract import layers
from layers.page import CONFIG_ID, MapParts, dual_map, json_block
from layers.standalone import embedded, standalone_page, write_map
from tests.layers import region
from yaotong.errors import NotFound, UsageError
from yaotong.reads.map import MapData
from yaotong.workspace import Workspace

NONCE = "n0nce-of-this-answer"


class Seen(HTMLParser):
    """Every start tag of a page with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def of(self, name: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag == name]


@pytest.fixture(scope="module")
def parts(data: MapData) -> MapParts:
    return dual_map(data, asset=served_from("/static"), nonce=NONCE, source={"url": "/map/data", "query": ""})


def test_every_asset_is_ours_and_exists(parts: MapParts) -> None:
    seen = Seen(parts.head)
    addresses = [one["src"] for one in seen.of("script")] + [one["href"] for one in seen.of("link")]
    assert len(addresses) == 3
    for address in addresses:
        assert address is not None
        assert (STATIC / address.removeprefix("/static/")).is_file()


def test_the_head_holds_nothing_but_links(parts: MapParts) -> None:
    assert {tag for tag, _ in Seen(parts.head).tags} == {"script", "link"}


def test_inline_scripts_bear_the_nonce_and_nothing_is_styled_or_handled_inline(parts: MapParts) -> None:
    seen = Seen(parts.head + parts.body + parts.script)
    for attrs in seen.of("script"):
        assert attrs.get("src") or attrs.get("nonce") == NONCE or attrs.get("type") == "application/json"
    names = {name for _, attrs in seen.tags for name in attrs}
    assert "style" not in names
    assert not [name for name in names if name.startswith("on")]
    assert not seen.of("style")


def test_both_maps_follow_each_other_and_have_a_zoom_limit(parts: MapParts) -> None:
    assert "map_left.sync(map_right)" in parts.script
    assert "map_right.sync(map_left)" in parts.script
    assert parts.script.count('"maxZoom": 18') == 2
    assert parts.script.count('"attributionControl": false') == 2
    assert "tileLayer" not in parts.script


def test_every_layer_stands_on_its_sides(parts: MapParts) -> None:
    for one in layers().values():
        for side in one.about.sides:
            assert f"var layer_{side}_{one.layer_id} = L.layerGroup()" in parts.script


def test_hostile_names_stay_text_in_a_page_that_stands_alone(data: MapData) -> None:
    page = standalone_page(data)
    assert region.HOSTILE not in page
    assert "<img" not in re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)
    block = re.search(rf'<script type="application/json" id="{CONFIG_ID}">(.*?)</script>', page, re.DOTALL)
    assert block is not None
    content = json.loads(block[1])["source"]["embedded"]
    assert content["panel/shop/N1"]["title"] == region.HOSTILE


def test_a_page_that_stands_alone_names_no_address_to_fetch(data: MapData) -> None:
    seen = Seen(standalone_page(data))
    assert [attrs for attrs in seen.of("script") if "src" in attrs] == []
    assert seen.of("link") == []
    assert seen.of("img") == []


def test_a_page_that_stands_alone_holds_all_that_its_script_may_ask_for(data: MapData) -> None:
    names = set(embedded(data, layers()))
    assert {f"layer/{one}" for one in layers()} <= names
    assert {f"panel/shop/{one}" for one in region.SHOPS} <= names
    assert {"panel/overview", f"panel/area/{region.COUNTY}"} <= names


def test_a_file_names_no_departments_alerts_unless_asked(ws: Workspace, tmp_path: Path) -> None:
    write_map(ws, tmp_path / "map.html")
    text = (tmp_path / "map.html").read_text("utf-8")
    assert "a-red" not in text
    assert "a-yellow" not in text
    assert "R-M01" not in text
    assert '"yellow":1' in text  # the levels are all there


def test_a_file_of_one_area_holds_no_other(ws: Workspace, tmp_path: Path) -> None:
    write_map(ws, tmp_path / "map.html", area=region.EAST, as_of=region.AS_OF)
    text = (tmp_path / "map.html").read_text("utf-8")
    assert "东镇" in text
    assert "西镇" not in text


def test_a_file_that_cannot_be_written_is_said(ws: Workspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="不能写入"):
        write_map(ws, tmp_path / "nowhere" / "map.html")
    with pytest.raises(NotFound):
        write_map(ws, tmp_path / "map.html", area="999999")


@pytest.mark.parametrize("text", ["</script><b>", "<!--", "a\u2028b", "&lt;"])
def test_json_in_a_page_cannot_close_its_element(text: str) -> None:
    block = json_block("x", {"name": text})
    inner = block.removeprefix('<script type="application/json" id="x">').removesuffix("</script>")
    assert not set("<>&\u2028") & set(inner)
    assert json.loads(inner) == {"name": text}


def test_a_number_that_is_none_is_refused_rather_than_written_as_nan() -> None:
    with pytest.raises(ValueError, match="JSON"):
        json_block("x", float("nan"))


def test_modules_are_bundled_after_what_they_import_and_share_no_name() -> None:
    names = bundle.modules()
    assert names[-1] == "map/main.js"
    assert sorted(names) == sorted(f"map/{path.name}" for path in (STATIC / "map").glob("*.js"))
    tops = [
        top
        for name in names
        for top in re.findall(
            r"^(?:export )?(?:async )?(?:function|const|let|class) (\w+)", text_of(name), re.MULTILINE
        )
    ]
    assert len(tops) == len(set(tops))
    assert "import {" not in bundle.bundled()


def test_our_scripts_never_parse_markup() -> None:
    for path in (STATIC / "map").glob("*.js"):
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text("utf-8")
        )
