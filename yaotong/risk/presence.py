"""Hours a shop was open, and those of them with no pharmacist on duty."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Whole = NDArray[np.int64]
_HOUR_S = 3600
# Seconds between the time lines of two shops: more than any window is long.
_APART_S = 1 << 36


def absent_hours(openings: pd.DataFrame, shifts: pd.DataFrame) -> pd.DataFrame:
    """One row per shop with openings: license_no, open_hours, absent_hours.

    `openings`: license_no, since_s, until_s of each open span that does not overlap another; `shifts` the
    same, which may overlap. Seconds of one clock, whole and not negative.
    """
    names = pd.Index(openings["license_no"].unique()).sort_values()
    shop = names.get_indexer(pd.Index(openings["license_no"]))
    since, until = (openings[one].to_numpy(np.int64) for one in ("since_s", "until_s"))
    ends, covered = _covered(shifts, names)
    inside = _before(until + shop * _APART_S, ends, covered) - _before(since + shop * _APART_S, ends, covered)
    size = len(names)
    opened = np.bincount(shop, until - since, minlength=size)
    present = np.bincount(shop, inside, minlength=size)
    return pd.DataFrame(
        {
            "license_no": names.to_numpy(object),
            "open_hours": opened / _HOUR_S,
            "absent_hours": np.maximum(opened - present, 0) / _HOUR_S,
        }
    )


def _covered(shifts: pd.DataFrame, names: pd.Index) -> tuple[Whole, Whole]:
    """The ends of the stretches in which somebody is there, begin and end in turn, all shops on one line,
    and how many seconds are covered up to each."""
    place = names.get_indexer(pd.Index(shifts["license_no"]))
    known = place >= 0
    shop = place[known].astype(np.int64)
    since = shifts["since_s"].to_numpy(np.int64)[known] + shop * _APART_S
    until = shifts["until_s"].to_numpy(np.int64)[known] + shop * _APART_S
    order = np.argsort(since, kind="stable")
    since, until = since[order], np.maximum.accumulate(until[order])
    first = np.ones(len(since), dtype=bool)
    first[1:] = since[1:] > until[:-1]
    begins = since[first]
    last = np.append(np.flatnonzero(first)[1:] - 1, len(since) - 1) if len(since) else np.flatnonzero(first)
    finishes = until[last]
    ends = np.column_stack([begins, finishes]).ravel()
    lengths = np.column_stack([np.zeros_like(begins), finishes - begins]).ravel()
    return ends, np.cumsum(lengths)


def _before(moment: Whole, ends: Whole, covered: Whole) -> Whole:
    """Seconds covered before each moment."""
    if not len(ends):
        return np.zeros(len(moment), dtype=np.int64)
    at = np.searchsorted(ends, moment, side="right") - 1
    known = np.maximum(at, 0)
    # At an even place a stretch has begun and goes on.
    running = np.where(known % 2 == 0, moment - ends[known], 0)
    return np.where(at < 0, 0, covered[known] + running)
