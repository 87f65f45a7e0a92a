"""A condition that is as good as always true is told from one that is merely wide, on both sides of each bound."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from yaotong.codes import SubjectKind
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.breadth import breadth, present_by_day
from yaotong.rules.builder import facts_from

DAY = date(2026, 3, 2)


def days(count: int) -> list[date]:
    return [DAY + timedelta(days=one) for one in range(count)]


def found(shops: int, on: list[date]) -> list[tuple[str, date]]:
    return [(f"店{shop}", day) for day in on for shop in range(shops)]


@pytest.mark.parametrize(
    ("shops", "fired", "of", "always"),
    [
        (9, 40, 100, True),  # nine of ten on every fired day
        (8, 40, 100, False),
        (10, 10, 100, True),  # on a tenth of the days
        (10, 9, 100, False),  # rarer than that is an event
        (10, 2, 2, True),  # twenty subject-days
        (10, 1, 1, False),  # ten say nothing
    ],
)
def test_the_bounds_of_always(shops: int, fired: int, of: int, always: bool) -> None:
    wide = breadth(found(shops, days(of)[:fired]), dict.fromkeys(days(of), 10))
    assert (wide.fired, wide.subject_days) == (shops * fired, 10 * fired)
    assert wide.always is always


def test_findings_of_one_subject_and_day_count_once_and_an_absence_counts_itself() -> None:
    twice = found(3, days(5)) * 2
    assert breadth(twice, dict.fromkeys(days(5), 10)).fired == 15
    silent = breadth(found(10, days(5)), dict.fromkeys(days(5), 0))
    assert (silent.subject_days, silent.share) == (50, 1.0)
    assert breadth([], {}).always is False


def test_who_had_data_is_counted_by_the_kind_of_subject() -> None:
    lines = [
        {
            "line_id": f"{shop}/{number}",
            "pharmacy_id": shop,
            "sold_at": datetime(2026, 3, 2 + number, 23, 59),
            "drug_code": "d",
            "batch_no": "b1" if number else "b0",
            "trace_code": None,
            "quantity": 1.0,
            "buyer_key": buyer,
        }
        for number, (shop, buyer) in enumerate([("甲", "x"), ("乙", "x"), ("丙", None)])
    ] + [
        {
            "line_id": "甲/9",
            "pharmacy_id": "甲",
            "sold_at": datetime(2026, 3, 3, 0, 0),
            "drug_code": "d",
            "quantity": 1.0,
        }
    ]
    shops = [
        {"pharmacy_id": one, "area_code": area, "status": "active"}
        for one, area in (("甲", "1"), ("乙", "1"), ("丙", "2"))
    ]
    facts = facts_from(sales=lines, pharmacies=shops, since=DAY, until=DAY + timedelta(days=5))
    whole, first = Window(DAY, DAY + timedelta(days=5)), Window(DAY, DAY)
    rule = book()["R-M01"]
    one, two, three = days(3)
    expected = {
        SubjectKind.PHARMACY: {one: 1, two: 2, three: 1},
        SubjectKind.BUYER: {one: 1, two: 1},
        SubjectKind.LOT: {one: 1, two: 1, three: 1},
        SubjectKind.AREA: {one: 1, two: 1, three: 1},
        SubjectKind.TRACE_CODE: {},
    }
    for kind, counted in expected.items():
        assert present_by_day(facts, replace(rule, subject_kind=kind), whole) == counted
        assert present_by_day(facts, replace(rule, subject_kind=kind), first) == {
            k: v for k, v in counted.items() if k == one
        }
