"""Nearest places: exactly the order of a full sort by distance, with filters, over poles and antimeridian."""

import math
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import NearestIndex, haversine_m


def plain_nearest(lon, lat, places, k, keep=None, max_m=None):
    """Measure everything, sort by (distance, number), take the first."""
    rows = []
    for number, (x, y) in enumerate(places):
        if np.isfinite([x, y]).all() and (keep is None or keep[number]):
            distance = float(haversine_m(lon, lat, x, y))
            if max_m is None or distance <= max_m:
                rows.append((distance, number))
    return [(number, distance) for distance, number in sorted(rows)[:k]]


def rows(found):
    return list(zip(found[0].tolist(), found[1].tolist(), strict=True))


# a coarse lattice for ties, poles and both sides of 180, and positions metres apart
longitude = st.one_of(st.sampled_from([-180.0, -179.9999, -90, 0, 90, 179.9999, 180.0]), st.floats(-180, 180))
latitude = st.one_of(st.sampled_from([-90.0, -89.9999, 0, 30, 89.9999, 90.0]), st.floats(-90, 90))
near = st.integers(0, 9).map(lambda n: n * 1e-5)
place = st.one_of(
    st.tuples(longitude, latitude),
    st.tuples(near.map(lambda n: 121 + n), near.map(lambda n: 30.7 + n)),
    st.just((np.nan, 30.0)),
)


@given(
    st.lists(place, max_size=60),
    st.one_of(st.tuples(longitude, latitude), st.just((121.0, 30.7))),
    st.integers(1, 8),
    st.one_of(st.none(), st.randoms()),
    st.sampled_from([None, 0.0, 3.0, 50_000.0, 1e7]),
)
def test_agrees_with_the_plain_twin(places, here, k, random, max_m):
    lon, lat = np.array(places, dtype=float).reshape(-1, 2).T
    keep = None if random is None else np.array([random.random() < 0.5 for _ in places], dtype=bool)
    index = NearestIndex(lon, lat)
    found = index.query(*here, k, keep, max_m)
    assert rows(found) == plain_nearest(*here, places, k, keep, max_m)
    ready = None if keep is None else index.choose(keep)
    assert rows(index.query(*here, k, ready, max_m)) == rows(found)
    (numbers,), (metres,) = index.query_many([here[0]], [here[1]], k, ready)
    plain = plain_nearest(*here, places, k, keep)
    assert rows((numbers[: len(plain)], metres[: len(plain)])) == plain
    assert (numbers[len(plain) :] == -1).all()
    assert np.isinf(metres[len(plain) :]).all()


@given(
    st.lists(st.tuples(st.integers(-4, 4), st.integers(-4, 4)), min_size=1, max_size=400),
    st.sampled_from([(121.0, 30.7), (180.0, 0.0), (-180.0, -89.9995), (0.0, 90.0), (13.0, -90.0)]),
    st.sampled_from([1e-9, 1e-5, 1e-2]),
    st.tuples(st.integers(-5, 5), st.integers(-5, 5), st.booleans()),
    st.integers(1, 500),
    st.integers(0, 2**32 - 1),
)
def test_clusters_full_of_ties_agree_with_the_plain_twin(cells, middle, step, here, k, seed):
    """Hundreds at a few spots, metres or a hair apart, over a pole or the antimeridian, or asked from opposite."""

    def laid(x, y):
        lat = middle[1] + step * y
        return (middle[0] + step * x + 540) % 360 - 180, max(-90.0, min(90.0, lat))

    places = [laid(*cell) for cell in cells]
    lon, lat = laid(*here[:2])
    if here[2]:
        lon, lat = (lon + 360) % 360 - 180, -lat
    keep = np.random.default_rng(seed).random(len(places)) < 0.7
    index = NearestIndex(*np.array(places).T)
    for mask in (None, keep, ~keep & keep):
        assert rows(index.query(lon, lat, k, mask)) == plain_nearest(lon, lat, places, k, mask)


@pytest.mark.parametrize("share", [None, 0.9, 0.1, 0.01, 0.0005])
def test_a_town_of_places_agrees_with_the_plain_twin(share):
    rng = np.random.default_rng(7)
    places = np.column_stack([rng.uniform(120.9, 121.3, 5_000), rng.uniform(30.5, 30.9, 5_000)]).round(3)
    keep = None if share is None else rng.random(5_000) < share
    index = NearestIndex(*places.T)
    for here in [(121.0, 30.7), (121.234, 30.567), (0.0, 0.0), (-58.9, -30.7)]:
        assert rows(index.query(*here, 20, keep)) == plain_nearest(*here, places, 20, keep)


def test_a_filter_whose_places_are_all_far_away_still_finds_k():
    rng = np.random.default_rng(8)
    lon = np.r_[rng.uniform(121.0, 121.1, 9_000), rng.uniform(-80, -70, 1_000)]
    lat = np.r_[rng.uniform(30.6, 30.7, 9_000), rng.uniform(30, 40, 1_000)]
    keep = np.arange(10_000) >= 9_000
    found = NearestIndex(lon, lat).query(121.05, 30.65, 10, keep)
    assert rows(found) == plain_nearest(121.05, 30.65, np.column_stack([lon, lat]), 10, keep)
    assert found[0].min() >= 9_000


