"""What a day should sell: the level by several memories, times weekday, festival and season."""

from __future__ import annotations

import math

from yaotong.compiled import compiled
from yaotong.detection.state import FORECASTS, LEVELS, WEEKS, Record

_SEASON_BAND = 3
_SEASON_PRIOR = 100.0
_NOISE_PRIOR = 100.0
_STEEPEST = 0.03  # a day


@compiled
def noise_of(s: Record, group: Record) -> float:
    """Variance over mean of a day, drawn to the group's."""
    prior = (300.0 + group.noise[0]) / (200.0 + group.noise[1])
    return max(float((prior * _NOISE_PRIOR + s.noise[0]) / (_NOISE_PRIOR + s.noise[1])), 1.02)


@compiled
def _season(s: Record, week: int) -> float:
    """The series' own yearly course, from earlier years."""
    sold, expected = _SEASON_PRIOR, _SEASON_PRIOR
    for offset in range(-_SEASON_BAND, _SEASON_BAND + 1):
        near = 1.0 - abs(offset) / (_SEASON_BAND + 1.0)
        bin_ = (week + offset) % WEEKS
        sold += near * s.season[bin_, 0]
        expected += near * s.season[bin_, 1]
    return sold / expected


@compiled
def _age(discount: float, days: int) -> float:
    return discount * (1.0 - discount**days) / (1.0 - discount)


@compiled
def forecasts(s: Record, k: int, tuning: Record) -> float:
    """Write the level forecasts before this day into ring place k; the mix for one day ahead."""
    memory, days, level = tuning.memory, s.days, s.level
    for m in range(LEVELS):
        level[k, m] = s.top[m] / s.base[m]
    for trend in range(2):
        near, far = (LEVELS - 2, LEVELS - 1) if trend == 0 else (0, 1)
        age = _age(memory[near], days)
        apart = _age(memory[far], days) - age
        rise = 0.0
        if apart > (5.0 if trend == 0 else 3.0):
            rise = math.log(max(level[k, near], 1e-4) / max(level[k, far], 1e-4)) / apart
        if trend == 1:
            rise = min(max(rise, -_STEEPEST), _STEEPEST)
            s.slope[k] = rise
        gain = min(max(rise * age, -0.15), 0.15) if trend == 0 else rise * age
        level[k, LEVELS + trend] = level[k, near] * math.exp(gain)
    mass = s.weight[2, LEVELS] * 0.5 * s.base[LEVELS - 2]
    mass += s.weight[2, LEVELS + 1] * 0.3 * s.base[0]
    for m in range(LEVELS):
        mass += s.weight[2, m] * s.base[m]
    s.mass[k] = mass
    return mixed(s, k, 0, 1.0)


@compiled
def mixed(s: Record, k: int, w: int, ahead: float) -> float:
    """The level for window w from the forecasts in ring place k, `ahead` days on."""
    total = 0.0
    for m in range(FORECASTS):
        one = s.weight[w, m] * s.level[k, m]
        total += one * math.exp(s.slope[k] * ahead) if m == FORECASTS - 1 else one
    return total


@compiled
def unit_of(s: Record, k: int, weekday: int, week: int, kind: int, tuning: Record) -> float:
    """What a level of one sells on such a day, before the group's part; its factors are kept."""
    day = (tuning.weekday_prior + s.weekdays[weekday, 0]) / (tuning.weekday_prior + s.weekdays[weekday, 1])
    festival, unsure = 1.0, 0.0
    if kind > 0:
        seen = tuning.holiday_prior + s.holidays[kind, 1]
        festival = (tuning.holiday_prior + s.holidays[kind, 0]) / seen
        unsure = math.sqrt(1.5 / seen + 0.002)
    year = 1.0 if tuning.grouped else _season(s, week)
    s.parts[k, 0] = day
    s.parts[k, 1] = festival
    s.parts[k, 2] = year
    s.parts[k, 3] = unsure
    return float(day * festival * year)
