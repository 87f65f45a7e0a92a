"""Packs sold by shop, group and day on a grid, with the days that say nothing of what is usual left out.

Every cell is a function of the days up to its own: a later day changes none of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

F32 = NDArray[np.float32]
Bools = NDArray[np.bool_]

# After a day on which a shop was to report and did not, people buy what they could not.
_CATCH_UP_DAYS = 2
_WEEK = 7


class Sold(NamedTuple):
    """packs (groups, shops, days): net of returns, NaN where a day is not judged. Day 0 is `first`.

    `towns` is of each shop, "" where it lies in none.
    """

    first: date
    groups: tuple[str, ...]
    shops: tuple[str, ...]
    towns: NDArray[np.object_]
    packs: F32

    @property
    def days(self) -> int:
        """How many days."""
        return int(self.packs.shape[2])


def laid_out(
    counts: pd.DataFrame,
    reported: pd.DataFrame,
    promoted: pd.DataFrame,
    towns: dict[str, str],
    groups: Sequence[str],
    until: date,
) -> Sold | None:
    """The grid from the first day reported to `until`; None where nothing was reported by then.

    counts: pharmacy_id, day, group, packs; reported and promoted: pharmacy_id, day. A shop that reported on
    a day and sold none of a group sold zero; one that did not report is unknown, and so are the days of a
    declared promotion and the two after a day that it left out of its week.
    """
    days = _day_of(reported["day"])
    inside = days <= _number(until)
    if not inside.any():
        return None
    first = int(days[inside].min())
    shops = sorted(set(reported["pharmacy_id"][inside]))
    place = pd.Series(np.arange(len(shops)), index=shops)
    known = _marked(reported, place, first, _number(until) - first + 1)
    usable = known & ~_catching_up(known) & ~_marked(promoted, place, first, known.shape[1])
    packs = np.where(usable, np.float32(0.0), np.float32(np.nan))[None].repeat(len(groups), axis=0)
    at = counts["group"].map({name: number for number, name in enumerate(groups)}).to_numpy(dtype=float)
    shop = counts["pharmacy_id"].map(place).to_numpy(dtype=float)
    on = _day_of(counts["day"]) - first
    fits = ~np.isnan(at) & ~np.isnan(shop) & (on >= 0) & (on < known.shape[1])
    cells = at[fits].astype(int), shop[fits].astype(int), on[fits].astype(int)
    # More returned than sold is no count; and what is not a whole pack is a part of one.
    sold = np.maximum(np.round(counts["packs"].to_numpy(dtype=float)[fits]), 0.0)
    packs[cells] = np.where(usable[cells[1], cells[2]], sold, np.nan)
    named = np.array([towns.get(one, "") for one in shops], object)
    return Sold(_date(first), tuple(groups), tuple(shops), named, packs)


def _marked(rows: pd.DataFrame, place: pd.Series[int], first: int, days: int) -> Bools:
    """(shops, days): where a row names the shop and the day."""
    marks = np.zeros((len(place), days), np.bool_)
    shop = rows["pharmacy_id"].map(place).to_numpy(dtype=float)
    on = _day_of(rows["day"]) - first
    fits = ~np.isnan(shop) & (on >= 0) & (on < days)
    marks[shop[fits].astype(int), on[fits].astype(int)] = True
    return marks


def _catching_up(known: Bools) -> Bools:
    """The days after one that the shop left out, though it reported a week before it."""
    missed = np.zeros_like(known)
    missed[:, _WEEK:] = known[:, :-_WEEK] & ~known[:, _WEEK:]
    after = np.zeros_like(known)
    for lag in range(1, _CATCH_UP_DAYS + 1):
        after[:, lag:] |= missed[:, :-lag]
    return after


def _day_of(days: pd.Series[Any]) -> NDArray[np.int64]:
    """Days since 1970."""
    return pd.to_datetime(days).to_numpy().astype("datetime64[D]").astype(np.int64)


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _date(number: int) -> date:
    return date.fromordinal(number + date(1970, 1, 1).toordinal())