def test_places_at_one_distance_keep_their_order():
    lon = np.full(3_000, 121.0)
    indexes, distances = NearestIndex(lon, np.full(3_000, 30.7)).query(121.0, 30.7, 5)
    assert indexes.tolist() == [0, 1, 2, 3, 4]
    assert distances.tolist() == [0] * 5


def test_limit_in_metres_includes_its_own_value():
    index = NearestIndex([121.0, 121.01], [30.7, 30.7])
    there = haversine_m(121.0, 30.7, 121.01, 30.7)
    assert len(index.query(121.0, 30.7, 5, max_m=there)[0]) == 2
    assert len(index.query(121.0, 30.7, 5, max_m=np.nextafter(there, 0))[0]) == 1


def test_nothing_to_find():
    assert rows(NearestIndex([], []).query(121, 30, 3)) == []
    index = NearestIndex([121.0, np.nan], [30.0, 30.0])
    assert len(index) == 2
    assert rows(index.query(121, 30, 3, keep=[False, True])) == []
    assert rows(index.query(121, 30, 3)) == [(0, 0.0)]


def test_wrong_questions_are_refused():
    index = NearestIndex([121.0], [30.0])
    with pytest.raises(ValueError, match="at least 1"):
        index.query(121, 30, 0)
    with pytest.raises(ValueError, match="no position"):
        index.query(float("nan"), 30, 1)
    with pytest.raises(ValueError, match="no position"):
        index.query(121, 90.1, 1)
    with pytest.raises(ValueError, match="1 booleans"):
        index.query(121, 30, 1, keep=[True, False])
    with pytest.raises(ValueError, match="1 booleans"):
        index.query(121, 30, 1, keep=[1])
    with pytest.raises(ValueError, match="another index"):
        index.query(121, 30, 1, keep=NearestIndex([121.0], [30.0]).choose([True]))
    with pytest.raises(ValueError, match="must be known"):
        index.query_many([121.0, float("nan")], [30.0, 30.0], 1)
    with pytest.raises(ValueError, match="swapped"):
        NearestIndex([30.0], [121.0])
    with pytest.raises(ValueError, match="one length"):
        NearestIndex([30.0, 31.0], [12.0])


@pytest.mark.parametrize("share", [None, 0.5, 0.001])
def test_a_query_among_600_000_takes_milliseconds(share):
    rng = np.random.default_rng(9)
    index = NearestIndex(rng.uniform(75, 135, 600_000), rng.uniform(18, 53, 600_000))
    keep = None if share is None else rng.random(600_000) < share
    here = np.column_stack([rng.uniform(100, 120, 20), rng.uniform(25, 45, 20)])
    times = []
    for lon, lat in here:
        began = time.perf_counter()
        index.query(lon, lat, 10, keep)
        times.append(time.perf_counter() - began)
    assert np.median(times) < 0.05  # ten times the target, for machines that are busy


@pytest.mark.real
def test_taiwan_nearest_are_the_true_ones(taiwan_outlets):
    places = taiwan_outlets[["lon", "lat"]].to_numpy()
    index = NearestIndex(*places.T)
    stocked = taiwan_outlets["成人口罩剩餘數"].astype(int).to_numpy() > 0
    for here in [(121.5654, 25.0330), (120.2, 23.0), (118.3, 24.4), (119.6, 23.6)]:
        for keep in (None, stocked):
            assert rows(index.query(*here, 10, keep)) == plain_nearest(*here, places, 10, keep)


@pytest.mark.slow
@pytest.mark.real
def test_taiwan_ten_thousand_random_queries_are_those_of_brute_force(taiwan_outlets):
    places = taiwan_outlets[["lon", "lat"]].to_numpy()
    stocked = taiwan_outlets["成人口罩剩餘數"].astype(int).to_numpy() > 0
    index, rng = NearestIndex(*places.T), np.random.default_rng(10)
    lon, lat = rng.uniform(119.3, 122.1, 10_000), rng.uniform(21.8, 25.4, 10_000)
    located = np.isfinite(places).all(axis=1)
    for keep in (None, stocked):
        counted = located if keep is None else located & keep
        numbers, metres = index.query_many(lon, lat, 10, keep)
        for one in range(10_000):
            far = np.where(counted, haversine_m(lon[one], lat[one], *places.T), np.inf)
            first = np.argsort(far, kind="stable")[:10]
            assert numbers[one].tolist() == first.tolist()
            assert metres[one].tolist() == far[first].tolist()
            if one % 10 == 0:
                assert rows(index.query(lon[one], lat[one], 10, keep)) == rows((first, far[first]))


@given(
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), max_size=20),
    st.lists(st.tuples(st.floats(-180, 180), st.floats(-90, 90)), min_size=1, max_size=5),
)
def test_distances_of_many_are_those_of_a_look_at_every_place(
    held: list[tuple[float, float]], asked: list[tuple[float, float]]
) -> None:
    index = NearestIndex([*(one for one, _ in held), math.nan], [*(one for _, one in held), 0.0])
    lon, lat = np.array(asked).T
    slow = [min((haversine_m(x, y, *one) for one in held), default=math.inf) for x, y in asked]
    assert index.distances_m(lon, lat) == pytest.approx(slow, abs=1e-3)
