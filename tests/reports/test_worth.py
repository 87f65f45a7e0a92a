"""What rules are worth: the interval by its own equation, the floor on both sides, few flagged."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.reports.worth import FEW, Worth, under_floor, wilson, worths

FLOORS = {"model": 0.6, "statutory": 0.9}
KINDS = {"R-M01": "model", "R-M14": "statutory"}


@given(st.integers(1, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_bounds_solve_the_equation_they_stand_for(pair: tuple[int, int]) -> None:
    hits, of = pair
    low, high = wilson(hits, of)
    share = hits / of
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:
            # A share as far from its own bound as 1.96 standard errors under that bound.
            distance = abs(share - bound) / math.sqrt(bound * (1 - bound) / of)
            assert distance == pytest.approx(1.959964, abs=1e-5)


def test_known_bounds_and_nothing() -> None:
    # Newcombe (1998), table I: 81 of 263 and 15 of 148.
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=5e-5)
    assert wilson(0, 0) is None


def test_what_could_not_be_verified_does_not_count() -> None:
    one = Worth("R-M01", 1, confirmed=3, false_alarms=1, unverifiable=90)
    assert (one.precision, one.judged) == (0.75, 4)
    assert Worth("R-M01", 1, unverifiable=5).precision is None
    assert Worth("R-M01", 1, unverifiable=5).interval is None


@pytest.mark.parametrize(("judged", "few"), [(FEW - 1, True), (FEW, False)])
def test_few_are_flagged(judged: int, few: bool) -> None:
    assert Worth("R-M01", 1, confirmed=judged).few is few


@pytest.mark.parametrize(
    ("rule_id", "confirmed", "false_alarms", "listed"),
    [
        ("R-M01", 6, 4, False),  # exactly 60 %
        ("R-M01", 5, 4, True),
        ("R-M01", 7, 3, False),
        ("R-M14", 9, 1, False),  # exactly 90 %
        ("R-M14", 89, 11, True),
        ("R-M14", 1, 0, False),
        ("R-M14", 0, 0, False),  # unknown
        ("R-M14", 0, 1, True),
    ],
)
def test_a_rule_under_its_floor_is_listed_and_one_on_it_is_not(
    rule_id: str, confirmed: int, false_alarms: int, listed: bool
) -> None:
    one = Worth(rule_id, 1, confirmed, false_alarms)
    assert (under_floor([one], KINDS, FLOORS) == (one,)) is listed


@given(st.integers(1, 2000))
def test_no_rounding_puts_a_rule_under_a_floor_it_stands_on(tens: int) -> None:
    assert under_floor([Worth("R-M01", 1, 6 * tens, 4 * tens)], KINDS, FLOORS) == ()
    assert under_floor([Worth("R-M14", 1, 9 * tens, tens)], KINDS, FLOORS) == ()
    assert len(under_floor([Worth("R-M14", 1, 9 * tens - 1, tens + 1)], KINDS, FLOORS)) == 1


def test_versions_are_counted_apart() -> None:
    rows = [("R-M01", 1, "confirmed", 2), ("R-M01", 2, "false_alarm", 3), ("R-M01", 1, "unverifiable", 1)]
    assert worths(rows) == (Worth("R-M01", 2, 0, 3, 0), Worth("R-M01", 1, 2, 0, 1))
