"""The daily filter: each series beside its own past, or beside the rest of its group.

One pass, a day at a time, for thousands of series: `advance` takes the state of the night before and
the new days. Method and sources: daily.md.
"""

from __future__ import annotations

import math
from datetime import date, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.detection.days import ORDINARY, PROMOTION, Days, kinds
from yaotong.detection.flow import flow_of_rest, remember_flow, total_flow
from yaotong.detection.forecast import forecasts, noise_of, unit_of
from yaotong.detection.judging import judge, judge_lasting, place_day
from yaotong.detection.learning import learn, remember_errors
from yaotong.detection.state import GROUP, LEAST_DAYS, MEMBER, RING, VERDICT, Record

F32 = NDArray[np.float32]
Marks = NDArray[np.int8]
# For `advance`: every series and day is an ordinary one.
PLAIN = np.ones((0, 0), np.float32)
UNMARKED = np.zeros((0, 0), np.int8)


class Judged(NamedTuple):
    """(series, days) float32; NaN where nothing can be said.

    score grows with suspicion; window indexes state.WINDOWS, one past the end for a lasting rise;
    expected and variance are of the one day, excess is of the window. due and wide, where asked for, are
    the window's own expected and variance; else they are empty.
    """

    score: F32
    window: NDArray[np.int8]
    expected: F32
    variance: F32
    excess: F32
    due: F32
    wide: F32


def nothing_judged(series: int, days: int, windows: bool = False) -> Judged:
    """Room for the verdicts, and for what was expected of their windows."""
    blank = [np.full((series, days), np.nan, np.float32) for _ in range(6 if windows else 4)]
    if not windows:
        blank += [np.full((0, 0), np.nan, np.float32) for _ in range(2)]
    return Judged(blank[0], np.zeros((series, days), np.int8), *blank[1:])


def fresh_groups(members: NDArray[np.int64]) -> NDArray[np.void]:
    """The groups' state before the first day; `members` as in `advance`."""
    return np.zeros(len(members) - 1, GROUP)


def advance(
    state: Record,
    groups: Record,
    members: NDArray[np.int64],
    counts: F32,
    first: date,
    day: int,
    tuning: Record,
    exposure: F32 = PLAIN,
    marks: Marks = UNMARKED,
    windows: bool = False,
) -> Judged:
    """Judge and learn the days numbered `day`, `day + 1`, ...; `state` and `groups` are changed.

    members: (groups + 1,) where each group's series begin; counts: (series, days), NaN where nothing
    came; exposure: (series, days) what the series could sell beside its usual; marks: (series, days)
    a kind of day (days.py) put in place of the calendar's, 0 for none. `first` is the date of day 0.
    With `windows`, what was expected of each window is told too.
    """
    found = nothing_judged(counts.shape[0], counts.shape[1], windows)
    days = kinds(first + timedelta(days=day), counts.shape[1])
    room = np.zeros(int(np.diff(members).max()), MEMBER)
    verdict = np.zeros(1, VERDICT)
    _advance(state, groups, members, counts, exposure, marks, days, day, tuning, room, verdict, found)
    return found


@compiled
def _advance(
    state: Record,
    groups: Record,
    members: NDArray[np.int64],
    counts: F32,
    exposure: F32,
    marks: Marks,
    days: Days,
    day: int,
    tuning: Record,
    room: Record,
    verdict: Record,
    found: Judged,
) -> None:
    for g in range(len(members) - 1):
        a, b = members[g], members[g + 1]
        for column in range(counts.shape[1]):
            t = day + column
            for i in range(a, b):
                kind = days.kind[column]
                if len(marks) > 0:
                    mark = marks[i, column]
                    # A festival says more than "a holiday"; a promotion says more than a festival.
                    if mark == PROMOTION or (mark > 0 and kind == ORDINARY):
                        kind = mark
                could = exposure[i, column] if len(exposure) > 0 else 1.0
                weekday, week = days.weekday[column], days.week[column]
                room[i - a].sold = counts[i, column]
                _open_day(state[i], groups[g], t, kind, weekday, week, could, tuning, room[i - a])
            total = base = 0.0
            if tuning.grouped:
                total, base = total_flow(state, room[: b - a], a)
            for i in range(a, b):
                _close_day(state[i], groups[g], t, total, base, tuning, room[i - a], verdict[0])
                _write(found, i, column, state[i].days, counts[i, column], verdict[0])
            if tuning.grouped:
                remember_flow(groups[g], total, base)


@compiled
def _open_day(
    s: Record,
    group: Record,
    t: int,
    kind: int,
    weekday: int,
    week: int,
    could: float,
    tuning: Record,
    own: Record,
) -> None:
    """What the series would sell today by itself."""
    k = t % RING
    s.dates[k, 0] = kind
    s.dates[k, 1] = weekday
    s.dates[k, 2] = week
    own.rate = forecasts(s, k, tuning)
    own.noise = noise_of(s, group)
    own.usual = own.rate * unit_of(s, k, weekday, week, kind, tuning) * could


@compiled
def _close_day(
    s: Record, group: Record, t: int, total: float, base: float, tuning: Record, own: Record, verdict: Record
) -> None:
    """Judge the day, then learn; a series sleeps until its first count."""
    if s.days == 0 and math.isnan(own.sold):
        return
    flow, rival = 1.0, 0.0
    if tuning.grouped:
        flow, rival = flow_of_rest(group, total, base, own)
    place_day(s, t, own.sold, own.usual / own.rate * flow, own.rate, own.noise)
    judge(s, t, own.sold, own.noise, rival, tuning, verdict)
    judge_lasting(s, t, own.noise, rival, tuning, verdict)
    s.shown = verdict.score
    remember_errors(s, s.dates[t % RING, 2], verdict)
    learn(s, group, t, own.noise, rival, own.rate, tuning)
    s.days += 1


@compiled
def _write(found: Judged, i: int, column: int, days: int, sold: float, verdict: Record) -> None:
    """Keep the verdict when there was a day to judge and enough before it."""
    if days <= LEAST_DAYS or not sold >= 0.0:
        return
    found.score[i, column] = verdict.score
    found.window[i, column] = verdict.window
    found.expected[i, column] = verdict.expected
    found.variance[i, column] = verdict.variance
    found.excess[i, column] = verdict.excess
    if len(found.due) > 0:
        found.due[i, column] = verdict.due
        found.wide[i, column] = verdict.wide
