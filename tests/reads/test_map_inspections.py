"""Inspections for the map: of each shop the last that found something out, and the last in vain."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.reads.map_inspections import no_inspections, read_inspections
from yaotong.rules.builder import facts_from

AS_OF = date(2026, 3, 31)


def _seen(rows: list[tuple[str, str, int, int]], as_of: date | None = AS_OF) -> list[tuple[str, str, date]]:
    lines: list[dict[str, Any]] = [
        {
            "line_id": f"{shop}/{i}",
            "pharmacy_id": shop,
            "outcome": outcome,
            "inspected_at": datetime(2026, 3, day, hour),
        }
        for i, (shop, outcome, day, hour) in enumerate(rows)
    ]
    frame = read_inspections(facts_from(since=AS_OF, until=AS_OF, inspections=lines), as_of)
    days = [one.date() for one in frame["inspected_on"]]
    return sorted(zip(frame["license_no"], frame["outcome"], days, strict=True))


def test_the_last_inspection_speaks_and_one_in_vain_does_not_hide_it() -> None:
    rows = [
        ("A", "ordered", 3, 9),
        ("A", "passed", 2, 9),
        ("A", "not_met", 5, 9),
        ("A", "not_met", 1, 9),
        ("B", "filed", 4, 9),
    ]
    expected = [
        ("A", "not_met", date(2026, 3, 5)),
        ("A", "ordered", date(2026, 3, 3)),
        ("B", "filed", date(2026, 3, 4)),
    ]
    assert _seen(rows) == expected


def test_an_inspection_after_the_day_is_not_known_and_one_on_it_is() -> None:
    rows = [("A", "ordered", 10, 23), ("A", "passed", 11, 0)]
    assert _seen(rows, date(2026, 3, 10)) == [("A", "ordered", date(2026, 3, 10))]
    assert _seen(rows, date(2026, 3, 11)) == [("A", "passed", date(2026, 3, 11))]


def test_nothing_sent_or_no_day_is_nothing_known() -> None:
    assert _seen([]) == []
    assert _seen([("A", "passed", 1, 9)], None) == []
    assert read_inspections(facts_from(since=AS_OF, until=AS_OF), AS_OF).equals(no_inspections())


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("AB"),
            st.sampled_from(["passed", "ordered", "not_met"]),
            st.integers(1, 31),
            st.integers(0, 23),
        ),
        max_size=8,
        unique_by=lambda one: (one[0], one[2], one[3]),
    )
)
def test_inspections_are_what_a_walk_through_them_says(rows: list[tuple[str, str, int, int]]) -> None:
    slow: dict[tuple[str, bool], tuple[str, str, date]] = {}
    for shop, outcome, day, _ in sorted(rows, key=lambda one: one[2:]):
        slow[shop, outcome == "not_met"] = (shop, outcome, date(2026, 3, day))
    assert _seen(rows) == sorted(slow.values())
