"""Tails of counts: the negative binomial as a normal score, upper bounds, q-values.

Everything here is on arrays or single numbers and decides nothing.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled

Floats = NDArray[np.floating]


@compiled
def _bend(x: float) -> float:
    """Peizer and Pratt's g(x) = (1 - x² + 2x ln x) / (1 - x)², by its series near one."""
    if x <= 0.0:
        return 1.0
    d = 1.0 - x
    if abs(d) < 0.05:
        return d / 3.0 + d * d / 6.0 + d * d * d / 10.0 + d * d * d * d / 15.0
    return (1.0 - x * x + 2.0 * x * math.log(x)) / (d * d)


@compiled
def nb_z(count: float, mean: float, variance: float) -> float:
    """Normal score of the mid-p upper tail of a negative binomial with this mean and variance.

    Peizer and Pratt 1968 (J. Am. Stat. Assoc. 63:1416), continued to fractional counts; within 0.07
    of the exact score from one expected up, out to p = 1e-7. A variance below the mean counts as
    Poisson. No sale at all is never a sign of too many.
    """
    if count <= 0.0:
        return -math.sqrt(mean) * (math.sqrt(mean / variance) if mean >= 1.0 else 0.7979)
    variance = max(variance, mean * 1.001)
    q = mean / variance
    p = 1.0 - q
    size = mean * q / p
    trials = count - 0.5 + size
    rest = max(size - 0.5, 1e-9)
    gap = count + 1.0 / 6.0 - (trials + 1.0 / 3.0) * p
    gap += 0.02 * (q / (count + 0.5) - p / (size + 1e-9) + (q - 0.5) / (trials + 1.0))
    bent = 1.0 + q * _bend(count / (trials * p + 1e-12)) + p * _bend(rest / (trials * q + 1e-12))
    bent /= (trials + 1.0 / 6.0) * p * q
    return gap * math.sqrt(bent) if bent > 0.0 else 0.0


def nb_upper(mean: Floats, variance: Floats, z: float) -> Floats:
    """The largest count that is not yet beyond the normal score z (Cornish-Fisher, two terms)."""
    variance = np.maximum(variance, mean * 1.001)
    spread = np.sqrt(variance)
    skew = (2.0 * variance / np.maximum(mean, 1e-9) - 1.0) / np.maximum(spread, 1e-9)
    shifted = z + (z * z - 1.0) * skew / 6.0
    return np.floor(np.maximum(mean + spread * shifted, 0.0) + 0.5)


def q_values(p: Floats) -> Floats:
    """Benjamini and Hochberg's adjusted p along the first axis (series), for each column by itself.

    A NaN is no test: it is left out and stays NaN.
    """
    known = ~np.isnan(p)
    order = np.argsort(np.where(known, p, np.inf), axis=0, kind="stable")
    ordered = np.take_along_axis(p, order, axis=0)
    ranks = np.arange(1, len(p) + 1).reshape(-1, *([1] * (p.ndim - 1)))
    scaled = np.where(np.isnan(ordered), np.inf, ordered * known.sum(axis=0) / ranks)
    least = np.minimum(np.minimum.accumulate(scaled[::-1], axis=0)[::-1], 1.0)
    result = np.empty_like(p)
    np.put_along_axis(result, order, least, axis=0)
    return np.where(known, result, np.nan)
