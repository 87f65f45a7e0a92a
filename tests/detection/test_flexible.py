"""Groups of any shape: the plain twin tries every set of neighbours, and a river of shops is found whole."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from geo.distance import haversine_m
from tests.detection.mapping import dated, made, plain, poisson_llr
from yaotong.detection.clusters import clusters
from yaotong.detection.flexible import neighbours
from yaotong.detection.setting import Options

FEW = Options(method="flexible", replications=99, neighbours=6)


def _linked(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    """Two are neighbours when no third lies in the circle between them, each pair by itself."""
    x, y = lon * np.cos(np.radians(lat.mean())), lat
    square = np.square(x[:, None] - x) + np.square(y[:, None] - y)
    n = len(x)
    told = np.zeros((n, n), bool)
    for i, j in combinations(range(n), 2):
        rest = [k for k in range(n) if k not in (i, j)]
        told[i, j] = told[j, i] = all(square[i, k] + square[j, k] >= square[i, j] for k in rest)
    return told


def _connected(held: tuple[int, ...], linked: np.ndarray) -> bool:
    reached, left = {held[0]}, set(held[1:])
    while grew := {one for one in left if linked[one, list(reached)].any()}:
        reached |= grew
        left -= grew
    return not left


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_neighbours_are_those_of_the_definition(seed: int) -> None:
    place = made(60, seed)
    lon, lat = place["lon"].to_numpy(), place["lat"].to_numpy()
    assert (neighbours(lon, lat) == _linked(lon, lat)).all()


def test_places_on_one_line_or_one_spot_still_have_neighbours() -> None:
    line = np.linspace(121.0, 121.5, 12)
    assert neighbours(line, np.full(12, 30.7)).any(axis=1).all()
    assert neighbours(np.full(12, 121.0), np.full(12, 30.7)).sum() == 132
    double = neighbours(np.r_[line, line[:3]], np.full(15, 30.7))
    assert (double[0, 12], double[0, 1], double[12, 1], double[0, 5]) == (True, True, True, False)
    assert neighbours(np.array([121.0, 121.1, 121.2]), np.full(3, 30.7)).sum() == 6


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_groups_are_those_of_the_plain_twin(seed: int) -> None:
    given = made(25, seed, raised=4)
    lon, lat = given["lon"].to_numpy(), given["lat"].to_numpy()
    linked = _linked(lon, lat)
    share = (given["population"] / given["population"].sum()).to_numpy()
    windows = {}
    for centre in range(len(given)):
        near = np.argsort(haversine_m(lon[centre], lat[centre], lon, lat))[1:6].tolist()
        for size in range(6):
            for others in combinations(near, size):
                held = (centre, *others)
                c, e = given["cases"].to_numpy()[list(held)].sum(), share[list(held)].sum() * 600
                if c >= 2 and e <= 300 and _connected(held, linked):
                    windows[frozenset(held)] = poisson_llr(c, e, 600)
    told = clusters(given, FEW, every=True).table.groupby("cluster_id")
    twins = plain(windows)
    assert told["llr"].first().tolist() == pytest.approx([score for score, _ in twins], rel=0, abs=1e-9)
    found = [frozenset(int(name[1:]) for name in held) for _, held in told["region_id"]]
    assert found == [held for _, held in twins]


def test_a_long_cluster_is_found_whole_where_no_circle_fits() -> None:
    side = np.arange(9)
    lon, lat = (part.ravel() for part in np.meshgrid(121 + side * 0.011, 30.7 + side * 0.01))
    cases = np.random.default_rng(5).poisson(20, 81)
    river = [36, 37, 38, 39, 40]
    cases[river] = 45
    ids = [f"r{one}" for one in range(81)]
    given = pd.DataFrame({"region_id": ids, "lon": lon, "lat": lat, "cases": cases, "expected": 20.0})
    told = clusters(given, Options(method="flexible", neighbours=13)).table
    first = set(told.loc[told["cluster_id"] == 1, "region_id"])
    assert {f"r{one}" for one in river} <= first
    circle = clusters(given).table
    whole = set(circle.loc[circle["cluster_id"] == 1, "region_id"])
    assert len(first - {f"r{one}" for one in river}) < len(whole ^ {f"r{one}" for one in river})


def test_an_even_map_is_flagged_as_often_as_alpha_says() -> None:
    p = np.array([clusters(made(30, seed), FEW).top_p for seed in range(150)])
    for alpha in (0.05, 0.25, 0.5):
        assert abs((p <= alpha).mean() - alpha) < 4 * np.sqrt(alpha * (1 - alpha) / 150)


def test_other_columns_keep_their_model() -> None:
    given = dated(25, seed=1, regions=4, last=3, risk=4.0)
    found = clusters(given, FEW)
    assert (found.method, found.top_p) == ("spacetime", 0.01)
    first = found.table[found.table["cluster_id"] == 1]
    assert first["first_date"].iloc[0] >= pd.Timestamp("2026-02-06")
    assert 1 < first["region_id"].nunique() <= 6
    people = made(30, 2, raised=4).rename(columns={"population": "controls"})
    assert clusters(people, FEW).method == "bernoulli"
