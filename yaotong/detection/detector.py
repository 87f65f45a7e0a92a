"""The default detector: which method suits a series, what it says, and why it was chosen."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong.detection import calibration, daily, weekly
from yaotong.detection.calibration import Scale
from yaotong.detection.daily import Judged
from yaotong.detection.judging import DAY_BONUS
from yaotong.detection.panel import DAY, Panel
from yaotong.detection.state import ALONE, FIRST_DAYS, GROUPED, WINDOWS, started
from yaotong.detection.tails import nb_upper
from yaotong.detection.weekly import WEEK_BONUS

F32 = NDArray[np.float32]

ALPHA = 0.01
LEAST_GROUP = 5
LEAST_SOLD = 5.0
LASTING = -1


class Findings(NamedTuple):
    """(series, dates): NaN where nothing can be said. `span` is the window in dates, LASTING for a lasting
    rise; `excess` is of that window, `expected` and `upper` are of the one date."""

    expected: F32
    upper: F32
    score: F32
    p: F32
    excess: F32
    span: NDArray[np.int16]


class Choice(NamedTuple):
    """A method's name by series, and the sentence that says why."""

    method: NDArray[np.object_]
    why: NDArray[np.object_]


WHY = {
    "group": "逐日，同组不少于五家：同其余各家一起的涨落相比",
    "filter": "逐日，没有足够的同组：同自己的过去、星期、节假日、季节相比",
    "weekly": "逐周：同逐周重估的趋势与年度起伏相比",
}


def choose(panel: Panel) -> Choice:
    """The method for each series of a grid, by its step and its company."""
    if panel.step != DAY:
        names = np.full(len(panel.ids), "weekly", object)
    else:
        names = np.where(_in_company(panel), "group", "filter").astype(object)
    return Choice(names, np.array([WHY[name] for name in names], object))


def detect(panel: Panel, alpha: float = ALPHA, method: str = "auto") -> tuple[Findings, Choice]:
    """Findings on a grid by the method each series suits, or by `filter`, `group` or `weekly` for all."""
    choice = choose(panel)
    if method != "auto":
        choice = Choice(np.full(len(panel.ids), method, object), choice.why)
    found = _blank(panel.counts.shape)
    for name, run in _RUNS.items():
        chosen = np.flatnonzero(choice.method == name)
        if len(chosen):
            _put(found, chosen, run(panel, chosen, alpha))
    return silenced(found, panel.counts), choice


def _put(found: Findings, chosen: NDArray[np.int64], part: Findings) -> None:
    for into, values in zip(found[:5], part[:5], strict=True):
        into[chosen] = values
    found.span[chosen] = part.span


def _in_company(panel: Panel) -> NDArray[np.bool_]:
    """Whether a series has at least LEAST_GROUP members in its group, itself included."""
    sizes = np.bincount(panel.groups + 1)
    return (panel.groups >= 0) & (sizes[panel.groups + 1] >= LEAST_GROUP)


def _blank(shape: tuple[int, ...]) -> Findings:
    a, b, c, d, e = (np.full(shape, np.nan, np.float32) for _ in range(5))
    return Findings(a, b, c, d, e, np.zeros(shape, np.int16))


def _alone(panel: Panel, chosen: NDArray[np.int64], alpha: float) -> Findings:
    return _filtered(panel, chosen, np.arange(len(chosen) + 1), ALONE, alpha)


def _grouped(panel: Panel, chosen: NDArray[np.int64], alpha: float) -> Findings:
    groups = panel.groups[chosen]
    begins = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]])
    return _filtered(panel, chosen, np.r_[begins, len(chosen)], GROUPED, alpha)


