"""What kind of day each date is, for baselines: weekday, week of the year, and the festivals.

Offices follow the statutory calendar (yaotong.workdays, 调休 included), shops follow the Spring
Festival: stocking up before it, closed in it, catching up after it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong import workdays

ORDINARY, BEFORE_SPRING, SPRING, AFTER_SPRING, NATIONAL, LABOUR, NEW_YEAR, DAY_OFF, MADE_UP = range(9)
MARKED, PROMOTION = 9, 10
CLASSES = 11

# The first day of the lunar year (正月初一); tests hold the known years to the statutory calendar.
_LUNAR = """2010-02-14 2011-02-03 2012-01-23 2013-02-10 2014-01-31 2015-02-19 2016-02-08 2017-01-28
2018-02-16 2019-02-05 2020-01-25 2021-02-12 2022-02-01 2023-01-22 2024-02-10 2025-01-29 2026-02-17
2027-02-06 2028-01-26 2029-02-13 2030-02-03 2031-01-23 2032-02-11 2033-01-31 2034-02-19 2035-02-08"""
LUNAR_NEW_YEARS = tuple(date.fromisoformat(text) for text in _LUNAR.split())


class Days(NamedTuple):
    """One entry a date: weekday 0-6, week of the year 0-52, class as above."""

    weekday: NDArray[np.int64]
    week: NDArray[np.int64]
    kind: NDArray[np.int64]
    since: int = 0  # the day number of the first entry


def kinds(first: date, count: int, since: int = 0) -> Days:
    """The kinds of `count` days from `first` on; `since` is the number that `first` bears."""
    dates = [first + timedelta(days=one) for one in range(count)]
    week = [min((day.timetuple().tm_yday - 1) // 7, 52) for day in dates]
    return Days(
        np.array([day.weekday() for day in dates], np.int64),
        np.array(week, np.int64),
        np.array([_kind(day) for day in dates], np.int64),
        since,
    )


def _kind(day: date) -> int:
    spring = _spring(day)
    if spring != ORDINARY:
        return spring
    name = workdays.holiday(day)
    if (day.month == 10 and day.day <= 7) or name == "National Day":
        return NATIONAL
    if (day.month == 5 and day.day <= 5) or name == "Labour Day":
        return LABOUR
    if (day.month, day.day) == (1, 1):
        return NEW_YEAR
    if name:
        return SPRING if name == "Spring Festival" else DAY_OFF
    return MADE_UP if day.weekday() >= 5 and workdays.is_workday(day) else ORDINARY


def _spring(day: date) -> int:
    """Where the day lies about the lunar new year: nine days before to twelve after."""
    offset = min(((day - new).days for new in LUNAR_NEW_YEARS), key=abs)
    if -9 <= offset <= -2:
        return BEFORE_SPRING
    if -1 <= offset <= 6:
        return SPRING
    return AFTER_SPRING if 7 <= offset <= 12 else ORDINARY
