"""The weekly detector: a trend and a year fitted anew each week, judged over 1, 2 and 3 weeks.

A quasi-Poisson regression with discounted past and down-weighted outbreaks, one Newton step a week
from the coefficients of the week before, batched over series. Method and sources: weekly.md.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.detection.daily import Judged, nothing_judged
from yaotong.detection.solving import factor_solve, leverage
from yaotong.detection.tails import nb_z

F64 = NDArray[np.float64]

LENGTHS = (1, 2, 3)
LEAST_WEEKS = 16
_TERMS = 6  # one, trend, two harmonics of the year
_YEAR_WEEKS = 365.25 / 7
_DELAY = 4  # the last weeks are judged before they teach
_KEPT = 0.997  # discount a week
_RIDGE, _OUT = 2.0, 1e7
_TREND_FROM, _SEASON_FROM = 78, 104
_SUSPECT = 2.5
_TRUSTED = 0.4
_NOISE_PRIOR = 5.0
WEEK_BONUS, _TODAY = 0.1, 0.4
_DRIFT_KEPT, _DRIFT_PRIOR, _RANK_KEPT = 0.9, 20.0, 0.98


def design(weeks: int) -> F64:
    """(weeks, 7): one, trend in units of 300 weeks, two harmonics, and room for the log exposure."""
    t = np.arange(weeks, dtype=float)
    turn = 2.0 * np.pi * t / _YEAR_WEEKS
    waves = [wave(h * turn) for h in (1, 2) for wave in (np.cos, np.sin)]
    return np.column_stack([np.ones(weeks), t / 300.0, *waves, np.zeros(weeks)])


def scan_weeks(counts: NDArray[np.floating], exposure: NDArray[np.floating] | None = None) -> Judged:
    """Verdicts on (series, weeks) counts, NaN where nothing came; each from its past alone.

    `exposure` (series, weeks) is what the series could sell beside its usual.
    """
    found = nothing_judged(*counts.shape)
    logs = np.zeros((0, 0)) if exposure is None else np.log(exposure.astype(np.float64))
    _scan(np.ascontiguousarray(counts, np.float64), design(counts.shape[1]), logs, found)
    return found


@compiled
def _scan(counts: F64, terms: F64, logs: F64, found: Judged) -> None:
    weeks = counts.shape[1]
    mean, trust = np.zeros(weeks), np.ones(weeks)
    beta, normal, right = np.zeros(_TERMS + 1), np.zeros((_TERMS, _TERMS)), np.zeros(_TERMS)
    drift = np.zeros(5)  # sold, expected; errors without and with the drift; weight of the drift
    for i in range(counts.shape[0]):
        y = counts[i]
        trust[:] = 1.0
        beta[:] = 0.0
        drift[:] = 0.0
        beta[_TERMS] = 1.0
        if len(logs) > 0:
            terms[:, _TERMS] = logs[i]
        since = _begin(y)
        beta[0] = math.log(_first_mean(y[since:]) + 0.02)
        for t in range(since + LEAST_WEEKS, weeks):
            known = t - _DELAY + 1
            for _ in range(8 if t == since + LEAST_WEEKS else 1):
                _step(y, terms, trust, since, known, beta, normal, right, mean)
            noise = _noise(y, mean, trust, since, known)
            level = _drift(y, terms, beta, trust, t, noise, drift)
            if not math.isnan(y[t]):
                _judge(y, terms, beta, normal, right, t, noise, level, found, i)
            trust[known] = _trust(y, terms, beta, known, t, noise)


@compiled
def _begin(y: F64) -> int:
    """The first week with a count."""
    for t in range(len(y)):
        if not math.isnan(y[t]):
            return t
    return len(y)


@compiled
def _first_mean(y: F64) -> float:
    first = np.sort(y[: LEAST_WEEKS - _DELAY])
    known = first[~np.isnan(first)]
    return float(known[len(known) // 2]) if len(known) else 0.0


@compiled
def _step(
    y: F64, terms: F64, trust: F64, since: int, known: int, beta: F64, normal: F64, right: F64, mean: F64
) -> None:
    """One Newton step on the weeks from `since` to before `known`; it leaves `normal` factored."""
    normal[:] = 0.0
    right[:] = 0.0
    weight = 1.0
    for u in range(known - 1, since - 1, -1):
        mean[u] = mean_at(terms[u], beta)
        if not math.isnan(y[u]):
            w = trust[u] * weight
            for j in range(_TERMS):
                right[j] += terms[u, j] * w * (y[u] - mean[u])
                for k in range(j + 1):
                    normal[j, k] += terms[u, j] * terms[u, k] * w * mean[u]
        weight *= _KEPT
    for j in range(_TERMS):
        late = known - since < (_TREND_FROM if j == 1 else _SEASON_FROM)
        ridge = 1e-6 if j == 0 else (_OUT if late else _RIDGE)
        normal[j, j] += ridge
        if j > 0:
            right[j] -= ridge * beta[j]
    factor_solve(normal, right)
    for j in range(_TERMS):
        beta[j] += min(max(right[j], -1.0), 1.0)


@compiled
def mean_at(row: F64, beta: F64) -> float:
    """exp(row · beta), kept within what a count can be."""
    total = 0.0
    for j in range(len(beta)):
        total += row[j] * beta[j]
    return float(math.exp(min(max(total, -12.0), 21.0)))


@compiled
def _noise(y: F64, mean: F64, trust: F64, since: int, known: int) -> float:
    """Variance over mean, from the weeks that are trusted."""
    total, weeks = 1.2 * _NOISE_PRIOR, _NOISE_PRIOR
    for u in range(since, known):
        if trust[u] >= _TRUSTED and not math.isnan(y[u]):
            gap = y[u] - mean[u]
            total += min(gap * gap / max(mean[u], 0.02), 36.0)
            weeks += 1.0
    return float(max(total / weeks, 1.0))


@compiled
def _drift(y: F64, terms: F64, beta: F64, trust: F64, t: int, noise: float, drift: F64) -> float:
    """The level beside the fitted course, when following it has forecast better than the course."""
    level = (_DRIFT_PRIOR + drift[0]) / (_DRIFT_PRIOR + drift[1])
    followed = 1.0 + (level - 1.0) * drift[4]
    u = t - _DELAY
    if not math.isnan(y[t]):
        mean = mean_at(terms[t], beta)
        for one in range(2):
            guess = mean * (level if one == 1 else 1.0)
            gap = min((y[t] - guess) ** 2 / (noise * guess), 9.0)
            drift[2 + one] = drift[2 + one] * _RANK_KEPT + gap
        drift[4] = 1.0 / (1.0 + math.exp(2.0 + drift[3] - drift[2]))
    if not math.isnan(y[u]):
        mean = mean_at(terms[u], beta)
        seen = min(y[u], mean + 5.0 * math.sqrt(noise * mean))
        drift[0] = drift[0] * _DRIFT_KEPT + seen * trust[u]
        drift[1] = drift[1] * _DRIFT_KEPT + mean * trust[u]
    return float(followed)


@compiled
def _judge(
    y: F64,
    terms: F64,
    beta: F64,
    normal: F64,
    scratch: F64,
    t: int,
    noise: float,
    level: float,
    found: Judged,
    i: int,
) -> None:
    """The last 1, 2 and 3 weeks beside what was expected of them."""
    best, today = -9.0, 0.0
    sold = expected = 0.0
    for lag in range(LENGTHS[-1]):
        if not math.isnan(y[t - lag]):
            sold += y[t - lag]
            expected += mean_at(terms[t - lag], beta) * level
        unsure = leverage(normal, terms[t - lag // 2, :_TERMS], scratch)
        variance = noise * expected + expected * expected * noise * unsure
        z = nb_z(sold, max(expected, 1e-6), max(variance, 1e-6))
        if lag == 0:
            today = z
            score = z + WEEK_BONUS
            found.expected[i, t] = expected
            found.variance[i, t] = variance
        else:
            if z > 1.5 and _over(y, terms, beta, level, t, lag + 1, sold / expected, noise):
                z = min(z, 0.5)
            score = z + _TODAY * min(max(today, -1.5), 1.5)
        if score > best:
            best = score
            found.score[i, t] = score
            found.window[i, t] = lag
            found.excess[i, t] = sold - expected


@compiled
def _over(
    y: F64, terms: F64, beta: F64, level: float, t: int, length: int, ratio: float, noise: float
) -> bool:
    """Whether the last weeks of the window speak for the baseline again."""
    step, told = math.log(ratio), 0.0
    for lag in range(length):
        if math.isnan(y[t - lag]):
            continue
        told += (y[t - lag] * step - mean_at(terms[t - lag], beta) * level * (ratio - 1.0)) / noise
        if told < -1.5:
            return True
    return False


@compiled
def _trust(y: F64, terms: F64, beta: F64, week: int, t: int, noise: float) -> float:
    """How far a week may teach: less when it lies in 1 to 3 weeks that stand out (Noufaily et al. 2013)."""
    worst = 0.0
    for length in LENGTHS:
        for start in range(max(week - length + 1, 0), week + 1):
            if start + length - 1 > t:
                continue
            sold = expected = 0.0
            for u in range(start, start + length):
                if not math.isnan(y[u]):
                    sold += y[u]
                    expected += mean_at(terms[u], beta)
            worst = max(worst, nb_z(sold, max(expected, 1e-6), max(noise, 1.01) * max(expected, 1e-6)))
    return 1.0 if worst < _SUSPECT else float((_SUSPECT / worst) ** 2)
