"""Repair: what was wrong is said, what changed is measured, nothing is lost in silence."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geo import Repairs, area_m2, assign, repair

SOUND = shapely.box(121.0, 30.6, 121.1, 30.7)
BOW_TIE = shapely.Polygon([(121.0, 30.6), (121.1, 30.7), (121.1, 30.6), (121.0, 30.7)])
OVERLAPPING = shapely.MultiPolygon([SOUND, shapely.box(121.05, 30.6, 121.15, 30.7)])
SPIKE = shapely.Polygon(
    [(121, 30.6), (121.1, 30.6), (121.2, 30.6), (121.1, 30.6), (121.1, 30.7), (121, 30.7)]
)
FLAT = shapely.Polygon([(121.0, 30.6), (121.1, 30.6), (121.05, 30.6)])


def frame(*shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"area_code": [f"a{n}" for n in range(len(shapes))], "n": 1}, geometry=list(shapes)
    )


def test_sound_areas_stay_untouched():
    areas = frame(SOUND, shapely.MultiPolygon([SOUND]))
    mended, repairs = repair(areas)
    assert repairs == Repairs()
    assert not repairs
    assert mended.equals(areas)
    assert mended is not areas


def test_bow_tie_keeps_both_halves_and_says_so():
    mended, repairs = repair(frame(SOUND, BOW_TIE))
    (fixed,) = repairs.fixed
    assert (fixed.area_code, repairs.lost) == ("a1", ())
    assert fixed.reason.startswith("Self-intersection[121.05 30.65")
    assert mended.geometry.is_valid.all()
    assert fixed.after_m2 == pytest.approx(area_m2(SOUND) / 2, rel=1e-3)
    assert fixed.change_m2 == fixed.after_m2 - fixed.before_m2
    assert mended.geometry[0].equals(SOUND)


def test_overlapping_parts_stay_covered():
    mended, repairs = repair(frame(OVERLAPPING))
    assert mended.geometry[0].geom_type == "MultiPolygon"
    assert assign(([121.07], [30.65]), mended).place.tolist() == ["inside"]
    assert repairs.fixed[0].change_m2 == pytest.approx(-area_m2(SOUND) / 2, rel=1e-3)


def test_left_over_lines_are_dropped():
    mended, repairs = repair(frame(SPIKE))
    assert mended.geometry[0].geom_type == "Polygon"
    assert mended.geometry[0].equals(SOUND)
    assert repairs.fixed[0].change_m2 == pytest.approx(0, abs=1)


@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (None, "no geometry"),
        (shapely.Polygon(), "empty geometry"),
        (FLAT, "Self-intersection"),
        (shapely.LineString([(121, 30), (122, 31)]), "not a polygon: LineString"),
        (shapely.Point(121, 30), "not a polygon: Point"),
    ],
)
def test_what_cannot_be_repaired_is_named_and_covers_nothing(shape, reason):
    mended, repairs = repair(frame(SOUND, shape))
    (lost,) = repairs.lost
    assert repairs.fixed == ()
    assert lost.area_code == "a1"
    assert reason in lost.reason or "Too few points" in lost.reason
    assert mended.geometry[1].is_empty
    assert assign(([121.05], [30.65]), mended).area_code.tolist() == ["a0"]


def test_a_collection_gives_its_polygons():
    mended, repairs = repair(frame(shapely.GeometryCollection([SOUND, shapely.Point(121, 30)])))
    assert mended.geometry[0].equals(SOUND)
    assert repairs.fixed[0].reason == "not a polygon: GeometryCollection"
    assert repairs.fixed[0].change_m2 == pytest.approx(0, abs=1e-3)


def test_frame_lists_every_outcome():
    table = repair(frame(BOW_TIE, None))[1].frame()
    assert table.area_code.tolist() == ["a0", "a1"]
    assert table.outcome.tolist() == ["fixed", "lost"]
    assert np.isnan(table.change_m2[1])
    assert list(Repairs().frame().columns) == list(table.columns)


@pytest.mark.parametrize("with_hole", [False, True])
def test_area_is_geodesic_and_holes_are_subtracted(with_hole):
    hole = [(121.04, 30.64), (121.06, 30.64), (121.06, 30.66), (121.04, 30.66)]
    shape = shapely.Polygon(SOUND.exterior, [hole] if with_hole else [])
    # a degree is 110,861 m north and 95,867 m east at 30.65 N on the ellipsoid
    expected = 0.1 * 0.1 * 110_861 * 95_867 * (0.96 if with_hole else 1)
    assert area_m2(shape) == pytest.approx(expected, rel=1e-3)
    assert area_m2(shape.reverse()) == pytest.approx(area_m2(shape), rel=1e-12)


def test_projected_or_nameless_areas_are_refused():
    with pytest.raises(ValueError, match="to_crs"):
        repair(frame(SOUND).set_crs(4549))
    with pytest.raises(ValueError, match="area_code"):
        repair(frame(SOUND).drop(columns="area_code"))


corner = st.tuples(st.integers(0, 6), st.integers(0, 6)).map(lambda xy: (121 + xy[0] / 100, 30 + xy[1] / 100))


FOLDED = [(121.01, 30.01), (121, 30), (121.01, 30), (121.01, 30.01), (121, 30), (121, 30.01)]


@example([FOLDED])  # GEOS's structure method alone leaves this one invalid
@given(st.lists(st.lists(corner, min_size=3, max_size=8), max_size=4))
@settings(max_examples=300)
def test_any_rings_become_valid_or_lost(rings):
    areas = frame(*[shapely.Polygon(ring) for ring in rings]) if rings else frame(SOUND).iloc[:0]
    mended, repairs = repair(areas)
    lost = {item.area_code for item in repairs.lost}
    assert mended.geometry.is_valid.all()
    assert mended.geometry.geom_type.isin(["Polygon", "MultiPolygon"]).all()
    assert (mended.geometry.is_empty == mended.area_code.isin(lost)).all()
    named = lost | {item.area_code for item in repairs.fixed}
    assert set(areas.area_code[~areas.geometry.is_valid]) == named
    assert not repair(mended)[1].fixed


@pytest.mark.real
def test_real_counties_22_invalid_and_one_lost(raw_counties):
    mended, repairs = repair(raw_counties)
    assert len(mended) == 3231
    assert (~raw_counties.geometry.is_valid).sum() == 22
    assert {item.area_code for item in repairs.fixed} == set(raw_counties.area_code[~raw_counties.is_valid])
    assert [item.area_code for item in repairs.lost] == ["51610"]  # Falls Church, smaller than the map's grid
    assert mended.geometry.is_valid.all()
    assert max(abs(item.change_m2) / item.after_m2 for item in repairs.fixed) < 5e-4
