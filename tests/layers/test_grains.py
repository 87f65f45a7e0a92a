"""Areas taken together where they would be dots: counted anew, nothing lost, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from sqlalchemy import update

from layers.contract import layers
from layers.grains import LEAST_PX, from_zoom, grain_at, grains_of
from layers.standalone import embedded
from layers.summary import Scale, summary, told_at
from tests.layers import region
from tests.layers.conftest import viewer
from yaotong.reads.map import MapDays, read_days
from yaotong.reads.map_grains import coarser
from yaotong.store.schema import area
from yaotong.workspace import Workspace


@pytest.fixture(scope="module")
def days(ws: Workspace) -> MapDays:
    return read_days(ws, viewer("msa"))


@pytest.fixture(scope="module")
def county(days: MapDays) -> MapDays:
    found = coarser(days)
    assert found is not None
    return found


def test_a_county_has_the_shops_and_people_of_its_towns(county: MapDays) -> None:
    only = county.on(region.AS_OF).areas
    assert only["area_code"].tolist() == [region.COUNTY]
    told = only.iloc[0]
    assert (told["shops"], told["shops_reporting"], told["population"], told["is_leaf"]) == (
        4,
        3,
        70_000,
        True,
    )
    assert coarser(county) is None


def test_the_finer_days_are_as_they_were(days: MapDays, county: MapDays) -> None:
    fine = days.on(region.AS_OF)
    assert fine.leaves["shops"].sum() == 4
    assert set(fine.shops["area_code"]) == {region.WEST, region.EAST, region.NORTH}
    assert set(county.on(region.AS_OF).shops["area_code"]) == {region.COUNTY}


def test_an_alert_of_two_towns_is_one_alert_of_their_county(tmp_path: Path) -> None:
    ws = region.build(tmp_path / "home")
    with ws.store.write() as connection:
        region.add_alert(connection, "a-both", "R-M01", "orange", ["W1", "E1"], None, {"msa": "lead"})
    fine = read_days(ws, viewer("msa"))
    one = coarser(fine)
    assert one is not None
    assert fine.on(region.AS_OF).leaves["orange"].sum() == 2
    assert one.on(region.AS_OF).areas["orange"].tolist() == [1]
    own = one.on(region.AS_OF).alerts.of_area(region.COUNTY)
    assert set(own["alert_id"]) == {"a-both", "a-red"}
    assert one.on(region.AS_OF).alerts.others(region.COUNTY) == {"yellow": 1}


@pytest.mark.parametrize(("own", "expected"), [(70_000, 70_000.0), (None, None)])
def test_where_a_towns_people_are_unknown_the_countys_own_figure_stands(
    tmp_path: Path, own: int | None, expected: float | None
) -> None:
    ws = region.build(tmp_path / "home")
    with ws.store.write() as connection:
        connection.execute(update(area).where(area.c.area_code == region.WEST).values(population=None))
        connection.execute(update(area).where(area.c.area_code == region.COUNTY).values(population=own))
    one = coarser(read_days(ws, viewer("msa")))
    assert one is not None
    told = one.on(region.AS_OF).areas["population"].iloc[0]
    assert np.isnan(told) if expected is None else told == expected


def test_an_area_only_partly_divided_waits_for_its_parts(days: MapDays) -> None:
    """The county has a town and, say, a district with two parts: first the district comes together."""
    areas = days.seen.areas.copy()
    part = areas[areas["area_code"] == region.WEST].assign(
        area_code="x", area_name="分区", parent_code=region.EAST
    )
    areas["is_leaf"] = ~areas["area_code"].isin([region.COUNTY, region.EAST])
    mixed = gpd.GeoDataFrame(pd.concat([areas, part], ignore_index=True), crs=areas.crs)
    seen = replace(days.seen, areas=mixed)
    step = coarser(replace(days, seen=seen))
    assert step is not None
    leaves = step.seen.areas.set_index("area_code")["is_leaf"].to_dict()
    assert leaves == {region.COUNTY: False, region.WEST: True, region.EAST: True, region.NORTH: True}


def test_a_county_without_an_outline_takes_nothing_in(days: MapDays) -> None:
    areas = days.seen.areas.copy()
    areas.loc[areas["area_code"] == region.COUNTY, "geometry"] = None
    assert coarser(replace(days, seen=replace(days.seen, areas=areas))) is None


def test_who_sees_one_town_sees_that_town_at_every_zoom(ws: Workspace) -> None:
    assert len(grains_of(read_days(ws, viewer("msa", region.WEST)))) == 1


@pytest.mark.parametrize("side_deg", [0.01, 0.25, 3.0])
def test_areas_are_shown_from_the_zoom_at_which_they_are_wide_enough(side_deg: float) -> None:
    zoom = from_zoom(np.array([shapely.box(121, 0, 121 + side_deg, side_deg)]))
    px = side_deg / 360.0 * 512.0
    assert px * 2.0**zoom >= LEAST_PX * 0.99
    assert zoom == 0 or px * 2.0 ** (zoom - 1) < LEAST_PX


def test_no_area_at_all_is_shown_at_every_zoom() -> None:
    assert from_zoom(np.array([], dtype=object)) == 0


def test_every_zoom_has_the_finest_areas_that_can_be_seen(days: MapDays) -> None:
    grains = grains_of(days)
    assert [len(one.days.seen.areas) for one in grains] == [4, 1]
    assert grains[0].from_zoom > grains[1].from_zoom
    assert [grain_at(grains, z) for z in (0, grains[0].from_zoom - 1, grains[0].from_zoom, 22)] == [
        1,
        1,
        0,
        0,
    ]


def test_the_legend_tells_of_both(days: MapDays, county: MapDays) -> None:
    layer = layers()["density"]
    paint, scale = layer.draw(), Scale((1.0,), 2.0)
    fine, coarse = (layer.features(one.on(region.AS_OF), "SPECIAL") for one in (days, county))
    told = told_at(fine, paint, scale, [(6, coarse)])
    assert told["features"] == 3
    assert told["merged"] == [{"below": 6, **summary(coarse, paint, scale)}]
    assert told["merged"][0]["features"] == 1


def test_a_page_that_stands_alone_holds_both_and_the_figures_of_the_county(
    days: MapDays, county: MapDays
) -> None:
    content = embedded(days.on(region.AS_OF), layers(), [(6, county.on(region.AS_OF))])
    ids = {
        name: {one["id"] for one in content[name]["features"]}
        for name in ("layer/density", "layer/density/1")
    }
    assert ids["layer/density/1"] == {f"area:{region.COUNTY}"}
    assert len(ids["layer/density"]) == 3
    assert "layer/outlets/1" not in content
    assert ["药店", "4 家"] in content[f"panel/area/{region.COUNTY}"]["facts"]
    assert content["summary/pressure/SPECIAL"]["merged"][0]["below"] == 6
