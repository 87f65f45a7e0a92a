"""Levels of the rules about licences: what turns a delivery's lack of a seal grave."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.builder import facts_from
from yaotong.rules.run import run_rule

FIRST = datetime(2026, 3, 2, 9)


def levels(bare: list[int], lines: int, a_day: int = 20, tuned: dict[str, float] | None = None) -> list[str]:
    """Levels by day of `lines` deliveries, so many a day, those of some numbers without a seal."""
    sales = [
        {
            "line_id": f"A/{number:04d}",
            "pharmacy_id": "A",
            "sold_at": FIRST + timedelta(days=number // a_day, minutes=number % a_day),
            "drug_code": f"药{number}",
            "quantity": 1.0,
            "channel": "delivery",
            "seal_id": None if number in bare else f"F{number}",
        }
        for number in range(lines)
    ]
    until = (FIRST + timedelta(days=(lines - 1) // a_day)).date()
    facts = facts_from(sales=sales, since=FIRST.date(), until=until)
    return list(run_rule(book()["R-M27"], facts, Window(FIRST.date(), until), tuned)["level"])


@pytest.mark.parametrize(
    ("bare", "lines", "told"),
    [
        ([1, 2], 20, ["yellow"]),  # two are too few
        ([1, 2, 3], 20, ["orange"]),
        ([121, 122, 123], 140, ["orange"]),  # 3 of 140: 2.14 %
        ([1, 121, 122], 140, ["yellow", "orange"]),  # over seven days
        ([1, 141, 142], 160, ["yellow", "yellow"]),  # the first is a week ago
    ],
)
def test_more_than_one_in_fifty_of_a_week_is_orange(bare: list[int], lines: int, told: list[str]) -> None:
    assert levels(bare, lines) == told


def test_exactly_one_in_fifty_stays_yellow() -> None:
    assert levels([141, 142, 143], 150, a_day=25) == ["yellow"]
    assert levels([141, 142, 143], 150, a_day=25, tuned={"share": 0.0199}) == ["orange"]
