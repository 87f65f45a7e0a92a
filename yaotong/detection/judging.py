"""Is a day too much? Sums of the last 1, 3, 7, 14 and 28 days beside what was expected of them."""

from __future__ import annotations

import math

import numpy as np

from yaotong.compiled import compiled
from yaotong.detection.forecast import mixed
from yaotong.detection.learning import rank_forecasts
from yaotong.detection.state import RING, SEASONS, SPANS, WEEKS, WINDOWS, Record
from yaotong.detection.tails import nb_z

LENGTHS = np.array(WINDOWS)
# Counts in long windows are capped: one day is told by its own window alone.
_CAP_WINDOW, _CAP_LEARN = 3.0, 5.0
# A single day needs less than a long window, whose scores are many and alike; and a long window
# needs today's sales to agree.
DAY_BONUS, _TODAY = 0.6, 0.4
NOTHING = -9.0
# A long window this far out starts a lasting rise, which ends after a calm week and not by custom.
_LASTING, _CALM, _CALM_DAYS = 5.0, 2.0, 7
# One slow day does not end it.
_CLEAR = 3.0
# Shops drift beside their group by a tenth or so; by itself a series cannot tell a lasting rise from a
# strong winter, which moves its level by a third. That much is not abnormal, however sure.
_DRIFT, _WINTER = 0.15, 0.35


@compiled
def place_day(s: Record, t: int, y: float, unit: float, rate: float, noise: float) -> None:
    """Put the day into the rings; a day without news is no exposure."""
    k = t % RING
    s.cover[k] = 0.0
    if math.isnan(y):
        s.y[k] = 0.0
        s.kept[k] = 0.0
        s.unit[k] = 0.0
        return
    expected = max(rate * unit, 1e-4)
    spread = math.sqrt(noise * expected)
    s.y[k] = min(y, expected + _CAP_LEARN * spread + 0.5)
    s.kept[k] = min(y, expected + _CAP_WINDOW * spread + 1.0)
    s.unit[k] = unit


@compiled
def _stretch(s: Record, w: int, week: int, grouped: int) -> float:
    """How much wider than counting noise the window's errors have been: ever, lately, at this season."""
    last = SPANS
    ever = max(1.0, (100.0 + s.ever[w]) / (100.0 + s.ever[last]))
    if grouped:
        return float(ever)
    wide, days = 0.0, 0.0
    place = week * SEASONS // WEEKS
    for offset in range(-1, 2):
        bin_ = (place + offset) % SEASONS
        near = 1.0 if offset == 0 else 0.5
        wide += near * s.wander[bin_, w]
        days += near * s.wander[bin_, last]
    season = (5.0 * ever + wide) / (5.0 + days)
    lately = (50.0 * ever + s.recent[w]) / (50.0 + s.recent[last])
    return float(max(1.0, season, lately))


@compiled
def _over(s: Record, t: int, length: int, rate: float, ratio: float, noise: float, bar: float) -> bool:
    """Whether the rise of a window has ended: its last days speak for the baseline, more than `bar`."""
    ratio = min(ratio, 10.0)
    step, told = math.log(ratio), 0.0
    for lag in range(length):
        k = (t - lag) % RING
        told += (s.kept[k] * step - rate * s.unit[k] * (ratio - 1.0)) / noise
        if told < -bar:
            return True
    return False


@compiled
def judge(
    s: Record,
    t: int,
    y: float,
    noise: float,
    rival: float,
    tuning: Record,
    found: Record,
) -> None:
    """Fill `found` for today: score (largest over windows), its window, expected, variance, excess.

    `rival` is the series' share beside the rest of its group: how unsure the group's part is.
    """
    found.score, found.window, found.excess = NOTHING, 0, 0.0
    found.due = found.wide = 0.0
    week = s.dates[t % RING, 2]
    sold = unit = unsure = today = 0.0
    w = 0
    for lag in range(LENGTHS[-1]):
        k = (t - lag) % RING
        sold += s.kept[k]
        unit += s.unit[k]
        unsure += s.unit[k] * s.parts[k, 3]
        if lag + 1 != LENGTHS[w]:
            continue
        if unit > 0.0:
            rate = mixed(s, k, w, (lag + 2) / 2.0)
            if w == 0:
                rate = mixed(s, k, 0, 1.0)
            expected = max(rate * unit, 1e-4)
            count = y if w == 0 else sold
            # Counting noise, the group's, the level's own, and the festivals'.
            variance = noise * expected * (1.0 + rival)
            variance += expected * expected * noise * 0.5 / s.mass[k] / max(rate, 1e-3)
            variance += rate * rate * unsure * unsure
            found.plain[w] = nb_z(count, expected, variance)
            wide = variance * _stretch(s, w, week, tuning.grouped)
            z = nb_z(count, expected, wide)
            if w == 0:
                today = z
                found.expected, found.variance = expected, wide
            rank_forecasts(s, t, w, count, unit, expected, wide, noise * (1.0 + rival), tuning)
            if _consider(s, t, w, z, today, count, expected, rate, noise * (1.0 + rival), found):
                found.due, found.wide = expected, wide
        w += 1
        if w == len(LENGTHS):
            break


@compiled
def _consider(
    s: Record,
    t: int,
    w: int,
    z: float,
    today: float,
    count: float,
    expected: float,
    rate: float,
    noise: float,
    found: Record,
) -> bool:
    """Let the window cover its days, and take it as the best when it is: whether it was."""
    length = LENGTHS[w]
    if z > 2.0:
        for lag in range(length):
            k = (t - lag) % RING
            if s.cover[k] < z:
                s.cover[k] = z
    if w == 0:
        score = z + DAY_BONUS
    else:
        if today < 0.0 or (z > 1.5 and _over(s, t, length, rate, count / expected, noise, 0.0)):
            z = min(z, 0.5)
        score = z + _TODAY * min(max(today, -1.5), 1.5)
    if score > found.score:
        found.score, found.window, found.excess = score, w, count - expected
        return True
    return False


@compiled
def judge_lasting(s: Record, t: int, noise: float, rival: float, tuning: Record, found: Record) -> None:
    """Judge the month beside the level before a rise that began long ago, however used to it we are."""
    if s.before <= 0.0:
        if found.score >= _LASTING and found.window >= SPANS - 2:
            k = (t - LENGTHS[found.window] + 1) % RING
            s.before = mixed(s, k, found.window, 1.0)
            s.calm = -LENGTHS[-1]
        return
    if s.calm < 0:  # the windows speak for the first month
        s.calm += 1
        return
    sold = unit = 0.0
    for lag in range(LENGTHS[-1]):
        sold += s.kept[(t - lag) % RING]
        unit += s.unit[(t - lag) % RING]
    expected = max(s.before * unit, 1e-4)
    noise *= 1.0 + rival
    wide = noise * expected * _stretch(s, SPANS - 1, s.dates[t % RING, 2], tuning.grouped)
    wide += ((_DRIFT if tuning.grouped else _WINTER) * expected) ** 2
    z = nb_z(sold, expected, wide)
    if z > _CALM and _over(s, t, LENGTHS[-1], s.before, sold / expected, noise, _CLEAR):
        z = 0.0
    s.calm = 0 if z > _CALM else s.calm + 1
    if s.calm >= _CALM_DAYS:
        s.before = 0.0
    if z > max(found.score, _CALM):
        found.score, found.window, found.excess = z, SPANS, sold - expected
        found.due, found.wide = expected, wide
