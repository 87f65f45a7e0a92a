"""What a judged day teaches: levels, factors, noise, and how far the forecasts have erred."""

from __future__ import annotations

import math

from yaotong.compiled import compiled
from yaotong.detection.days import ORDINARY
from yaotong.detection.state import FORECASTS, LEVELS, RING, SEASONS, SPANS, WEEKS, WINDOWS, Record

# A fortnight judges a day before the slow levels learn it; four weeks before the season does.
_DELAY, _SEASON_DELAY = 14, 28
# Days inside a window above this are down-weighted by the square, as Noufaily et al. 2013 do.
_SUSPECT = 2.0
_DAYS_KEPT = 0.9995  # discounts a day
_LATELY_KEPT = 0.99
_WEEKDAY_KEPT = 0.998
_HOLIDAY_KEPT = 0.98
_YEAR_KEPT = 0.95


@compiled
def rank_forecasts(
    s: Record,
    t: int,
    w: int,
    count: float,
    unit: float,
    expected: float,
    wide: float,
    noise: float,
    tuning: Record,
) -> None:
    """Add today's error of every forecast at this window; weigh them anew once a week."""
    if s.days <= 60:
        return
    length = WINDOWS[w]
    k = (t - length + 1) % RING
    rise = math.exp(s.slope[k] * (length + 1) / 2.0)
    seen = min(count, expected + 3.0 * math.sqrt(wide))
    for m in range(FORECASTS):
        level = s.level[k, m] * (rise if m == FORECASTS - 1 else 1.0)
        mean = max(level * unit, 1e-4)
        gap = (seen - mean) * (seen - mean) / (noise * mean)
        s.error[w, m] = s.error[w, m] * _DAYS_KEPT + min(gap, 16.0) / length
    if t % 7 == 0:
        least = s.error[w].min()
        total = 0.0
        for m in range(FORECASTS):
            s.weight[w, m] = math.exp(-tuning.sharpness * (s.error[w, m] - least))
            total += s.weight[w, m]
        for m in range(FORECASTS):
            s.weight[w, m] /= total


@compiled
def remember_errors(s: Record, week: int, found: Record) -> None:
    """Add the squared scores of today's windows to what widens them from tomorrow on."""
    if s.days <= 120:
        return
    last = SPANS
    place = week * SEASONS // WEEKS
    calm = found.score < 4.0
    for w in range(last):
        square = min(found.plain[w] * found.plain[w], 16.0) * 1.05
        if calm:
            s.ever[w] = s.ever[w] * _DAYS_KEPT + min(square, 9.0)
        s.recent[w] = s.recent[w] * _LATELY_KEPT + square
        s.wander[place, w] += square
    if calm:
        s.ever[last] = s.ever[last] * _DAYS_KEPT + 1.0
    s.recent[last] = s.recent[last] * _LATELY_KEPT + 1.0
    s.wander[place, last] += 1.0


@compiled
def learn(s: Record, group: Record, t: int, noise: float, rival: float, rate: float, tuning: Record) -> None:
    """Let the levels learn: the fast ones today, the rest the day a fortnight ago."""
    for late in (False, True):
        v = t - _DELAY + 1 if late else t
        if v < 0:
            continue
        k = v % RING
        y, unit = s.y[k], s.unit[k]
        if unit <= 0.0:
            continue
        trust = 1.0
        if late and s.cover[k] > _SUSPECT:
            trust = (_SUSPECT / s.cover[k]) ** 2
        # A shop that sells ten a day and sells nothing was shut or silent.
        if y == 0.0 and rate * unit > 10.0 * noise:
            trust = 0.0
        for m in range(LEVELS):
            if (tuning.delayed[m] > 0) == late:
                keep = 1.0 - (1.0 - tuning.memory[m]) * trust
                s.top[m] = s.top[m] * keep + y * trust
                s.base[m] = s.base[m] * keep + unit * trust
        if late:
            _learn_factors(s, k, y, rate * unit, trust)
            if s.dates[k, 0] == ORDINARY and trust >= 0.25:
                _learn_noise(s, group, y, rate * unit, noise, rival)
    if tuning.grouped == 0 and t >= _SEASON_DELAY:
        _learn_season(s, t)


@compiled
def _learn_factors(s: Record, k: int, y: float, expected: float, trust: float) -> None:
    """Add the day to its weekday, or to its festival."""
    kind, weekday = s.dates[k, 0], s.dates[k, 1]
    if kind == ORDINARY:
        for one in range(7):
            s.weekdays[one, 0] *= _WEEKDAY_KEPT
            s.weekdays[one, 1] *= _WEEKDAY_KEPT
        s.weekdays[weekday, 0] += y * trust
        s.weekdays[weekday, 1] += expected / s.parts[k, 0] * trust
    else:
        s.holidays[kind, 0] = s.holidays[kind, 0] * _HOLIDAY_KEPT + y
        s.holidays[kind, 1] = s.holidays[kind, 1] * _HOLIDAY_KEPT + expected / s.parts[k, 1]


@compiled
def _learn_noise(s: Record, group: Record, y: float, expected: float, noise: float, rival: float) -> None:
    expected = max(expected, 1e-4)
    gap = min(y, expected + 3.0 * math.sqrt(noise * expected) + 1.0) - expected
    square = gap * gap / (expected * (1.0 + rival))
    s.noise[0] = s.noise[0] * _DAYS_KEPT + square
    s.noise[1] = s.noise[1] * _DAYS_KEPT + 1.0
    group.noise[0] = group.noise[0] * 0.9999 + square
    group.noise[1] = group.noise[1] * 0.9999 + 1.0


@compiled
def _learn_season(s: Record, t: int) -> None:
    """Add the day of four weeks ago to its week of the year, beside the slowest level."""
    v = t - _SEASON_DELAY
    k = v % RING
    if s.dates[k, 0] != ORDINARY or s.unit[k] <= 0.0:
        return
    week = s.dates[k, 2]
    slow = s.level[t % RING, LEVELS - 1]
    expected = slow * s.unit[k] / s.parts[k, 2]
    s.season[week, 0] = s.season[week, 0] * _YEAR_KEPT + s.y[k]
    s.season[week, 1] = s.season[week, 1] * _YEAR_KEPT + expected
