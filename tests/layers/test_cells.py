"""Hexagons of shops: how far a pharmacy is on foot, alerts per cell, hot spots. Both sides of each limit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo.distance import MEAN_EARTH_RADIUS_M, haversine_m
from geo.hexgrid import HexGrid
from layers.cells import grid_of, shop_cells
from layers.contract import layers
from layers.coverage import DETOUR, _classes, features
from layers.drawn import Drawn
from layers.hotspots import classes_of
from tests.layers import made
from yaotong.reads.map import MapData

WEST, EAST = "330482001", "330482002"
METRE_DEG = math.degrees(1 / MEAN_EARTH_RADIUS_M)
# A town of about 1.1 km each way in the middle of nowhere: cells of 50 m, each judged by its middle.
SMALL = (121.0, 30.7, 121.012, 30.71)
spots = st.lists(st.tuples(st.floats(121.0, 121.2), st.floats(30.6, 30.8)), max_size=12)


def _middles(drawn: Drawn) -> tuple[np.ndarray, np.ndarray]:
    middle = shapely.centroid(drawn.geometries())
    return shapely.get_x(middle), shapely.get_y(middle)


def _reach(data: MapData) -> tuple[np.ndarray, pd.Series]:
    """How far each cell's middle is from the first shop on foot, and its class."""
    drawn = features(data, "SPECIAL")
    shop = data.shops.iloc[0]
    return DETOUR * haversine_m(shop["lon"], shop["lat"], *_middles(drawn)), drawn.frame["class"]


@pytest.mark.parametrize(
    ("key", "above", "limit"), [("m500", 0, 500), ("m1000", 500, 1000), ("m1500", 1000, 1500)]
)
def test_a_cell_bears_the_smallest_limit_that_holds_it(key: str, above: float, limit: float) -> None:
    data = made.city([{"lon": 121.0, "lat": 30.7}], boxes={WEST: SMALL})
    walk_m, classes = _reach(data)
    assert grid_of(data) == HexGrid(50.0, 31) or grid_of(data).width_m <= 100
    at = walk_m[classes == key]
    assert above < at.max() <= limit + 0.1
    assert at.min() > above - 0.1
    assert (classes[(walk_m > above + 0.1) & (walk_m < limit - 0.1)] == key).all()


def test_beyond_the_last_limit_is_a_gap_only_where_no_shop_next_door_could_be_near() -> None:
    data = made.city([{"lon": 121.1, "lat": 30.7}])
    walk_m, classes = _reach(data)
    x, y = _middles(features(data, "SPECIAL"))
    edge_m = np.min(
        [
            haversine_m(x, y, 121.0, y), haversine_m(x, y, 121.2, y),
            haversine_m(x, y, x, 30.6), haversine_m(x, y, x, 30.8),
        ],
        axis=0,
    )  # fmt: skip
    far, reach_m = walk_m > 2600, 1500 / DETOUR
    assert (classes[far & (edge_m > reach_m + 20)] == "gap").all()
    assert (classes[far & (edge_m < reach_m - 400)] == "unknown").all()
    assert {"gap", "unknown", "m500"} <= set(classes)


def test_a_shop_that_is_closed_for_a_while_is_none_and_one_without_a_place_is_told_of() -> None:
    rows = [{"lon": None, "lat": None}, {"status": "suspended"}]
    drawn = features(made.city(rows), "SPECIAL")
    assert set(drawn.frame["class"]) == {"gap", "unknown"}
    assert "1 家没有坐标" in drawn.fine_zh
    assert "没有坐标" not in features(made.city([{}]), "SPECIAL").fine_zh


def test_without_a_register_nothing_is_called_a_gap() -> None:
    assert set(made.said(made.city([]), "coverage").values()) == {"unknown"}


def test_only_cells_of_the_areas_are_drawn_each_with_its_areas_name() -> None:
    boxes = {WEST: (121.0, 30.6, 121.1, 30.8), EAST: (121.15, 30.6, 121.2, 30.7)}
    drawn = features(made.city([{}], boxes=boxes), "SPECIAL")
    x, y = _middles(drawn)
    west = x <= 121.1
    east = (x >= 121.15) & (y <= 30.7)
    assert (west | east).all()
    assert set(drawn.frame["name"][west]) == {f"镇{WEST}"}
    assert set(drawn.frame["name"][east]) == {f"镇{EAST}"}


