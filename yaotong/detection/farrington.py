"""Farrington's detector of 1996 and its flexible form of 2013, fitted for thousands of weeks a second.

The factor model's levels have a closed form once the trend is known, so that each fit is a Newton
search for one number. Definitions and sources: farrington.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr

from yaotong.compiled import compiled
from yaotong.detection.quantiles import nb_at_least, nb_quantile
from yaotong.detection.references import (
    LEAST_YEARS,
    PERIODS,
    References,
    same_season,
    whole_years,
    years_known,
)

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]

_SUSPECT_2013, _SUSPECT_1996 = 2.58, 1.0
_ROUNDS, _EXACT = 40, 1e-12
# What `_fit` leaves in its room.
_SLOPE, _MEAN, _NOISE, _SLOPE_T, _UNSURE, _FREE = range(6)

# (series, dates): expected, upper bound, p
Lines = tuple[F64, F64, F64]


def flexible(counts: NDArray[np.floating], first: date, step: int, alpha: float, since: int = 0) -> Lines:
    """Noufaily et al. 2013 with a trend always and the negative binomial's quantile (`nbPlugin`)."""
    expected, upper, p = _blank(counts.shape)
    y = np.ascontiguousarray(counts, np.float64)
    for t, chosen in _weeks(first, step, counts.shape[1], since, whole_years):
        _flexible(y, t, chosen.places, chosen.parts, alpha, expected, upper, p)
    return expected, upper, p


def original(counts: NDArray[np.floating], first: date, step: int, alpha: float, since: int = 0) -> Lines:
    """Farrington et al. 1996: the trend when it tells, the two-thirds power, alpha on both sides."""
    expected, upper, p = _blank(counts.shape)
    y = np.ascontiguousarray(counts, np.float64)
    z = float(-ndtri(alpha / 2))
    told = np.full((len(y), 2), np.nan)
    for t, chosen in _weeks(first, step, counts.shape[1], since, same_season):
        _original(y, t, chosen.places, chosen.parts, told)
        mean, spread = told[:, 0], told[:, 1]
        expected[:, t] = mean
        upper[:, t] = np.maximum(mean ** (2 / 3) + z * spread, 0.0) ** 1.5
        gap = y[:, t] ** (2 / 3) - mean ** (2 / 3)
        p[:, t] = np.where(mean > 0, 2 * ndtr(-gap / np.where(mean > 0, spread, 1.0)), gap <= 0)
    return expected, upper, np.minimum(p, 1.0)


def _blank(shape: tuple[int, ...]) -> Lines:
    return np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)


def _weeks(
    first: date, step: int, dates: int, since: int, chooser: Callable[[date, int, int, int], References]
) -> list[tuple[int, References]]:
    """The dates with enough years before them, and what each is compared with."""
    known = [(t, years_known(first, step, t)) for t in range(since, dates)]
    return [(t, chooser(first, step, t, years)) for t, years in known if years >= LEAST_YEARS]


@compiled
def _flexible(
    y: F64, t: int, places: I64, parts: I64, alpha: float, expected: F64, upper: F64, p: F64
) -> None:
    sums, omega, mean = np.zeros((4, PERIODS)), np.ones(len(places)), np.zeros(len(places))
    out = np.zeros(6)
    for i in range(y.shape[0]):
        top = _largest(y[i], places)
        if math.isnan(top) or math.isnan(y[i, t]):
            continue
        _fit_twice(y[i], t, places, parts, True, _SUSPECT_2013, sums, omega, mean, out)
        if out[_MEAN] > top:
            _fit_twice(y[i], t, places, parts, False, _SUSPECT_2013, sums, omega, mean, out)
        expected[i, t] = out[_MEAN]
        upper[i, t] = nb_quantile(1.0 - alpha, out[_MEAN], out[_NOISE])
        p[i, t] = nb_at_least(y[i, t], out[_MEAN], out[_NOISE])


def _original(y: F64, t: int, places: I64, parts: I64, told: F64) -> None:
    """Fill (mean, spread of the two-thirds power) by series."""
    fits = np.zeros((2, len(y), 6))
    top = np.zeros(len(y))
    _original_fits(y, t, places, parts, fits, top)
    trend = fits[0]
    told_p = 2 * stdtr(trend[:, _FREE], -np.abs(trend[:, _SLOPE_T]))
    keep = (told_p < 0.05) & (trend[:, _MEAN] <= top)
    chosen = np.where(keep[:, None], trend, fits[1])
    mean = chosen[:, _MEAN]
    with np.errstate(divide="ignore", invalid="ignore"):
        tau = chosen[:, _NOISE] + chosen[:, _UNSURE] ** 2 / mean
        told[:, 1] = np.sqrt(4 / 9 * mean ** (1 / 3) * tau)
    told[~(mean > 0), 1] = 0.0
    told[:, 0] = np.where(np.isnan(top), np.nan, mean)


@compiled
def _original_fits(y: F64, t: int, places: I64, parts: I64, fits: F64, top: F64) -> None:
    sums, omega, mean = np.zeros((4, 1)), np.ones(len(places)), np.zeros(len(places))
    for i in range(y.shape[0]):
        top[i] = _largest(y[i], places)
        if not math.isnan(top[i]):
            for flat in range(2):
                _fit_twice(y[i], t, places, parts, flat == 0, _SUSPECT_1996, sums, omega, mean, fits[flat, i])


