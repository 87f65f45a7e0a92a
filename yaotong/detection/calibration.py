"""From a score to an honest p: how often event-free series reach it.

A score is the largest of several windows, each fitted on the past, so its tail is not the normal's.
The tables are the scores that shares of event-free points exceed on simulated panels (seeds 1 to 5 of
the daily and the weekly design, `python -m bench.calibrate_detect` prints them anew). Below one in a
hundred p is raised, up to 2.5 times from one in a thousand on: real series are rougher than simulated
ones, and a q-value leans on just that part.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]


class Scale(NamedTuple):
    """Scores reached by these shares of event-free points; past the last, log share falls by `slope`."""

    scores: tuple[float, ...]
    shares: tuple[float, ...]
    slope: float


SHARES = (1.0, 0.5, 0.3, 0.2, 0.1, 0.05, 0.03, 0.02, 0.01, 0.005, 0.003, 0.002, 0.001, 4e-4, 1.2e-4)
DAILY = Scale(
    (-9.0, 0.51, 1.27, 1.60, 2.05, 2.45, 2.69, 2.87, 3.14, 3.38, 3.55, 3.69, 3.94, 4.24, 4.58), SHARES, 3.0
)
WEEKLY = Scale(
    (-9.0, 0.33, 0.94, 1.32, 1.89, 2.33, 2.62, 2.83, 3.17, 3.51, 3.75, 3.93, 4.23, 4.59, 5.22), SHARES, 2.0
)
_SMALLEST = 1e-15
_MOST_RAISED = np.log(2.5)


def p_values(score: Floats, scale: Scale) -> NDArray[np.float64]:
    """The share of event-free points with such a score or more; NaN stays NaN."""
    logs = np.log(scale.shares)
    told = np.interp(score, scale.scores, logs)
    told = np.where(score > scale.scores[-1], logs[-1] - scale.slope * (score - scale.scores[-1]), told)
    told += np.interp(-told, -np.log([0.01, 0.001]), [0.0, _MOST_RAISED])
    return np.where(np.isnan(score), np.nan, np.maximum(np.exp(told), _SMALLEST))


def score_at(alpha: float, scale: Scale) -> float:
    """The score whose p is alpha."""
    grid = np.linspace(-9.0, 15.0, 24_001)
    p = p_values(grid, scale)
    return float(grid[min(int(np.searchsorted(-p, -alpha)), len(grid) - 1)])
