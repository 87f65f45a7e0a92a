"""The one statutory calendar: holidays with 调休, for baselines, opening hours and deadlines alike.

Source: chinesecalendar, which carries the State Council's yearly notices. A year it does not know
yet falls back to plain weekends, and `known` says so.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache

import chinese_calendar
import pandas as pd

from yaotong.facts import DAYS_SCHEMA

OFFICE_OPENS = time(8, 30)
OFFICE_CLOSES = time(17, 30)


@lru_cache(maxsize=8192)
def known(day: date) -> bool:
    """Whether the notice for the day's year is in the calendar."""
    try:
        chinese_calendar.is_workday(day)
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=8192)
def is_workday(day: date) -> bool:
    """Whether offices work that day, 调休 included."""
    return bool(chinese_calendar.is_workday(day)) if known(day) else day.weekday() < 5


@lru_cache(maxsize=8192)
def holiday(day: date) -> str | None:
    """The statutory holiday's name in English when the day is a day off within one, else None."""
    if not known(day):
        return None
    off, name = chinese_calendar.get_holiday_detail(day)
    return str(name) if off and name else None


def days_frame(since: date, until: date) -> pd.DataFrame:
    """One row per day, both ends included, with the columns of facts.DAYS_SCHEMA."""
    days = [since + timedelta(days=offset) for offset in range((until - since).days + 1)]
    names = [holiday(day) for day in days]
    frame = pd.DataFrame(
        {
            "day": days,
            "weekday": pd.array([day.weekday() for day in days], dtype="int32"),
            "is_workday": [is_workday(day) for day in days],
            "is_holiday": [name is not None for name in names],
            "holiday": names,
        }
    )
    return frame[list(DAYS_SCHEMA.names)]


def add_workdays(start: datetime, days: int) -> datetime:
    """The same hour `days` working days later; work done outside office days starts on the next one."""
    day = start.date()
    while not is_workday(day):
        day += timedelta(days=1)
    for _ in range(days):
        day += timedelta(days=1)
        while not is_workday(day):
            day += timedelta(days=1)
    return datetime.combine(day, start.time() if day == start.date() or days else OFFICE_OPENS)


def workdays_between(first: date, last: date) -> int:
    """How many working days lie after `first` up to and including `last`; 0 when last is not later."""
    return sum(is_workday(first + timedelta(days=one)) for one in range(1, (last - first).days + 1))


def in_office_hours(moment: datetime) -> bool:
    """Whether somebody is at the desk: a working day between 08:30 and 17:30."""
    return is_workday(moment.date()) and OFFICE_OPENS <= moment.time() < OFFICE_CLOSES
