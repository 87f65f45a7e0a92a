"""Periods of reports: the last whole day, week and month, and the one before."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.errors import UsageError
from yaotong.reports.periods import KINDS, period_asked, period_of

DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("kind", "first", "last"),
    [
        ("daily", date(2026, 6, 30), date(2026, 6, 30)),
        ("weekly", date(2026, 6, 22), date(2026, 6, 28)),
        ("monthly", date(2026, 6, 1), date(2026, 6, 30)),
    ],
)
def test_without_a_day_it_is_the_last_whole_period(kind: str, first: date, last: date) -> None:
    found = period_asked(kind, None, date(2026, 7, 1))
    assert (found.first, found.last) == (first, last)


@given(st.sampled_from(KINDS), DAYS)
def test_periods_follow_one_another_without_gap(kind: str, day: date) -> None:
    found = period_of(kind, day)
    assert found.first <= day <= found.last
    assert found.before().last == found.first - timedelta(days=1)
    assert found.before().end == found.start
    assert {period_of(kind, found.first + timedelta(days=n)) for n in range(found.days)} == {found}


def test_the_weeks_begin_on_monday_and_the_leap_month_has_its_day() -> None:
    assert period_of("weekly", date(2026, 6, 28)).first.weekday() == 0
    assert period_of("monthly", date(2028, 2, 10)).last == date(2028, 2, 29)
    assert period_of("monthly", date(2028, 2, 10)).year_before().last == date(2027, 2, 28)


def test_what_is_to_come_is_refused_and_what_still_runs_is_not() -> None:
    today = date(2026, 7, 1)
    assert period_asked("monthly", today, today).first == today
    with pytest.raises(UsageError, match="还没有到"):
        period_asked("daily", date(2026, 7, 2), today)
    with pytest.raises(UsageError, match="没有报告"):
        period_asked("hourly", None, today)


def test_a_report_knows_nothing_of_what_came_after_its_period() -> None:
    day = period_of("daily", date(2026, 6, 30))
    assert day.known_at(datetime(2026, 9, 1)) < day.end
    assert day.known_at(datetime(2026, 6, 30, 9)) == datetime(2026, 6, 30, 9)
    assert day.holds(day.start)
    assert not day.holds(day.end)
    assert not day.holds(None)
