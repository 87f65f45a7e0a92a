"""Layers of alerts: links between shops and who leads. What a viewer may not read by name is never named."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.contract import layers
from layers.links import MOST_SHOPS
from tests.layers import made
from yaotong.reads.map import MapData

WEST, EAST = "330482001", "330482002"
BOXES = {WEST: (121.0, 30.6, 121.1, 30.8), EAST: (121.1, 30.6, 121.2, 30.8)}
SPREAD = [{"lon": 121.01 + 0.01 * i, "lat": 30.7 - 0.005 * i} for i in range(14)]
TRACE: dict[str, Any] = {"subject_kind": "trace_code", "subject": "81000000000000000001"}
BUYER: dict[str, Any] = {"subject_kind": "buyer", "subject": "k1:0123abcd"}


def _linked(rows: list[dict[str, Any]], shops: list[dict[str, Any]] | None = None, **more: Any) -> MapData:
    return made.city(SPREAD if shops is None else shops, open_alerts=made.alerts(rows, **more))


def test_a_line_joins_each_pair_of_an_alerts_shops_and_counts_the_alerts() -> None:
    data = _linked(
        [
            {**TRACE, "shops": ["S1", "S0"]},
            {**TRACE, "shops": ["S0", "S1"]},
            {**BUYER, "shops": ["S0", "S1", "S2"]},
        ]
    )
    assert made.said(data, "links", "weight") == {
        "link:trace:S0:S1": 2.0, "link:buyer:S0:S1": 1.0, "link:buyer:S0:S2": 1.0, "link:buyer:S1:S2": 1.0,
    }  # fmt: skip


def test_a_line_runs_from_shop_to_shop() -> None:
    drawn = layers()["links"].features(_linked([{**TRACE, "shops": ["S3", "S1"]}]), "SPECIAL")
    ends = shapely.get_coordinates(drawn.geometries()).tolist()
    assert ends == [[SPREAD[1]["lon"], SPREAD[1]["lat"]], [SPREAD[3]["lon"], SPREAD[3]["lat"]]]
    assert drawn.frame["name"].tolist() == ["追溯码两处：药店1 — 药店3"]


def test_neither_the_buyer_nor_the_code_is_told() -> None:
    drawn = layers()["links"].features(
        _linked([{**BUYER, "shops": ["S0", "S1"]}, {**TRACE, "shops": ["S0", "S1"]}]), "SPECIAL"
    )
    told = drawn.frame.to_json()
    assert BUYER["subject"] not in told
    assert TRACE["subject"] not in told
    assert "0123abcd" not in told


@pytest.mark.parametrize(
    "row",
    [
        {**BUYER, "shops": ["S0"]},
        {**BUYER, "shops": []},
        {"subject_kind": "pharmacy", "shops": ["S0", "S1"]},
        {**BUYER, "shops": ["S0", "S13"]},
    ],
)
def test_no_line_without_two_places_of_one_code_or_buyer(row: dict[str, Any]) -> None:
    drawn = layers()["links"].features(_linked([row], [*SPREAD[:13], {"lon": None}]), "SPECIAL")
    assert drawn.frame.empty
    assert drawn.kind == "shapes"


def test_two_shops_in_one_place_are_told_of_and_not_drawn() -> None:
    data = _linked([{**BUYER, "shops": ["S0", "S1"]}], [SPREAD[0], SPREAD[0]])
    drawn = layers()["links"].features(data, "SPECIAL")
    assert drawn.frame.empty
    assert "1 对在同一处" in drawn.fine_zh


def test_a_map_of_levels_only_has_no_links() -> None:
    drawn = layers()["links"].features(
        _linked([{**BUYER, "shops": ["S0", "S1"]}], levels_only=True), "SPECIAL"
    )
    assert drawn.frame.empty
    assert "不示串联" in drawn.fine_zh


@pytest.mark.parametrize(("shops", "lines"), [(MOST_SHOPS, 45), (MOST_SHOPS + 1, MOST_SHOPS)])
def test_many_shops_are_one_chain_from_west_to_east(shops: int, lines: int) -> None:
    named = [f"S{i}" for i in range(shops)]
    told = made.said(_linked([{**BUYER, "shops": named[::-1]}]), "links", "weight")
    assert len(told) == lines
    assert f"link:buyer:S{shops - 2}:S{shops - 1}" in told


@given(st.lists(st.tuples(st.booleans(), st.lists(st.integers(0, 8), max_size=5)), max_size=8))
def test_links_are_what_a_look_at_every_pair_says(rows: list[tuple[bool, list[int]]]) -> None:
    slow: dict[str, float] = {}
    for is_trace, shops in rows:
        for a, b in combinations(sorted(set(shops)), 2):
            key = f"link:{'trace' if is_trace else 'buyer'}:S{a}:S{b}"
            slow[key] = slow.get(key, 0.0) + 1.0
    told = [{**(TRACE if is_trace else BUYER), "shops": [f"S{i}" for i in shops]} for is_trace, shops in rows]
    assert made.said(_linked(told), "links", "weight") == slow


def _count(
    area_code: str, lead: str, alerts: int, is_own: bool = False, level: str = "red"
) -> dict[str, Any]:
    return {"area_code": area_code, "level": level, "lead": lead, "is_own": is_own, "alerts": alerts}


def _desks(own: list[dict[str, Any]], by_area: list[dict[str, Any]], levels_only: bool = False) -> MapData:
    rows = [{"lon": 121.05}, {"lon": 121.15, "area_code": EAST}, {"lon": None}]
    return made.city(rows, boxes=BOXES, open_alerts=made.alerts(own, by_area, levels_only))


def test_own_alerts_stand_at_their_shops_and_those_of_others_in_their_areas() -> None:
    own = [
        {"lead": "msa", "shops": ["S0", "S1"]},
        {"lead": "psb", "shops": ["S0"]},
        {"lead": "msa", "shops": ["S0", "S2"]},
    ]
    by_area = [_count(WEST, "msa", 3, True), _count(EAST, "nhsa", 1), _count(EAST, "nhsa", 2, level="blue")]
    data = _desks(own, by_area)
    assert made.said(data, "alert_desks") == {
        "shop:S0": "shop_several",
        "shop:S1": "shop_msa",
        "desk:330482002": "area_nhsa",
    }
    assert made.said(data, "alert_desks", "weight") == {"shop:S0": 3.0, "shop:S1": 1.0, "desk:330482002": 3.0}
    names = made.said(data, "alert_desks", "name")
    assert (names["shop:S0"], names["desk:330482002"]) == ("药店0：药监 2、公安 1", "镇330482002：医保 3")


def test_the_symbol_of_an_area_stands_inside_it() -> None:
    frame = layers()["alert_desks"].features(_desks([], [_count(EAST, "nhsa", 1)]), "SPECIAL").frame
    assert shapely.box(*BOXES[EAST]).contains(shapely.Point(frame["lon"][0], frame["lat"][0]))


def test_several_departments_of_an_area_are_one_symbol_that_tells_each() -> None:
    data = _desks([], [_count(WEST, "psb", 1), _count(WEST, "hc", 4)])
    assert made.said(data, "alert_desks") == {f"desk:{WEST}": "area_several"}
    assert made.said(data, "alert_desks", "name") == {f"desk:{WEST}": f"镇{WEST}：卫健 4、公安 1"}


def test_own_alerts_that_may_not_be_told_by_shop_are_counted_in_their_areas() -> None:
    own = [{"lead": "hc", "shops": [], "areas": [WEST, EAST]}]
    data = _desks(own, [_count(WEST, "hc", 1, True), _count(EAST, "hc", 1, True)])
    assert made.said(data, "alert_desks") == {f"desk:{WEST}": "area_hc", f"desk:{EAST}": "area_hc"}


def test_a_map_of_levels_only_counts_all_by_area_and_names_no_shop() -> None:
    data = _desks([{"lead": "msa", "shops": ["S0"]}], [_count(WEST, "msa", 1)], levels_only=True)
    assert made.said(data, "alert_desks") == {f"desk:{WEST}": "area_msa"}


def test_without_alerts_nothing_is_drawn() -> None:
    drawn = layers()["alert_desks"].features(_desks([], []), "SPECIAL")
    assert (drawn.frame.empty, drawn.kind) == (True, "points")


def test_an_area_that_is_not_on_the_map_has_no_symbol() -> None:
    assert made.said(_desks([], [_count("330482009", "msa", 1)]), "alert_desks") == {}


def test_the_store_tells_who_leads(data: MapData) -> None:
    assert made.said(data, "alert_desks") == {"shop:W1": "shop_msa", "desk:330482002": "area_nhsa"}
