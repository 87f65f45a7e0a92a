"""Which past weeks Farrington's methods compare a week with: the same season of the years before."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HALF_WIDTH = 3
PERIODS = 10
LEFT_OUT = 26
YEARS, LEAST_YEARS = 5, 3


class References(NamedTuple):
    """Past places of one week and the part of the year each lies in; 0 is the week's own part."""

    places: NDArray[np.int64]
    parts: NDArray[np.int64]


def _years_before(day: date, years: int) -> date:
    """The same date earlier; 29 February becomes 1 March."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return date(day.year - years, 3, 1)


def _same_weekday(near: date, like: date) -> date:
    """The day nearest to `near` that falls on the weekday of `like`."""
    ahead = (like.weekday() - near.weekday()) % 7
    return near + timedelta(days=ahead if ahead < 7 - ahead else ahead - 7)


def _place(day: date, first: date, step: int) -> int:
    return (day - first).days // step


def _anchors(first: date, step: int, t: int, years: int) -> list[int]:
    """The places of week t and of its season in each year before, latest first."""
    today = first + timedelta(days=step * t)
    days = [_years_before(today, back) for back in range(years + 1)]
    if step == 7:
        days = [_same_weekday(day, today) for day in days]
    return [_place(day, first, step) for day in days]


def years_known(first: date, step: int, t: int) -> int:
    """How many seasons before t lie whole in the series, YEARS at most."""
    known = 0
    for years in range(1, YEARS + 1):
        if _anchors(first, step, t, years)[-1] >= HALF_WIDTH:
            known = years
    return known


def same_season(first: date, step: int, t: int, years: int) -> References:
    """Farrington et al. 1996: three weeks about the season in each year before."""
    anchors = _anchors(first, step, t, years)[1:]
    places = [np.arange(one - HALF_WIDTH, one + HALF_WIDTH + 1) for one in reversed(anchors)]
    found = np.concatenate(places)
    return References(found, np.zeros(len(found), np.int64))


def whole_years(first: date, step: int, t: int, years: int) -> References:
    """Noufaily et al. 2013: all weeks of the years before, in PERIODS parts, but for the last half year."""
    anchors = _anchors(first, step, t, years)
    parts = np.full(t + 1, -1, np.int64)
    parts[t - HALF_WIDTH :] = 0
    for later, earlier in pairwise(anchors):
        parts[earlier - HALF_WIDTH : earlier + HALF_WIDTH + 1] = 0
        begin = earlier + HALF_WIDTH + 1
        length, rest = divmod(later - HALF_WIDTH - begin, PERIODS - 1)
        sizes = np.full(PERIODS - 1, length)
        sizes[:rest] += 1
        parts[begin : begin + sizes.sum()] = np.repeat(np.arange(1, PERIODS), sizes)
    parts[t - LEFT_OUT :] = -1
    places = np.flatnonzero(parts >= 0)
    return References(places, parts[places])
