"""Distances against figures from elsewhere, and against each other."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from geo import MEAN_EARTH_RADIUS_M, geodesic_m, haversine_m

lon = st.floats(-180, 180)
lat = st.floats(-90, 90)


def chord_m(lon1, lat1, lon2, lat2):
    """Great-circle distance by another formula: the angle between two vectors."""

    def vector(x, y):
        x, y = math.radians(x), math.radians(y)
        return np.array([math.cos(y) * math.cos(x), math.cos(y) * math.sin(x), math.sin(y)])

    a, b = vector(lon1, lat1), vector(lon2, lat2)
    return MEAN_EARTH_RADIUS_M * math.atan2(np.linalg.norm(np.cross(a, b)), a @ b)


@given(lon, lat, lon, lat)
def test_haversine_agrees_with_the_angle_between_vectors(lon1, lat1, lon2, lat2):
    assert haversine_m(lon1, lat1, lon2, lat2) == pytest.approx(
        chord_m(lon1, lat1, lon2, lat2), rel=1e-9, abs=0.2
    )


@given(lon, lat, lon, lat)
def test_sphere_and_ellipsoid_differ_by_less_than_six_in_a_thousand(lon1, lat1, lon2, lat2):
    there = geodesic_m(lon1, lat1, lon2, lat2)
    assert haversine_m(lon1, lat1, lon2, lat2) == pytest.approx(there, rel=6e-3, abs=1e-3)


@given(lon, lat, lon, lat)
def test_there_and_back_are_the_same(lon1, lat1, lon2, lat2):
    assert haversine_m(lon1, lat1, lon2, lat2) == haversine_m(lon2, lat2, lon1, lat1)
    assert haversine_m(lon1, lat1, lon1, lat1) == 0


def test_known_distances():
    # one degree of a great circle; Vincenty's 1975 line Flinders Peak to Buninyon on a like ellipsoid
    assert haversine_m(121, 0, 122, 0) == pytest.approx(math.pi * MEAN_EARTH_RADIUS_M / 180, rel=1e-12)
    assert geodesic_m(144.42486789, -37.95103342, 143.92649553, -37.65282114) == pytest.approx(
        54972.271, abs=0.05
    )
    assert geodesic_m(0, 0, 1, 0) == pytest.approx(111319.491, abs=1e-3)
    assert haversine_m(0, 0, 180, 0) == pytest.approx(math.pi * MEAN_EARTH_RADIUS_M)


def test_over_the_antimeridian_nothing_is_lost():
    assert haversine_m(180, 10, -180, 10) == 0
    assert haversine_m(179.999999, 10, -179.999999, 10) == pytest.approx(
        haversine_m(0, 10, 0.000002, 10), rel=1e-6
    )
    assert haversine_m(0, 90, 135, 90) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("function", [haversine_m, geodesic_m])
def test_arrays_broadcast_and_unknown_stays_unknown(function):
    got = function(121.0, 30.0, np.array([121.0, 121.1, np.nan]), 30.0)
    assert got.shape == (3,)
    assert got[0] == 0
    assert got[1] == function(121.0, 30.0, 121.1, 30.0)
    assert np.isnan(got[2])


@given(st.lists(st.tuples(lon, lat, lon, lat), min_size=1, max_size=40))
@example([(-180.0, 0.0, 121.0, 30.70002)])
def test_one_pair_and_many_have_the_same_digits(pairs):
    assert haversine_m(*np.array(pairs).T).tolist() == [haversine_m(*one) for one in pairs]
