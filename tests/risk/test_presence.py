"""Hours without a pharmacist, beside a count minute by minute."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.risk.presence import absent_hours

Span = tuple[str, int, int]
_SHOPS = st.sampled_from("AB")


def frame(spans: list[Span]) -> pd.DataFrame:
    rows = pd.DataFrame(spans, columns=["license_no", "since_s", "until_s"])
    return rows.astype({"since_s": "int64", "until_s": "int64"})


def hours(openings: list[Span], shifts: list[Span]) -> dict[str, tuple[float, float]]:
    found = absent_hours(frame(openings), frame(shifts))
    return {row.license_no: (row.open_hours, row.absent_hours) for row in found.itertuples()}


H = 3600


@pytest.mark.parametrize(
    ("shifts", "absent"),
    [
        ([], 10),
        ([("A", 8 * H, 18 * H)], 0),
        ([("A", 0, 24 * H)], 0),
        ([("A", 8 * H, 12 * H)], 6),
        ([("A", 8 * H, 12 * H), ("A", 12 * H, 18 * H)], 0),
        ([("A", 8 * H, 13 * H), ("A", 12 * H, 14 * H)], 4),
        ([("A", 8 * H, 17 * H), ("A", 9 * H, 10 * H)], 1),
        ([("A", 18 * H, 20 * H), ("A", 6 * H, 8 * H)], 10),
        ([("A", 9 * H, 9 * H)], 10),
        ([("B", 8 * H, 18 * H)], 10),
    ],
)
def test_a_day_from_eight_to_six(shifts: list[Span], absent: float) -> None:
    assert hours([("A", 8 * H, 18 * H)], shifts) == {"A": (10, absent)}


def test_no_opening_is_no_row() -> None:
    assert hours([], [("A", 0, H)]) == {}


@st.composite
def _openings(draw: st.DrawFn) -> list[Span]:
    """Spans that do not overlap within a shop."""
    found: list[Span] = []
    for shop in "AB":
        ends = sorted(draw(st.lists(st.integers(0, 60), max_size=6, unique=True)))
        found += [(shop, since, until) for since, until in zip(ends[::2], ends[1::2], strict=False)]
    return found


_SHIFTS = st.lists(
    st.tuples(_SHOPS, st.integers(0, 60), st.integers(0, 30)).map(
        lambda one: (one[0], one[1], one[1] + one[2])
    )
)


@given(_openings(), _SHIFTS)
def test_it_agrees_with_a_count_second_by_second(openings: list[Span], shifts: list[Span]) -> None:
    found = hours(openings, shifts)
    for shop in {one[0] for one in openings}:
        opened = [at for name, since, until in openings if name == shop for at in range(since, until)]
        absent = [
            at
            for at in opened
            if not any(name == shop and since <= at < until for name, since, until in shifts)
        ]
        assert found[shop] == (len(opened) / H, len(absent) / H)
