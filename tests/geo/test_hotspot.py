"""Gi*: the published statistic, exact chances by hand and by every possible deal, q values by definition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.hexgrid import HexGrid, neighbours
from geo.hotspot import false_discovery, gi_star, shuffled_p

CELLS = HexGrid(1000.0, 31).covering((121.0, 30.70, 121.05, 30.74))
VALUES = [float((7 * i * i + 3 * i) % 23) for i in range(25)]
# esda 2.9.0: G_Local(VALUES, fill_diagonal(W, 1.0), transform="B", star=True).Zs
OF_ESDA = [
    -1.184272, -0.300658, 0.901975, 0.450988, 0.377252, -0.112637, 0.723189, 0.455341, 0.589265, 1.033342,
    0.049207, -0.147316, -0.61605, 0.857113, 1.224927, 0.38015, -0.816936, -1.687441, -0.61605, 1.033342,
    1.036238, -0.300658, -1.352963, -0.601317, 0.131218,
]  # fmt: skip
RING = np.array([[(i + 1) % 12, (i - 1) % 12] for i in range(12)])


def test_the_score_is_that_of_esda() -> None:
    assert gi_star(VALUES, neighbours(CELLS)) == pytest.approx(OF_ESDA, abs=1e-6)


def _slow_p(values: list[float], beside: list[int], at: int) -> float:
    """Of every way to deal the values to a place and its neighbours, how many lie as far out; two-sided."""
    own = sum(values[one] for one in (at, *beside))
    dealt = [sum(some) for some in combinations(values, 1 + len(beside))]
    high = sum(one >= own - 1e-9 for one in dealt) / len(dealt)
    low = sum(one <= own + 1e-9 for one in dealt) / len(dealt)
    return min(1.0, 2 * min(high, low))


@given(st.lists(st.integers(0, 30).map(float), min_size=12, max_size=12))
def test_p_is_the_share_of_all_deals_that_lie_as_far_out(values: list[float]) -> None:
    exact = [_slow_p(values, RING[at].tolist(), at) for at in range(12)]
    assert shuffled_p(values, RING) == pytest.approx(exact, abs=0.01)


def test_places_with_fewer_neighbours_are_measured_against_smaller_deals() -> None:
    beside = np.array([[1, -1], [0, 2], [1, 3], [2, -1]])
    values = [1.0, 2.0, 4.0, 8.0]
    # 8 + 4 is the largest of six pairs, 1 + 2 the least; 2 + 4 + 8 and 1 + 2 + 4 of four triples.
    assert shuffled_p(values, beside) == pytest.approx([2 / 6, 2 / 4, 2 / 4, 2 / 6], abs=0.01)


def test_the_same_chance_on_every_run_and_in_any_order_of_neighbours() -> None:
    beside = neighbours(CELLS)
    turned = beside[:, ::-1].copy()
    assert shuffled_p(VALUES, beside).tolist() == shuffled_p(VALUES, turned).tolist()


@given(st.floats(-1e6, 1e6), st.integers(1, 12))
def test_nothing_stands_out_where_all_is_alike(value: float, n: int) -> None:
    beside = np.full((n, 2), -1)
    assert gi_star([value] * n, beside).tolist() == [0.0] * n
    assert shuffled_p([value] * n, beside).tolist() == [1.0] * n


def test_no_places_have_no_scores() -> None:
    nobody = np.empty((0, 6), dtype=np.intp)
    assert (len(gi_star([], nobody)), len(shuffled_p([], nobody)), len(false_discovery([]))) == (0, 0, 0)


def test_random_values_are_seldom_taken_for_a_hot_spot() -> None:
    cells = HexGrid(1000.0, 31).covering((120.9, 30.5, 121.2, 30.8))
    beside = neighbours(cells)
    rng = np.random.default_rng(7)
    found = [
        false_discovery(shuffled_p(rng.gamma(0.5, size=len(cells)), beside, 100_000)).min() for _ in range(20)
    ]
    assert sum(one <= 0.05 for one in found) <= 3


def test_a_planted_hot_spot_is_found_and_a_cold_one_too() -> None:
    cells = HexGrid(1000.0, 31).covering((120.9, 30.5, 121.2, 30.8))
    beside = neighbours(cells)
    values = np.random.default_rng(7).normal(50.0, 5.0, len(cells))
    hot, cold = 300, 600
    values[[hot, *beside[hot]]] += 25.0
    values[[cold, *beside[cold]]] -= 25.0
    q, z = false_discovery(shuffled_p(values, beside)), gi_star(values, beside)
    assert (q[hot] <= 0.01, q[cold] <= 0.01, z[hot] > 0, z[cold] < 0) == (True, True, True, True)
    assert (q <= 0.05).sum() < 40


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20), st.floats(0.001, 0.999))
def test_q_values_take_what_the_step_up_procedure_takes(p: list[float], level: float) -> None:
    ordered = sorted(p)
    passed = [i for i, one in enumerate(ordered, 1) if one * len(p) / i <= level]
    limit = ordered[max(passed) - 1] if passed else -1.0
    q = false_discovery(p)
    assert [bool(one <= level) for one in q] == [one <= limit for one in p]


def test_q_values_by_hand() -> None:
    assert false_discovery([0.01, 0.04, 0.03, 0.005]).tolist() == pytest.approx([0.02, 0.04, 0.04, 0.02])
