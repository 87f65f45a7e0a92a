"""Distance of a point to the area it claims."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo import distance_to_area_m, geodesic_m

AREAS = gpd.GeoDataFrame(
    {"area_code": ["a", "e"]}, geometry=[shapely.box(121, 30, 122, 31), shapely.Polygon()]
)


def away(lon, lat, code):
    return distance_to_area_m([lon], [lat], pd.Series([code], index=["p"]), AREAS)["p"]


def test_inside_and_on_the_edge_it_is_zero():
    assert away(121.5, 30.5, "a") == 0
    assert away(121.0, 30.5, "a") == 0
    assert away(121.0 - 1e-6, 30.5, "a") > 0


@pytest.mark.parametrize(
    ("lon", "lat", "nearest"),
    [(120.9, 30.5, (121, 30.5)), (121.5, 31.5, (121.5, 31)), (122.3, 29.9, (122, 30))],
)
def test_outside_it_is_the_way_to_the_nearest_place(lon, lat, nearest):
    assert away(lon, lat, "a") == pytest.approx(geodesic_m(lon, lat, *nearest), rel=0.01)


@pytest.mark.parametrize(("lon", "code"), [(121.5, "other"), (121.5, None), (np.nan, "a"), (121.5, "e")])
def test_unknown_is_not_a_distance(lon, code):
    assert np.isnan(away(lon, 30.5, code))