@compiled
def _largest(y: F64, places: I64) -> float:
    """The largest reference count; NaN when one is missing."""
    top = 0.0
    for k in places:
        if math.isnan(y[k]):
            return math.nan
        top = max(top, y[k])
    return top


@compiled
def _fit_twice(
    y: F64, t: int, places: I64, parts: I64, trend: bool, suspect: float, sums: F64, omega: F64, mean: F64,
    out: F64,
) -> None:  # fmt: skip
    """Fit, down-weight what stands out by its Anscombe residual, and fit again."""
    omega[:] = 1.0
    out[_SLOPE] = 0.0
    _fit(y, t, places, parts, trend, sums, omega, mean, out)
    _weigh(y, t, places, parts, suspect, sums, omega, mean, out)
    _fit(y, t, places, parts, trend, sums, omega, mean, out)


@compiled
def _sum_up(t: int, places: I64, parts: I64, omega: F64, slope: float, sums: F64, mean: F64) -> None:
    """Fill `mean` with e^(slope w); rows 1 to 3 of `sums`, by part: its sum, times w, times w²."""
    sums[1:] = 0.0
    step = math.exp(slope)
    growth, before = 1.0, -9
    for u in range(len(places)):
        w = float(places[u] - t)
        growth = growth * step if places[u] == before + 1 else math.exp(slope * w)
        before = places[u]
        mean[u] = growth
        one = omega[u] * growth
        sums[1, parts[u]] += one
        sums[2, parts[u]] += one * w
        sums[3, parts[u]] += one * w * w


@compiled
def _fit(
    y: F64, t: int, places: I64, parts: I64, trend: bool, sums: F64, omega: F64, mean: F64, out: F64
) -> None:
    """A quasi-Poisson fit: part levels and a slope; the mean at t, the noise, the slope's t value."""
    sums[0] = 0.0
    along = 0.0
    for u in range(len(places)):
        sums[0, parts[u]] += omega[u] * y[places[u]]
        along += omega[u] * y[places[u]] * (places[u] - t)
    slope = out[_SLOPE] if trend else 0.0
    curve = 0.0
    for _ in range(_ROUNDS):
        _sum_up(t, places, parts, omega, slope, sums, mean)
        pull, curve = along, 0.0
        for g in range(sums.shape[1]):
            if sums[0, g] > 0.0:
                middle = sums[2, g] / sums[1, g]
                pull -= sums[0, g] * middle
                curve += sums[0, g] * (sums[3, g] / sums[1, g] - middle * middle)
        if not trend or curve <= 0.0:
            break
        move = min(max(pull / curve, -0.02), 0.02)
        if abs(move) < _EXACT * 1e3:
            break
        slope += move
    _tell(y, places, parts, trend, sums, omega, mean, slope, curve, out)


@compiled
def _tell(
    y: F64,
    places: I64,
    parts: I64,
    trend: bool,
    sums: F64,
    omega: F64,
    mean: F64,
    slope: float,
    curve: float,
    out: F64,
) -> None:
    """Turn e^(slope w) in `mean` into fitted means; noise over the degrees left; mean at t, where w is 0."""
    total = 0.0
    for u in range(len(places)):
        mean[u] *= sums[0, parts[u]] / sums[1, parts[u]]
        if mean[u] > 0.0:
            gap = y[places[u]] - mean[u]
            total += omega[u] * gap * gap / mean[u]
    free = len(places) - sums.shape[1] - (1 if trend else 0)
    noise = max(total / free, 1.0)
    level = sums[0, 0] / sums[1, 0]
    middle = sums[2, 0] / sums[1, 0]
    out[_SLOPE], out[_MEAN], out[_NOISE], out[_FREE] = slope, level, noise, free
    out[_SLOPE_T] = slope * math.sqrt(max(curve, 0.0) / max(total / free, 1e-12)) if trend else 0.0
    unsure = 1.0 / sums[0, 0] if sums[0, 0] > 0.0 else 0.0
    if trend and curve > 0.0:
        unsure += middle * middle / curve
    out[_UNSURE] = level * math.sqrt(noise * unsure)


@compiled
def _weigh(
    y: F64, t: int, places: I64, parts: I64, suspect: float, sums: F64, omega: F64, mean: F64, out: F64
) -> None:
    """Weights from Anscombe residuals beyond `suspect`, scaled to sum to the number of weeks."""
    curve = 0.0
    for g in range(sums.shape[1]):
        if sums[0, g] > 0.0:
            middle = sums[2, g] / sums[1, g]
            curve += sums[0, g] * (sums[3, g] / sums[1, g] - middle * middle)
    total = 0.0
    for u in range(len(places)):
        g, count, m = parts[u], y[places[u]], mean[u]
        omega[u] = 1.0
        if count > m and m > 0.0:
            apart = (places[u] - t) - sums[2, g] / sums[1, g]
            hat = m / sums[0, g] + (m * apart * apart / curve if curve > 0.0 and out[_SLOPE] != 0.0 else 0.0)
            root = math.sqrt(m)
            residual = 1.5 * (np.cbrt(count * count) / np.cbrt(root) - root)
            residual /= math.sqrt(out[_NOISE] * max(1.0 - hat, 1e-12))
            if residual > suspect:
                omega[u] = 1.0 / (residual * residual)
        total += omega[u]
    omega *= len(places) / total
