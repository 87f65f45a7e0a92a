"""Coordinate systems: published vectors, exact round trips, size of the shift, refusal of naked coordinates."""

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import Crs, from_wgs84, geodesic_m, geometry_to_wgs84, haversine_m, to_wgs84

# (lon, lat) in WGS-84, GCJ-02 and BD-09: Pinghu's centre and Zhapu, computed by two independent libraries
VECTORS = [
    ((121.013100, 30.676900), (121.017485, 30.674609), (121.024063, 30.680246)),
    ((121.091130, 30.605820), (121.095691, 30.603644), (121.102132, 30.609893)),
]
china_lon = st.floats(73.0, 137.0)
china_lat = st.floats(2.0, 55.0)
pinghu_lon = st.floats(120.95, 121.27)
pinghu_lat = st.floats(30.58, 30.87)
systems = st.sampled_from(list(Crs))


@pytest.mark.parametrize(("wgs84", "gcj02", "bd09"), VECTORS)
def test_published_vectors(wgs84, gcj02, bd09):
    assert from_wgs84(*wgs84, Crs.GCJ02) == pytest.approx(gcj02, abs=1e-6)
    assert from_wgs84(*wgs84, Crs.BD09) == pytest.approx(bd09, abs=1e-6)
    assert to_wgs84(*gcj02, Crs.GCJ02) == pytest.approx(wgs84, abs=1.5e-6)
    assert to_wgs84(*bd09, Crs.BD09) == pytest.approx(wgs84, abs=1.5e-6)


