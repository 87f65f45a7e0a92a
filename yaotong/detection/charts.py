"""Control charts on counts: EARS C1, C2 and C3, the CUSUM of Rossi et al., and the GLR of a rise.

Definitions and sources: ears.md, cusum.md, glrnb.md. Arrays are (series, dates); NaN in, NaN out.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from scipy.special import ndtri

from yaotong.compiled import compiled

F64 = NDArray[np.float64]

BASELINE, LAG = 7, 2
# A week of equal counts must not make the next sale alarming.
LEAST_SIGMA = 0.5
CUSUM_K, CUSUM_H = 1.04, 2.26
GLR_LIMIT, GLR_WINDOW = 5.0, 49


class Chart(NamedTuple):
    """expected, upper (the count above which the date alarms) and the chart's statistic."""

    expected: F64
    upper: F64
    statistic: F64


class Ears(NamedTuple):
    """As Chart; `told` is what the alarm is judged by: C3's leaves today out, as the R package does."""

    expected: F64
    upper: F64
    statistic: F64
    told: F64


def ears(counts: NDArray[np.floating], kind: str, alpha: float, least_sigma: float = LEAST_SIGMA) -> Ears:
    """EARS C1 (the last 7 dates), C2 (the same, 2 dates back) or C3 (C2 with the two dates before)."""
    y = np.asarray(counts, np.float64)
    mean, sigma = _baseline(y, 0 if kind == "c1" else LAG, least_sigma)
    statistic = (y - mean) / sigma
    z = float(-ndtri(alpha))
    if kind != "c3":
        return Ears(mean, mean + z * sigma, statistic, statistic)
    over = np.maximum(statistic - 1.0, 0.0)
    before = np.full_like(y, np.nan)
    before[:, 2:] = over[:, 1:-1] + over[:, :-2]
    upper = np.maximum(y + sigma * (z - before), 0.0)
    return Ears(mean, upper, statistic + before, np.where(y > 0, before, 0.0))


def _baseline(y: F64, lag: int, least_sigma: float) -> tuple[F64, F64]:
    """Mean and standard deviation of the BASELINE dates that end `lag` + 1 dates before each date."""
    mean, sigma = np.full_like(y, np.nan), np.full_like(y, np.nan)
    begin = BASELINE + lag
    if y.shape[1] > begin:
        past = sliding_window_view(y[:, : y.shape[1] - lag - 1], BASELINE, axis=1)
        mean[:, begin:] = past.mean(axis=2)
        sigma[:, begin:] = past.std(axis=2, ddof=1)
    return mean, np.maximum(sigma, least_sigma)


def cusum(counts: NDArray[np.floating], mean: F64, k: float = CUSUM_K, h: float = CUSUM_H) -> Chart:
    """Rossi et al.'s transform of each count beside its mean, cumulated above k; alarm from h on.

    `mean` is (series, dates) or (series, 1). The sum goes on after an alarm; a missing date leaves it.
    """
    y = np.asarray(counts, np.float64)
    m = np.broadcast_to(np.asarray(mean, np.float64), y.shape)
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = (y - 3 * m + 2 * np.sqrt(y * m)) / (2 * np.sqrt(m))
    total, before = np.full_like(y, np.nan), np.zeros_like(y)
    sums = np.zeros(len(y))
    for t in range(y.shape[1]):
        before[:, t] = sums
        known = ~np.isnan(standard[:, t])
        sums = np.where(known, np.maximum(sums + standard[:, t] - k, 0.0), sums)
        total[:, t] = np.where(known, sums, np.nan)
    need = h + k - before
    # The count whose transform is `need`: with x = sqrt(count), x² + 2x√m - 3m = 2√m need.
    x = -np.sqrt(m) + np.sqrt(np.maximum(4 * m + 2 * np.sqrt(m) * need, 0.0))
    return Chart(m, np.maximum(x, 0.0) ** 2, total)


def glr(counts: NDArray[np.floating], mean: F64, ratio: F64, limit: float = GLR_LIMIT) -> Chart:
    """The generalised likelihood ratio of a rise by one factor since any of the last 49 dates.

    Negative binomial with variance m + ratio m² (`ratio` by series); after an alarm it starts anew.
    """
    y = np.ascontiguousarray(counts, np.float64)
    m = np.ascontiguousarray(np.broadcast_to(mean, y.shape), np.float64)
    told = np.full_like(y, np.nan)
    _glr(y, m, np.ascontiguousarray(ratio, np.float64), limit, told)
    return Chart(m, np.full_like(y, np.nan), told)


@compiled
def _glr(y: F64, m: F64, ratio: F64, limit: float, told: F64) -> None:
    for i in range(y.shape[0]):
        since = 0
        for t in range(y.shape[1]):
            if math.isnan(y[i, t]) or not m[i, t] > 0.0:
                continue
            best = 0.0
            for begin in range(t, max(since, t - GLR_WINDOW + 1) - 1, -1):
                best = max(best, _rise(y[i], m[i], begin, t, ratio[i]))
            told[i, t] = best
            if best > limit:
                since = t + 1


@compiled
def _rise(y: F64, m: F64, begin: int, end: int, ratio: float) -> float:
    """The log likelihood gained by the best common factor, at least 1, on the dates begin to end."""
    sold = usual = 0.0
    for t in range(begin, end + 1):
        if not math.isnan(y[t]) and m[t] > 0.0:
            sold += y[t]
            usual += m[t]
    if sold <= usual or usual <= 0.0:
        return _gain(y, m, begin, end, ratio, _factor(y, m, begin, end, ratio, 0.0))
    return _gain(y, m, begin, end, ratio, _factor(y, m, begin, end, ratio, math.log(sold / usual)))


@compiled
def _factor(y: F64, m: F64, begin: int, end: int, ratio: float, start: float) -> float:
    """The log of the factor that fits best, by Newton from `start`; not below 0."""
    log = start
    for _ in range(20):
        slope = curve = 0.0
        for t in range(begin, end + 1):
            if not math.isnan(y[t]) and m[t] > 0.0:
                mean = m[t] * math.exp(log)
                wide = 1.0 + ratio * mean
                slope += (y[t] - mean) / wide
                curve += mean * (1.0 + ratio * y[t]) / (wide * wide)
        move = slope / max(curve, 1e-12)
        log += min(max(move, -1.0), 1.0)
        if abs(move) < 1e-9:
            break
    return max(log, 0.0)


@compiled
def _gain(y: F64, m: F64, begin: int, end: int, ratio: float, log: float) -> float:
    total = 0.0
    factor = math.exp(log)
    for t in range(begin, end + 1):
        if math.isnan(y[t]) or not m[t] > 0.0:
            continue
        if ratio > 0.0:
            wide = math.log((1.0 + ratio * m[t] * factor) / (1.0 + ratio * m[t]))
            total += y[t] * log - (y[t] + 1.0 / ratio) * wide
        else:
            total += y[t] * log - m[t] * (factor - 1.0)
    return total
