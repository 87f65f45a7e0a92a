"""What the daily filter remembers of each series between two nights, and the numbers it is tuned by.

A month of counts, some discounted sums and a year of seasonal bins: about 3 kB a series, float32, so
that a million series fit in 4 GB and a night needs nothing older. One record a series: the compiled
code takes a record as one pointer, where a tuple of arrays costs more than the arithmetic.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yaotong.detection.days import CLASSES

# A record of one of the types below, or an array of them; numba reads the fields, mypy cannot.
Record = Any

WINDOWS = (1, 3, 7, 14, 28)
SPANS = len(WINDOWS)
RING = 32
LEVELS = 4
# The levels, a slow trend drawn through the last two, a fast trend through the first two.
FORECASTS = LEVELS + 2
WEEKS = 53
SEASONS = 14
# The first four weeks give the first level; two months are the least that is judged.
FIRST_DAYS = 28
LEAST_DAYS = 56

_F = "f4"
SERIES = np.dtype(
    [
        ("days", "i4"),
        ("shown", _F),  # the last score
        ("top", _F, (LEVELS,)),  # numerators of the levels: discounted sales
        ("base", _F, (LEVELS,)),  # denominators: discounted exposure
        ("error", _F, (SPANS, FORECASTS)),
        ("weight", _F, (SPANS, FORECASTS)),
        ("weekdays", _F, (7, 2)),  # sold and expected, by weekday
        ("holidays", _F, (CLASSES, 2)),
        ("season", _F, (WEEKS, 2)),
        ("wander", _F, (SEASONS, SPANS + 1)),  # squared errors by part of the year, last: days
        ("recent", _F, (SPANS + 1,)),
        ("ever", _F, (SPANS + 1,)),
        ("noise", _F, (2,)),  # variance over mean: sum and weight
        ("before", _F),  # the level before a lasting rise, 0 for none
        ("calm", "i4"),  # days in a row that the rise was not seen
        # Rings of the last days, by day number.
        ("y", _F, (RING,)),
        ("kept", _F, (RING,)),  # the same, capped for the long windows
        ("unit", _F, (RING,)),  # expected at a level of one
        ("parts", _F, (RING, 4)),  # the unit's weekday, festival and season; how unsure the festival is
        ("cover", _F, (RING,)),  # the largest score of a window over the day
        ("level", _F, (RING, FORECASTS)),  # the forecasts before the day
        ("slope", _F, (RING,)),
        ("mass", _F, (RING,)),
        ("dates", "i1", (RING, 3)),  # kind, weekday, week of the year
    ]
)
GROUP = np.dtype([("noise", "f8", (2,)), ("flow", "f8", (2,))])
# Scratch: one member of a group on one day; the verdict on it.
MEMBER = np.dtype([(name, "f8") for name in ("sold", "usual", "rate", "noise", "counted", "weighed")])
VERDICT = np.dtype(
    [
        ("score", "f8"),
        ("window", "i8"),
        ("expected", "f8"),
        ("variance", "f8"),
        ("excess", "f8"),
        ("due", "f8"),  # expected of the window, and its variance
        ("wide", "f8"),
        ("plain", "f8", (SPANS,)),
    ]
)
TUNING = np.dtype(
    [
        ("memory", "f8", (LEVELS,)),  # discount a day of each level
        ("delayed", "i1", (LEVELS,)),  # it learns a day only when a fortnight has judged it
        ("weekday_prior", "f8"),  # sales a factor is worth before any is seen
        ("holiday_prior", "f8"),
        ("sharpness", "f8"),  # how hard forecasts are ranked by their past errors
        ("grouped", "i1"),  # beside the rest of a group; else beside the series' own year
    ]
)


def _tuning(*values: Any) -> Record:
    return np.array([values], TUNING)[0]


# Chosen on simulated panels of other seeds than the reported ones.
ALONE = _tuning((0.93, 0.97, 0.99, 0.999), (0, 0, 0, 1), 50.0, 10.0, 1.0, 0)
GROUPED = _tuning((0.985, 0.99, 0.995, 0.998), (1, 1, 1, 1), 300.0, 30.0, 0.5, 1)


def started(first: NDArray[np.floating]) -> NDArray[np.void]:
    """The state before the first day, with the level of the first days.

    `first` is (series, FIRST_DAYS), NaN where nothing came.
    """
    state = np.zeros(len(first), SERIES)
    known = ~np.isnan(first)
    # One mistyped cell among the first days must not set the level.
    middle = np.nanmedian(np.where(known.any(axis=1, keepdims=True), first, 0.0), axis=1)
    capped = np.where(known, np.minimum(first, 10.0 * (middle + 1.0)[:, None]), 0.0)
    mean = (capped.sum(axis=1) + 0.5) / np.maximum(known.sum(axis=1), 1)
    state["base"] = state["mass"] = FIRST_DAYS
    state["top"] = (mean * FIRST_DAYS)[:, None]
    state["level"] = mean[:, None, None]
    state["weight"] = 1.0 / FORECASTS
    state["parts"] = 1.0
    return state