def plain_gcj02(lon: float, lat: float) -> tuple[float, float]:
    """The series as it is usually published, term by term."""
    x, y, pi = lon - 105.0, lat - 35.0, math.pi
    sin, root = math.sin, math.sqrt(abs(lon - 105.0))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    north += (20.0 * sin(y * pi) + 40.0 * sin(y / 3.0 * pi)) * 2.0 / 3.0
    north += (160.0 * sin(y / 12.0 * pi) + 320.0 * sin(y * pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (20.0 * sin(6.0 * x * pi) + 20.0 * sin(2.0 * x * pi)) * 2.0 / 3.0
    east += (20.0 * sin(x * pi) + 40.0 * sin(x / 3.0 * pi)) * 2.0 / 3.0
    east += (150.0 * sin(x / 12.0 * pi) + 300.0 * sin(x / 30.0 * pi)) * 2.0 / 3.0
    a, ee = 6378245.0, 0.00669342162296594323
    magic = 1 - ee * math.sin(lat / 180.0 * pi) ** 2
    north = north * 180.0 / ((a * (1 - ee)) / (magic * math.sqrt(magic)) * pi)
    east = east * 180.0 / (a / math.sqrt(magic) * math.cos(lat / 180.0 * pi) * pi)
    return lon + east, lat + north


@given(china_lon, china_lat)
def test_agrees_with_the_plain_series(lon, lat):
    assert from_wgs84(lon, lat, Crs.GCJ02) == pytest.approx(plain_gcj02(lon, lat), abs=1e-11)


@given(china_lon, china_lat, systems)
def test_round_trip_is_exact(lon, lat, crs):
    assert to_wgs84(*from_wgs84(lon, lat, crs), crs) == pytest.approx((lon, lat), abs=1e-9, rel=0)
    assert from_wgs84(*to_wgs84(lon, lat, crs), crs) == pytest.approx((lon, lat), abs=1e-9, rel=0)


@given(china_lon, china_lat, st.floats(1e-6, 0.5), st.sampled_from([Crs.GCJ02, Crs.BD09]))
def test_order_of_east_and_north_is_kept(lon, lat, step, crs):
    there_lon, there_lat = from_wgs84(lon, lat, crs)
    assert from_wgs84(lon + step, lat, crs)[0] > there_lon
    assert from_wgs84(lon, lat + step, crs)[1] > there_lat


@given(pinghu_lon, pinghu_lat)
def test_size_of_the_shift_at_pinghu(lon, lat):
    assert 478 < geodesic_m(lon, lat, *from_wgs84(lon, lat, Crs.GCJ02)) < 501
    assert 1097 < geodesic_m(lon, lat, *from_wgs84(lon, lat, Crs.BD09)) < 1157


@pytest.mark.parametrize("vector", VECTORS)
def test_size_of_the_shift_in_the_towns(vector):
    wgs84 = vector[0]
    assert 490.5 < geodesic_m(*wgs84, *from_wgs84(*wgs84, Crs.GCJ02)) < 499.5
    assert 1110 < geodesic_m(*wgs84, *from_wgs84(*wgs84, Crs.BD09)) < 1150


@pytest.mark.parametrize(
    ("lon", "lat"), [(72.003, 30.0), (137.835, 30.0), (121.0, 0.8292), (121.0, 55.8272), (-84.5, 38.0)]
)
def test_outside_the_box_gcj02_is_wgs84(lon, lat):
    assert from_wgs84(lon, lat, Crs.GCJ02) == (lon, lat)
    assert to_wgs84(lon, lat, Crs.GCJ02) == (lon, lat)


@pytest.mark.parametrize(("lon", "lat"), [(72.005, 30.0), (137.834, 30.0), (121.0, 0.8294), (121.0, 55.8270)])
def test_just_inside_the_box_it_is_not(lon, lat):
    assert from_wgs84(lon, lat, Crs.GCJ02) != (lon, lat)


@pytest.mark.parametrize("crs", [Crs.WGS84, Crs.CGCS2000])
def test_cgcs2000_is_taken_as_wgs84(crs):
    assert to_wgs84(121.0131, 30.6769, crs) == (121.0131, 30.6769)
    assert from_wgs84(121.0131, 30.6769, crs) == (121.0131, 30.6769)


@pytest.mark.parametrize("crs", list(Crs))
def test_arrays_match_scalars_and_unknown_stays_unknown(crs):
    lon = np.array([[121.0131, np.nan], [np.inf, -84.5]])
    lat = np.array([[30.6769, 30.0], [30.0, 38.0]])
    new_lon, new_lat = to_wgs84(lon, lat, crs)
    assert new_lon.shape == (2, 2)
    assert (new_lon[0, 0], new_lat[0, 0]) == to_wgs84(121.0131, 30.6769, crs)
    assert np.isnan([new_lon[0, 1], new_lat[0, 1], new_lon[1, 0], new_lat[1, 0]]).all()
    assert (new_lon[1, 1], new_lat[1, 1]) == to_wgs84(-84.5, 38.0, crs)
    assert to_wgs84(np.empty(0), np.empty(0), crs)[0].shape == (0,)


@pytest.mark.parametrize(
    ("text", "crs"),
    [
        ("wgs84", Crs.WGS84),
        (" WGS-84 ", Crs.WGS84),
        ("WGS 84", Crs.WGS84),
        ("EPSG:4326", Crs.WGS84),
        ("epsg:4490", Crs.CGCS2000),
        ("CGCS_2000", Crs.CGCS2000),
        ("GCJ-02", Crs.GCJ02),
        ("gcj 02", Crs.GCJ02),
        ("BD-09", Crs.BD09),
        ("bd09ll", Crs.BD09),
        ("ＧＣＪ－０２", Crs.GCJ02),
        ("火星坐标系", Crs.GCJ02),
        ("2000国家大地坐标系", Crs.CGCS2000),
        (Crs.BD09, Crs.BD09),
    ],
)
def test_spellings(text, crs):
    assert Crs.parse(text) is crs


@pytest.mark.parametrize(
    "text", [None, "", "  ", "-", "EPSG:3857", "gcj", "wgs72", "nan", pd.NA, float("nan")]
)
def test_naked_or_unknown_is_refused_with_the_choices(text):
    with pytest.raises(ValueError, match=r"wgs84, cgcs2000, gcj02, bd09"):
        Crs.parse(text)


def test_geometry_is_converted_vertex_by_vertex():
    line = shapely.LineString([(121.017485, 30.674609, 7.0), (121.095691, 30.603644, 8.0)])
    moved = geometry_to_wgs84(line, Crs.GCJ02)
    assert shapely.get_coordinates(moved, include_z=True) == pytest.approx(
        np.array([[121.0131, 30.6769, 7.0], [121.09113, 30.60582, 8.0]]), abs=1.5e-6
    )


def test_series_of_geometries_keeps_index_and_gains_a_system():
    series = gpd.GeoSeries([shapely.Point(121.017485, 30.674609), None], index=["a", "b"])
    moved = geometry_to_wgs84(series, Crs.GCJ02)
    assert moved.crs.to_epsg() == 4326
    assert list(moved.index) == ["a", "b"]
    assert (moved["a"].x, moved["a"].y) == pytest.approx((121.0131, 30.6769), abs=1.5e-6)
    assert moved["b"] is None


def test_projected_series_is_refused():
    with pytest.raises(ValueError, match="to_crs"):
        geometry_to_wgs84(gpd.GeoSeries([shapely.Point(5e5, 3.4e6)], crs=4549), Crs.CGCS2000)


@pytest.mark.real
def test_pinghu_outline_read_unchanged_lies_half_a_kilometre_off(real_data: Path):
    outline = shapely.from_geojson((real_data / "pinghu" / "330482.geojson").read_text())
    true = geometry_to_wgs84(outline, Crs.GCJ02)
    apart = haversine_m(*shapely.get_coordinates(outline).T, *shapely.get_coordinates(true).T)
    assert len(apart) == 1147
    assert apart.min() > 475
    assert apart.max() < 502
    city_hall_gcj02 = shapely.Point(from_wgs84(121.0131, 30.6769, Crs.GCJ02))
    assert outline.contains(city_hall_gcj02)
    assert true.contains(shapely.Point(121.0131, 30.6769))
