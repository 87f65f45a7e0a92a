"""Which findings an exemption covers, which rules it speaks of, and what may not be made."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from tests.alerts.test_decide import DAY0, found
from yaotong.alerts.exempt import check_end, check_new, covering, reaches, year_after
from yaotong.alerts.model import Exemption, ExemptReason
from yaotong.errors import UsageError

ONE = Exemption(
    7,
    "R-M01",
    "pharmacy",
    "s",
    DAY0,
    DAY0 + timedelta(days=3),
    ExemptReason.OTHER,
    "依据",
    "msa",
    "甲",
    datetime(2026, 1, 1),
)


@pytest.mark.parametrize(("day", "inside"), [(-1, False), (0, True), (3, True), (4, False)])
def test_it_covers_its_first_and_its_last_day(day: int, inside: bool) -> None:
    assert (covering([ONE], found(day)) is ONE) is inside


@pytest.mark.parametrize(("day", "inside"), [(1, True), (2, False)])
def test_an_ended_one_covers_nothing_from_the_day_it_ended_on(day: int, inside: bool) -> None:
    ended = replace(ONE, ended_from=DAY0 + timedelta(days=2), ended_at=datetime(2026, 1, 9), ended_by="乙")
    assert (covering([ended], found(day)) is ended) is inside


def test_others_are_not_covered_and_of_two_the_first_made_counts() -> None:
    assert covering([ONE], found(0, subject="t")) is None
    later = replace(ONE, exemption_id=9)
    assert covering([later, ONE], found(0)) is ONE


@pytest.mark.parametrize(
    ("change", "rule_id", "kind", "lead", "spoken"),
    [
        ({}, "R-M01", "pharmacy", "msa", True),
        ({}, "R-M02", "pharmacy", "msa", False),
        ({"rule_pattern": "R-M*"}, "R-M02", "pharmacy", "msa", True),
        ({"rule_pattern": "R-*"}, "R-P01", "pharmacy", "psb", False),
        ({}, "R-M01", "buyer", "msa", False),
        ({"reason": ExemptReason.ALL_HOURS}, "R-M01", "pharmacy", "msa", False),
    ],
)
def test_which_rules_it_speaks_of(
    change: dict[str, object], rule_id: str, kind: str, lead: str, spoken: bool
) -> None:
    one = replace(ONE, **change)  # type: ignore[arg-type]
    assert reaches(one, rule_id, kind, lead, {ExemptReason.OTHER}) is spoken


@pytest.mark.parametrize(
    "change",
    [
        {"subject_kind": "area"},
        {"reason": ExemptReason.CHRONIC_PATIENT},
        {"subject_kind": "buyer", "reason": ExemptReason.REMOTE_REVIEW},
        {"valid_until": DAY0 - timedelta(days=1)},
        {"valid_until": year_after(DAY0) + timedelta(days=1)},
        {"text": "  "},
        {"text": "长" * 501},
    ],
)
def test_what_may_not_be_made(change: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        check_new(replace(ONE, **change))  # type: ignore[arg-type]


def test_a_year_is_the_longest() -> None:
    check_new(replace(ONE, valid_until=year_after(DAY0)))
    assert year_after(date(2026, 3, 1)) == date(2027, 2, 28)
    assert year_after(date(2028, 2, 29)) == date(2029, 2, 28)


def test_it_ends_once_and_within_its_days() -> None:
    check_end(ONE, DAY0)
    for late in (DAY0 - timedelta(days=1), DAY0 + timedelta(days=4)):
        with pytest.raises(UsageError):
            check_end(ONE, late)
    with pytest.raises(UsageError, match="已经终止"):
        check_end(replace(ONE, ended_at=datetime(2026, 1, 9)), DAY0)