def _filtered(
    panel: Panel, chosen: NDArray[np.int64], members: NDArray[np.int64], tuning: object, alpha: float
) -> Findings:
    """The daily filter over the chosen series."""
    counts = panel.counts[chosen]
    judged = in_groups(
        counts,
        members,
        panel.first,
        started(_first_days(counts)),
        tuning,
        exposure=None if panel.exposure is None else panel.exposure[chosen],
        marks=None if panel.marks is None else panel.marks[chosen],
    )
    return told(judged, calibration.DAILY, DAY_BONUS, (*WINDOWS, LASTING), alpha)


def in_groups(
    counts: F32,
    members: NDArray[np.int64],
    first: date,
    state: NDArray[np.void],
    tuning: object,
    *,
    exposure: F32 | None = None,
    marks: NDArray[np.int8] | None = None,
    windows: bool = False,
) -> Judged:
    """`daily.advance` over all days from day 0 on, shared out over the cores by whole groups."""
    cores = os.cpu_count() or 1
    cuts = np.unique(np.linspace(0, len(members) - 1, cores + 1).astype(int))

    def one(a: int, b: int) -> Judged:
        rows = slice(members[a], members[b])
        begun = (members[a : b + 1] - members[a]).astype(np.int64)
        return daily.advance(
            state[rows],
            daily.fresh_groups(begun),
            begun,
            np.ascontiguousarray(counts[rows]),
            first,
            0,
            tuning,
            daily.PLAIN if exposure is None else np.ascontiguousarray(exposure[rows]),
            daily.UNMARKED if marks is None else np.ascontiguousarray(marks[rows]),
            windows,
        )

    with ThreadPoolExecutor(cores) as pool:
        parts = list(pool.map(one, cuts[:-1], cuts[1:]))
    return Judged(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _first_days(counts: F32) -> F32:
    """(series, FIRST_DAYS): each series' own first days, from its first count on; NaN past the end."""
    begins = np.argmax(~np.isnan(counts), axis=1)
    places = begins[:, None] + np.arange(FIRST_DAYS)
    inside = places < counts.shape[1]
    taken = np.take_along_axis(counts, np.where(inside, places, 0), axis=1)
    return np.where(inside, taken, np.float32(np.nan))


def _weekly(panel: Panel, chosen: NDArray[np.int64], alpha: float) -> Findings:
    exposure = None if panel.exposure is None else panel.exposure[chosen]
    judged = weekly.scan_weeks(panel.counts[chosen], exposure)
    return told(judged, calibration.WEEKLY, WEEK_BONUS, weekly.LENGTHS, alpha)


_RUNS: dict[str, Callable[[Panel, NDArray[np.int64], float], Findings]] = {
    "filter": _alone,
    "group": _grouped,
    "weekly": _weekly,
}


def told(judged: Judged, scale: Scale, bonus: float, spans: tuple[int, ...], alpha: float) -> Findings:
    """Verdicts as findings: the p of the score, the bound above which the date alone would alarm."""
    bound = calibration.score_at(alpha, scale) - bonus
    p = calibration.p_values(judged.score, scale).astype(np.float32)
    upper = nb_upper(judged.expected, judged.variance, bound).astype(np.float32)
    span = np.array(spans, np.int16)[judged.window]
    return Findings(judged.expected, upper, judged.score, p, judged.excess, span)


def silenced(found: Findings, counts: F32) -> Findings:
    """NaN where a series has not moved yet, or has sold next to nothing: not normal, but unknown."""
    unknown = still(counts) | few(counts)
    for line in (found.expected, found.upper, found.score, found.p, found.excess):
        line[unknown] = np.nan
    return found


def still(counts: F32) -> NDArray[np.bool_]:
    """Where every count so far has been the same."""
    top = np.fmax.accumulate(counts, axis=1)
    least = np.fmin.accumulate(counts, axis=1)
    return ~(top > least)


def few(counts: F32) -> NDArray[np.bool_]:
    """Where fewer than LEAST_SOLD were counted before the date."""
    total = np.cumsum(np.nan_to_num(counts), axis=1, dtype=np.float64)
    return total - np.nan_to_num(counts) < LEAST_SOLD
