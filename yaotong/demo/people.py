"""Invented buyers: the stories' own, and a crowd who rarely come back for a registered drug."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from yaotong.demo.identifiers import id_numbers
from yaotong.demo.plan import Ints, Plan

_STORY_YEARS = (date(1970, 1, 1), date(1979, 12, 31))
_CROWD_YEARS = ((date(1942, 1, 1), date(1969, 12, 31)), (date(1980, 1, 1), date(2005, 12, 31)))
_APART_DAYS = 40  # a buyer of the crowd waits longer than the longest window of any rule (30 days)
_RETURNING = 0.45  # the crowd is this large a share of its lines, so most come about twice a year
_BLOCK = 150  # buyers swap places within so many lines, so that nobody comes at a fixed interval
STORY_PEOPLE = 400


class Extras:
    """The stories' buyers: each call gives one person nobody else is."""

    def __init__(self, plan: Plan) -> None:
        self._ids = iter(id_numbers(plan.stream("people/stories"), STORY_PEOPLE, *_STORY_YEARS))

    def next(self) -> str:
        """A new person's ID number."""
        return str(next(self._ids))


def crowd(plan: Plan, name: str, days: Ints) -> NDArray[np.object_]:
    """A buyer's ID for each line of a registered category; `days` must not decrease.

    Nobody comes back within 40 days.
    """
    if not len(days):
        return np.array([], dtype=object)
    rng = plan.stream(f"people/{name}")
    size = max(int(len(days) * _RETURNING), _busiest(days, _APART_DAYS) + 2 * _BLOCK)
    half = size // 2
    ids = np.concatenate(
        [id_numbers(rng, half, *_CROWD_YEARS[0]), id_numbers(rng, size - half, *_CROWD_YEARS[1])]
    )
    rng.shuffle(ids)
    place = np.arange(len(days))
    visit, seat = place // size, place % size
    order = np.lexsort((rng.random(len(days)), seat // _BLOCK, visit))
    swapped = np.empty_like(seat)
    swapped[np.arange(len(days))] = seat[order]
    return ids[swapped].astype(object)


def _busiest(days: Ints, span: int) -> int:
    """Most lines in any `span` days."""
    ends = np.searchsorted(days, days + span, side="right")
    return int((ends - np.arange(len(days))).max())
