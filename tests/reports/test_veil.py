"""Small counts are hidden, and nothing beside them tells them."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.reports.made import report
from yaotong.reports.model import Chart, Section, Table
from yaotong.reports.veil import HIDDEN, hides, small, veiled


def made(table: Table, chart: Chart | None = None) -> tuple[tuple[object, ...], ...]:
    whole = report()
    section = Section("节", (table,), (chart,) if chart else ())
    told = veiled(type(whole)(**{**_fields(whole), "sections": (section,)}))
    return told.sections[0].tables[0].rows


def _fields(whole: object) -> dict[str, object]:
    return {name: getattr(whole, name) for name in whole.__dataclass_fields__}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("count", "hidden"), [(0, False), (1, True), (4, True), (5, False), (None, False), ("甲", False)]
)
def test_one_to_four_are_hidden(count: object, hidden: bool) -> None:
    assert small(count) is hidden
    rows = made(Table("表", ("镇街", "家"), (("甲镇", count),)))
    assert (rows[0][1] == HIDDEN) is hidden


@pytest.mark.parametrize(
    ("num", "den", "hidden"),
    [(5, 10, False), (0, 10, False), (4, 10, True), (6, 10, True), (0, 4, True), (10, 10, False)],
)
def test_a_figure_is_hidden_with_its_parts_when_a_part_or_the_rest_is_small(
    num: int, den: int, hidden: bool
) -> None:
    assert hides(num, den) is hidden
    rows = made(Table("表", ("指标", "本期", "分子", "分母"), (("率", f"{num / den}", num, den),)))
    assert (rows[0][1:] == (HIDDEN,) * 3) is hidden


@given(st.lists(st.integers(0, 30), min_size=1, max_size=6))
def test_no_total_tells_a_hidden_count(counts: list[int]) -> None:
    rows = [(f"镇{place}", count) for place, count in enumerate(counts)]
    shown = made(Table("表", ("镇街", "家"), (*rows, ("合计", sum(counts))), totals=True))
    hidden = [row for row in shown[:-1] if row[1] == HIDDEN]
    if not any(0 < count < 5 for count in counts):
        assert shown == (*rows, ("合计", sum(counts))) or 0 < sum(counts) < 5
        return
    assert not isinstance(shown[-1][1], int)
    withheld = [row for row in shown[:-1] if isinstance(row[1], str)]
    others = [count for count in counts if count]
    # Even who knows the total cannot tell a single one, unless it is the only one there is.
    assert len(withheld) >= min(2, len(others))
    assert hidden


def test_a_chart_has_gaps_for_small_counts() -> None:
    whole = report()
    told = veiled(whole)
    assert whole.sections[0].charts[0].series[0][1] == (1.0, None, 3.0)
    assert told.sections[0].charts[0].series[0][1] == (None, None, None)


def _possible(shown: tuple[tuple[object, ...], ...], total: int) -> list[set[int]]:
    """What each hidden count may be, to somebody who knows the total and how the veil works."""
    cells = [row[1] for row in shown[:-1]]
    known = [cell for cell in cells if isinstance(cell, int)]
    most = min((cell for cell in known if cell), default=total)
    ranges = [
        range(1, 5) if cell == HIDDEN else range(5, most + 1) for cell in cells if isinstance(cell, str)
    ]
    found: list[set[int]] = [set() for cell in cells if cell == HIDDEN]
    names = [cell for cell in cells if isinstance(cell, str)]
    for values in product(*ranges):
        if sum(values) + sum(known) == total:
            hidden = [value for value, cell in zip(values, names, strict=True) if cell == HIDDEN]
            for place, value in enumerate(hidden):
                found[place].add(value)
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 12), min_size=2, max_size=5))
@example([1, 5, 30])
@example([4, 4, 30])
@example([1, 1, 9, 12])
def test_the_difference_of_two_views_isolates_nobody(counts: list[int]) -> None:
    rows = [(f"镇{place}", count) for place, count in enumerate(counts)]
    shown = made(Table("表", ("镇街", "家"), (*rows, ("合计", sum(counts))), totals=True))
    if sum(counts) < 5 or not any(isinstance(row[1], int) and row[1] for row in shown[:-1]):
        return  # the total itself is hidden, or there is nothing more to withhold
    assert all(len(values) > 1 for values in _possible(shown, sum(counts)))


def test_without_the_withheld_ones_the_difference_would_have_told() -> None:
    bare = (("甲", HIDDEN), ("乙", 12), ("合计", "不显示"))
    assert _possible(bare, 13) == [{1}]
    tight = (("甲", HIDDEN), ("乙", "不显示"), ("丙", 30), ("合计", "不显示"))
    assert _possible(tight, 36) == [{1}]
