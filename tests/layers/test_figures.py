"""The figures that the layers draw, from a region known by heart; unknown is never a number."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from layers.contract import layers
from layers.drawn import Drawn
from layers.elements import Paint
from layers.panel import Teller, area_panel, overview, shop_panel
from layers.scales import breaks
from layers.summary import Scale, summary
from tests.layers import region
from yaotong.errors import NotFound
from yaotong.reads.map import SPECIAL, MapData


def _said(data: MapData, layer_id: str, column: str, category: str = SPECIAL) -> dict[str, Any]:
    frame = layers()[layer_id].features(data, category).frame
    plain = [None if isinstance(one, float) and math.isnan(one) else one for one in frame[column]]
    return {one.partition(":")[2]: value for one, value in zip(frame["id"], plain, strict=True)}


def _by_area(data: MapData, layer_id: str, category: str = SPECIAL) -> dict[str, Any]:
    return _said(data, layer_id, "value", category)


def _classes(data: MapData, layer_id: str) -> dict[str, str]:
    return _said(data, layer_id, "class")


def test_rates_are_packs_per_1000_residents_and_unknown_where_nobody_reported(data: MapData) -> None:
    expected = {region.WEST: 75 / 40, region.EAST: 0.0, region.NORTH: None}
    assert _by_area(data, "rate") == expected
    assert _by_area(data, "rate", "PSY2")[region.WEST] == 10 / 40


def test_pressure_counts_all_departments_and_is_unknown_where_nobody_reported(data: MapData) -> None:
    assert _by_area(data, "pressure") == {region.WEST: 5.0, region.EAST: 10.0, region.NORTH: None}


def test_density_is_shops_per_10000_residents(data: MapData) -> None:
    assert _by_area(data, "density") == {region.WEST: 0.5, region.EAST: 0.5, region.NORTH: 1.0}


def test_twenty_events_are_enough_and_nineteen_are_few() -> None:
    from layers.features import few

    assert few([19, 20, math.nan]).tolist() == [True, False, False]


def test_a_shop_without_any_data_is_unknown_and_not_calm(data: MapData) -> None:
    assert _classes(data, "risk") == {"W1": "red", "W2": "none", "E1": "none", "N1": "unknown"}
    assert _classes(data, "silent") == {"W2": "silent"}
    assert _classes(data, "insurance") == {"W1": "yes", "W2": "no", "E1": "yes", "N1": "yes"}


def test_supply_tells_nothing_sold_from_never_reported(data: MapData) -> None:
    packs = _said(data, "supply", "value", "EPH")
    assert packs == {"W1": 60.0, "W2": 5.0, "E1": 0.0, "N1": None}


def test_a_filled_layer_must_have_a_word_for_unknown() -> None:
    with pytest.raises(ValueError, match="without data"):
        Paint("fill", "无", palette=("#000000",))


def test_the_overview_puts_areas_without_data_last_and_says_so(data: MapData) -> None:
    lines = overview(data)["areas"]
    assert [(one["name"], one["known"]) for one in lines] == [("西镇", True), ("东镇", True), ("北镇", False)]
    assert lines[-1]["rate"] is None
    assert [level for level, _ in overview(data)["levels_zh"]] == ["red", "orange", "yellow", "blue"]


def test_the_panel_of_an_area_names_own_alerts_and_counts_the_others(data: MapData) -> None:
    east = area_panel(data, region.EAST)
    assert east["alerts"] == []
    assert east["others"] == [{"level": "yellow", "level_zh": "黄色", "count": 1}]
    west = area_panel(data, region.WEST, Teller(lambda kind, key: f"/{kind}/{key}"))
    assert [one["href"] for one in west["alerts"]] == ["/alert/a-red"]
    assert [one["id"] for one in west["shops"]] == ["shop:W1", "shop:W2"]


def test_the_panel_of_a_shop_says_unknown_where_nothing_came(data: MapData) -> None:
    facts = dict(shop_panel(data, "N1")["facts"])
    assert facts["近 30 天特药"] == "无数据（未知）"
    assert dict(shop_panel(data, "E1")["facts"])["近 30 天特药"] == "0 盒"


@pytest.mark.parametrize(("read", "key"), [(shop_panel, "W9"), (area_panel, "330482009")])
def test_a_panel_of_nothing_is_not_found(data: MapData, read: Any, key: str) -> None:
    with pytest.raises(NotFound):
        read(data, key)


@given(st.lists(st.none() | st.floats(0, 1e6), max_size=40), st.integers(2, 7))
def test_limits_rise_are_few_and_leave_no_class_empty(values: list[float | None], classes: int) -> None:
    limits = breaks(values, classes)
    assert limits == sorted(set(limits))
    assert len(limits) < classes
    known = [value for value in values if value is not None and value > 0]
    counted = {sum(limit <= value for limit in limits) for value in known}
    assert counted == set(range(len(limits) + 1)) if limits else True
    assert all(math.isclose(limit, float(f"{limit:.2g}")) for limit in limits)


def test_no_filter_can_fade_a_shop_that_never_reported(data: MapData) -> None:
    assert _said(data, "risk", "faded", "PSY2") == {"W1": False, "W2": True, "E1": True, "N1": False}
    assert "faded" not in layers()["risk"].features(data, SPECIAL).frame


def test_class_limits_stay_those_of_the_reference_whatever_the_day(data: MapData) -> None:
    layer = layers()["rate"]
    paint, drawn = layer.draw(), layer.features(data, "EPH")
    told = summary(drawn, paint, Scale((0.5, 1.0), 9.0))
    assert (told["limits"], told["counts"]) == ([0.5, 1.0], [0, 0, 1])
    assert (told["nothing"], told["unknown"], told["largest"]) == (1, 1, 9.0)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"id": ["a", "a"], "name": "x", "lon": 0.0, "lat": 0.0}, "same id"),
        ({"id": ["a"], "lon": 0.0, "lat": 0.0}, "name"),
        ({"id": ["a"], "name": "x", "lon": 0.0}, "lat"),
    ],
)
def test_features_that_cannot_be_drawn_are_refused(columns: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Drawn(pd.DataFrame(columns))


def test_as_many_shapes_as_features() -> None:
    with pytest.raises(ValueError, match="as many shapes"):
        Drawn(pd.DataFrame({"id": ["a"], "name": ["x"]}), shapely.points([0.0, 1.0], [0.0, 1.0]))
