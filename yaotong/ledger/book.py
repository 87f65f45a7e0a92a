"""Balances of shelves, all periods at once: prefix sums of entries, cut where periods begin and end.

A period of a shelf holds what moved after its beginning until its end, that moment included. A count speaks
of its moment: what moved then is in it. From a count on the book goes on with what was counted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yaotong.ledger.entries import KINDS, SIGNS, Bools, Counts, Entries, Ints, placed

DAY_S = 86_400


@dataclass(frozen=True, eq=False)
class Periods:
    """Shelf, beginning (excluded) and end (included) of each period: (n,) each."""

    shelf: Ints
    begin: Ints
    end: Ints


@dataclass(frozen=True, eq=False)
class Balances:
    """What each period comes to, in micropacks; (n,) and `sums` (n, len(KINDS)).

    `opening` and `closing` hold only where `opened` and `closed`. `gap` is what the counts within lacked
    against the book (negative: had too much), where a count before let that be told; `parts` counts
    entries of split packs, `entries` all.
    """

    sums: Ints
    opening: Ints
    opened: Bools
    closing: Ints
    closed: Bools
    gap: Ints
    parts: Ints
    entries: Ints


@dataclass(frozen=True, eq=False)
class Spans:
    """Neighbouring counts of a shelf: places of both among the counts, and what lay between.

    `gap` in micropacks, positive where packs are missing; `lowest` is the least the book said between,
    `lowest_if_late` the same had every purchase come `late_days` sooner.
    """

    first: Ints
    second: Ints
    sums: Ints
    gap: Ints
    parts: Ints
    lowest: Ints
    lowest_if_late: Ints
    bought_after: Ints


class Book:
    """Entries and counts of shelves, ready to be asked."""

    def __init__(self, entries: Entries, counts: Counts) -> None:
        self.entries, self.counts = entries, counts
        self._where = entries.placed()
        signed = SIGNS[entries.kind] * entries.packs
        self._signed = _prefix(signed)
        self._by_kind = np.stack(
            [_prefix(np.where(entries.kind == kind, entries.packs, 0)) for kind in range(len(KINDS))], axis=1
        )
        self._parts = _prefix(entries.part.astype(np.int64))
        self._counted = placed(counts.shelf, counts.at)
        self._gaps = self._gaps_of_counts()
        self._all_gaps = _prefix(self._gaps)

    def balances(self, periods: Periods) -> Balances:
        """What each period comes to."""
        first, last = self._at(periods.shelf, periods.begin), self._at(periods.shelf, periods.end)
        opening, opened = self._stands(periods.shelf, periods.begin)
        closing, closed = self._stands(periods.shelf, periods.end)
        inside = [
            np.searchsorted(self._counted, placed(periods.shelf, one), side="right")
            for one in (periods.begin, periods.end)
        ]
        return Balances(
            sums=self._by_kind[last] - self._by_kind[first],
            opening=opening,
            opened=opened,
            closing=closing,
            closed=closed,
            gap=self._all_gaps[inside[1]] - self._all_gaps[inside[0]],
            parts=self._parts[last] - self._parts[first],
            entries=last - first,
        )

    def spans(self, late_days: int) -> Spans:
        """Every two neighbouring counts of a shelf, oldest first within it."""
        counts = self.counts
        second = np.flatnonzero(np.diff(counts.shelf, prepend=-1) == 0)
        first = second - 1
        shelf, begin, end = counts.shelf[second], counts.at[first], counts.at[second]
        low, high = self._at(shelf, begin), self._at(shelf, end)
        after = self._at(shelf, end + late_days * DAY_S)
        bought = self._by_kind[:, KINDS.index("bought")]
        opening = counts.packs[first]
        return Spans(
            first=first,
            second=second,
            sums=self._by_kind[high] - self._by_kind[low],
            gap=self._gaps[second],
            parts=self._parts[high] - self._parts[low],
            lowest=opening + _least(self._signed, low, high),
            lowest_if_late=opening + self._least_if_late(shelf, begin, end, late_days),
            bought_after=bought[after] - bought[high],
        )

    def _least_if_late(self, shelf: Ints, begin: Ints, end: Ints, late_days: int) -> Ints:
        entries = self.entries
        sooner = np.maximum(entries.at - late_days * DAY_S, self._counted_before() + 1)
        at = np.where(entries.kind == KINDS.index("bought"), sooner, entries.at)
        order = np.argsort(placed(entries.shelf, at), kind="stable")
        where = placed(entries.shelf, at)[order]
        signed = _prefix((SIGNS[entries.kind] * entries.packs)[order])
        low, high = (np.searchsorted(where, placed(shelf, one), side="right") for one in (begin, end))
        return _least(signed, low, high)

    def _counted_before(self) -> Ints:
        """The moment of each entry's last count before it: what came since was not yet counted."""
        if not len(self._counted):
            return np.zeros(len(self.entries.at), np.int64)
        last = np.searchsorted(self._counted, self._where, side="left") - 1
        known = (last >= 0) & (self.counts.shelf[np.maximum(last, 0)] == self.entries.shelf)
        return np.where(known, self.counts.at[np.maximum(last, 0)], 0)

    def _at(self, shelf: Ints, moment: Ints) -> Ints:
        """How many entries lie before a shelf's moment or on it."""
        return np.searchsorted(self._where, placed(shelf, moment), side="right")

    def _stands(self, shelf: Ints, moment: Ints) -> tuple[Ints, Bools]:
        """What the book says at a moment, and whether a count of the shelf lets it say so."""
        if not len(self._counted):
            return np.zeros(len(shelf), np.int64), np.zeros(len(shelf), bool)
        last = np.searchsorted(self._counted, placed(shelf, moment), side="right") - 1
        known = (last >= 0) & (self.counts.shelf[np.maximum(last, 0)] == shelf)
        last = np.maximum(last, 0)
        since = self._signed[self._at(shelf, moment)] - self._signed[self._at(shelf, self.counts.at[last])]
        return np.where(known, self.counts.packs[last] + since, 0), known

    def _gaps_of_counts(self) -> Ints:
        """Of each count what it lacks against the book since the count before; 0 for a shelf's first."""
        counts = self.counts
        at = self._at(counts.shelf, counts.at)
        moved = np.diff(self._signed[at], prepend=0)
        before = np.roll(counts.packs, 1)
        follows = np.diff(counts.shelf, prepend=-1) == 0
        return np.where(follows, before + moved - counts.packs, 0)


def _prefix(values: NDArray[np.int64]) -> Ints:
    """Sums of the first 0, 1, … n values."""
    return np.concatenate([[0], np.cumsum(values, dtype=np.int64)])


def _least(signed: Ints, low: Ints, high: Ints) -> Ints:
    """The least that was added, beginning with nothing, from each place `low` to its `high`."""
    if not len(low):
        return np.zeros(0, np.int64)
    ends = np.stack([low, high + 1], axis=1).ravel()
    least = np.minimum.reduceat(np.append(signed, np.iinfo(np.int64).max), ends)[::2]
    return least - signed[low]
