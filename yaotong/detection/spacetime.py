"""Expected counts by region and date made honest by the dates before the scanned ones, and their spread.

Counts of sales vary more than Poisson's law lets them, and by how much is learnt from the past. Sources:
McCullagh and Nelder (1989) Generalized Linear Models, 4.5 (variance by Pearson's statistic); DerSimonian
and Laird (1986) Control. Clin. Trials 7:177 (the spread between regions by moments); Efron and Morris (1972)
J. Am. Stat. Assoc. 67:130 (limits to what the others may hold back).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Fewer dates before the scanned ones do not tell how much counts vary.
LEAST_BEFORE = 14
_ROUNDS = 3
# As many standard errors from its own count is an expectation held by the others, at most.
_HELD = 2.0


class Baseline(NamedTuple):
    """mean (n, t) expected counts; ratio, the variance over the mean, at least 1."""

    mean: Floats
    ratio: float


def baseline(cases: NDArray[np.int64], expected: Floats, scanned: int) -> Baseline:
    """Scale `expected` (n, t) to the dates before the last `scanned`, and see how counts vary round it.

    A region, or a date, that differs from what is expected by more than chance moves its own expectation
    as far as its counts can be believed; where all agree nothing moves but the level. Cells with nothing
    expected take no part.
    """
    before = expected.shape[1] - scanned
    mean = expected * (cases[:, :before].sum() / max(expected[:, :before].sum(), 1e-300))
    regions, dates = np.ones(len(mean)), np.ones(mean.shape[1])
    ratio = 1.0
    for _ in range(_ROUNDS):
        past = (mean * regions[:, None] * dates)[:, :before]
        ratio = _ratio(cases[:, :before], past)
        regions = _moved(cases[:, :before], (mean * dates)[:, :before], ratio, axis=1)
        dates = _moved(cases, mean * regions[:, None], ratio, axis=0)
    return Baseline(mean * regions[:, None] * dates, ratio)


def _ratio(cases: NDArray[np.int64], mean: Floats) -> float:
    """Pearson's statistic over its degrees of freedom."""
    known = mean > 0.0
    gaps = np.square(cases[known] - mean[known]) / mean[known]
    return max(float(gaps.mean()) if gaps.size else 1.0, 1.0)


def _moved(cases: NDArray[np.int64], mean: Floats, ratio: float, axis: int) -> Floats:
    """For each region (axis 1) or date (axis 0) its count over what is expected, drawn towards one."""
    count, due = np.where(mean > 0.0, cases, 0).sum(axis=axis), mean.sum(axis=axis)
    spread = np.square(count - due) - ratio * due
    square = np.square(due).sum()
    between = spread.sum() / square if square > 0.0 else 0.0
    # Twice its standard error: what chance alone brings moves nothing.
    chance = 2.0 * ratio * np.sqrt(2.0 / max(square, 1e-300))
    weight = ratio / between if between > chance else np.inf
    moved = (count / weight + 1.0) / (due / weight + 1.0)
    # One that stands out among many that agree, a holiday among workdays, is not held back by them.
    own = count / np.maximum(due, 1e-300)
    reach = _HELD * np.sqrt(ratio / np.maximum(due, 1e-300))
    kept: Floats = np.where(due > 0.0, np.clip(moved, own - reach, own + reach), 1.0)
    return kept