def test_a_wide_cell_is_judged_by_the_share_of_it_that_is_near() -> None:
    boxes = {WEST: (118.0, 28.0, 122.0, 32.0)}
    rows = [{"lon": 120.0, "lat": 30.0}]
    alone = made.said(made.city(rows, boxes=boxes), "coverage")
    assert set(alone.values()) <= {"part", "gap"}
    assert list(alone.values()).count("part") <= 1
    every = [{"lon": 120 + i * 0.01, "lat": 30 + j * 0.01} for i in range(-8, 9) for j in range(-8, 9)]
    assert "m1000" in set(made.said(made.city(every, boxes=boxes), "coverage").values())


@pytest.mark.parametrize(("far", "key"), [(1, "m500"), (2, "part")])
def test_half_of_a_cell_is_enough_and_less_is_not(far: int, key: str) -> None:
    lon = np.array([[121.1] + [121.15] * far])
    data = made.city([{}])
    assert _classes(data, lon, np.full(lon.shape, 30.7), np.ones(lon.shape, dtype=bool)).tolist() == [key]
    outside = np.array([[True] + [False] * far])
    assert _classes(data, lon, np.full(lon.shape, 30.7), outside).tolist() == ["m500"]


def _slow_coverage(places: list[tuple[float, float]], x: float, y: float, lon: list[float]) -> str:
    walk_m = min((DETOUR * haversine_m(x, y, *one) for one in places), default=math.inf)
    for limit in (500, 1000, 1500):
        if walk_m <= limit:
            return f"m{limit}"
    reach = math.degrees(1500 / DETOUR / MEAN_EARTH_RADIUS_M)
    around = [(x + reach * math.cos(t) / math.cos(math.radians(y)), y + reach * math.sin(t)) for t in lon]
    west, south, east, north = made.BOX
    inside = all(west <= a <= east and south <= b <= north for a, b in around)
    return "gap" if inside and places else "unknown"


