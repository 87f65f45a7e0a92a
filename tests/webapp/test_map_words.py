"""The map in English: every text of its script, layers, panels and filters is in the catalogue."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest

from layers.assets import STATIC, said_in_scripts
from layers.contract import layers
from layers.page import HEADINGS
from layers.panel import Teller, area_panel, inside_panel, overview, shop_panel
from layers.rows import as_table
from tests.layers import region
from webapp.i18n import catalogue
from webapp.map_words import english, in_english
from yaotong.reads.map import SPECIAL, MapData, read_map
from yaotong.reads.map_filters import options_of
from yaotong.viewer import Viewer

HAN = re.compile(r"[\u4e00-\u9fff]")
_COMMENT = re.compile(r"//.*$", re.MULTILINE)


def _texts(thing: Any) -> set[str]:
    if isinstance(thing, str):
        return {thing} if HAN.search(thing) else set()
    values = thing.values() if isinstance(thing, dict) else thing if isinstance(thing, list | tuple) else ()
    return set().union(*map(_texts, values))


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> MapData:
    ws = region.build(tmp_path_factory.mktemp("words") / "home")
    return read_map(ws, Viewer("m", "演示员", "msa", region.COUNTY))


def test_every_text_of_the_script_has_its_english() -> None:
    assert len(said_in_scripts()) > 40
    assert {one for one in said_in_scripts() if HAN.search(one)} - set(catalogue()) == set()


@pytest.mark.parametrize("path", sorted((STATIC / "map").glob("*.js")), ids=lambda path: path.name)
def test_no_script_holds_a_text_it_does_not_say(path: Path) -> None:
    code = _COMMENT.sub("", path.read_text("utf-8"))
    said = set(said_in_scripts())
    texts = {one for one in re.findall(r'"((?:[^"\\]|\\.)*)"', code) if HAN.search(one)}
    assert texts - said == set()
    assert HAN.findall(re.sub(r'"(?:[^"\\]|\\.)*"', "", code)) == []


@pytest.mark.parametrize("layer_id", list(layers()))
def test_every_text_of_a_layer_has_its_english(layer_id: str, data: MapData) -> None:
    layer = layers()[layer_id]
    texts = _texts([layer.about.title_zh, asdict(layer.draw()), layer.features(data, SPECIAL).fine_zh])
    assert {one for one in texts if HAN.search(in_english(one))} == set()


def test_parts_and_numbers_of_a_text_are_said_in_their_places() -> None:
    assert in_english("六边形格，对边相距 1.5 公里；只含派发给本部门的预警") == (
        "hexagons, 1.5 km across; only alerts dispatched to your department"
    )
    assert in_english("没有这样的话 3") == "没有这样的话 3"


def test_every_text_of_the_page_the_panels_and_the_filters_has_its_english(data: MapData) -> None:
    asked: set[str] = set()

    def say(text: str) -> str:
        asked.add(text)
        return text

    teller = Teller(say=say)
    overview(data, teller)
    inside_panel(data, (120.0, 30.0, 122.0, 31.0), teller)
    for shop in data.shops["license_no"]:
        shop_panel(data, shop, teller)
    for area in data.areas["area_code"]:
        area_panel(data, area, teller)
    for layer in layers().values():
        as_table(layer.features(data, SPECIAL), layer.draw(), say)
    asked |= _texts(HEADINGS) | {title for _, title, _ in options_of(data)}
    asked |= {name for key, _, options in options_of(data) for _, name in options if key != "chain"}
    assert len(asked) > 40
    assert {one for one in asked if HAN.search(one)} - {region.NOTE} - set(english()) == set()
    assert not any(HAN.search(one) for one in english().values())