@settings(max_examples=15)
@given(spots)
def test_coverage_is_what_a_look_at_every_shop_says(places: list[tuple[float, float]]) -> None:
    drawn = features(made.city([{"lon": x, "lat": y} for x, y in places]), "SPECIAL")
    grid = grid_of(made.city([]))
    assert grid is not None
    x, y = grid.centres(np.array([int(one.rpartition(":")[2]) for one in drawn.frame["id"]]))
    turns = [math.radians(45 * one) for one in range(8)]
    slow = [_slow_coverage(places, a, b, turns) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert sum(a != b for a, b in zip(slow, drawn.frame["class"], strict=True)) == 0


def _row(**told: Any) -> dict[str, Any]:
    return {"lon": 121.1, "lat": 30.7, **told}


def test_an_alert_counts_once_in_each_cell_that_has_a_shop_of_it() -> None:
    rows = [_row(), _row(lon=121.1001), _row(lon=121.15), _row(lon=None), _row(lon=121.18)]
    own = made.alerts([{"shops": ["S0", "S1", "S2", "S3"]}, {"shops": ["S1"]}, {"shops": ["S3"]}])
    drawn = layers()["hexagons"].features(made.city(rows, open_alerts=own), "SPECIAL")
    assert sorted(drawn.frame["value"]) == [0.0, 1.0, 2.0]
    assert "六边形格" in drawn.fine_zh
    assert "本部门" in drawn.fine_zh


@pytest.mark.parametrize(("reporting", "shown"), [(("never", "never"), None), (("never", "silent"), 0.0)])
def test_a_cell_where_no_shop_ever_reported_is_unknown(
    reporting: tuple[str, str], shown: float | None
) -> None:
    rows = [_row(reporting=one) for one in reporting]
    values = list(made.said(made.city(rows), "hexagons", "value").values())
    assert (values == [shown]) if shown is not None else math.isnan(values[0])


def test_an_alert_in_a_cell_is_shown_although_its_shop_never_reported() -> None:
    data = made.city([_row(reporting="never")], open_alerts=made.alerts([{"shops": ["S0"]}]))
    assert list(made.said(data, "hexagons", "value").values()) == [1.0]


def test_where_an_alert_may_not_be_told_by_shop_its_cells_are_not_calm() -> None:
    rows = [_row(), _row(lon=121.15, area_code=EAST)]
    hidden = [{"shops": [], "areas": [WEST], "subject_kind": "buyer"}]
    of_area = [{"shops": [], "areas": [WEST], "subject_kind": "area"}]
    for own, unknown in ((hidden, 1), (of_area, 0)):
        drawn = layers()["hexagons"].features(made.city(rows, open_alerts=made.alerts(own)), "SPECIAL")
        assert drawn.frame["value"].isna().sum() == unknown
        assert "另有 1 条不示药店" in drawn.fine_zh


def test_without_outlines_there_are_no_cells() -> None:
    data = made.city([_row()], boxes={})
    for layer_id in ("coverage", "hexagons", "hotspots"):
        assert layers()[layer_id].features(data, "SPECIAL").frame.empty


def test_cells_keep_their_ids_when_shops_come_and_go() -> None:
    few = made.said(made.city([_row()]), "hexagons", "value")
    more = made.said(made.city([_row(), _row(lon=121.01)]), "hexagons", "value")
    assert set(few) < set(more)


@given(spots)
def test_every_located_shop_is_in_one_cell(places: list[tuple[float, float]]) -> None:
    data = made.city([*({"lon": x, "lat": y} for x, y in places), {"lon": None}])
    found = shop_cells(data)
    assert found is not None
    assert found.sums([1] * len(data.shops)).sum() == len(places)
    assert found.of_rows(len(data.shops))[-1] == -1
    assert len(found.names(data)) == len(found.cells)


# A field of shops a kilometre apart: 18 by 20.
FIELD = [{"lon": 121.01 + 0.01 * i, "lat": 30.61 + 0.009 * j} for i in range(18) for j in range(20)]


def _field(hot: float, reporting: str = "current") -> MapData:
    rng = np.random.default_rng(5)
    packs = {f"S{i}": float(rng.integers(40, 60)) for i in range(len(FIELD))}
    near = [i for i, one in enumerate(FIELD) if haversine_m(one["lon"], one["lat"], 121.1, 30.7) < 1500]
    packs |= {f"S{i}": hot for i in near}
    rows = [{**one, "reporting": reporting if i in near else "current"} for i, one in enumerate(FIELD)]
    return made.city(rows, packs=packs)


@pytest.mark.parametrize(("packs", "key"), [(200.0, "hot99"), (0.0, "cold99")])
def test_a_place_of_many_or_few_packs_is_found_and_nothing_else(packs: float, key: str) -> None:
    classes = pd.Series(made.said(_field(packs), "hotspots", category="EPH"))
    assert (classes == key).sum() >= 3
    other = {"hot99": "cold", "cold99": "hot"}[key]
    assert not classes.str.startswith(other).any()
    assert (classes == "none").sum() > len(classes) / 2


def test_shops_that_fell_silent_are_unknown_and_no_cold_spot() -> None:
    classes = pd.Series(made.said(_field(0.0, "silent"), "hotspots", category="EPH"))
    assert not classes.str.startswith("cold").any()
    assert (classes == "unknown").sum() >= 3


@pytest.mark.parametrize(("cells", "expected"), [(29, "unknown"), (30, "none")])
def test_too_few_cells_are_not_tested(cells: int, expected: str) -> None:
    grid = HexGrid(1000.0, 31)
    some = grid.covering((121.0, 30.6, 121.2, 30.8))[:cells]
    assert classes_of(np.ones(cells), some)[1] == expected


def test_a_cell_with_one_neighbour_is_not_tested_and_one_with_two_is() -> None:
    grid = HexGrid(1000.0, 31)
    middle = [121.0 + 0.0105 * i for i in range(30)]
    line = grid.cells_at(middle, [30.7] * 30)
    line = np.unique(line)
    lon, lat = grid.centres(line)
    classes = classes_of(np.ones(len(line)), line)
    beside = [(haversine_m(lon[i], lat[i], lon, lat) < 1500).sum() - 1 for i in range(len(line))]
    assert [one == "unknown" for one in classes] == [one < 2 for one in beside]
    assert len(line) == 30
    assert {1, 2} <= set(beside)


def test_a_region_with_little_data_says_so() -> None:
    drawn = layers()["hotspots"].features(made.city([_row()]), "SPECIAL")
    assert set(drawn.frame["class"]) == {"unknown"}
    assert "不足 30 格" in drawn.fine_zh
