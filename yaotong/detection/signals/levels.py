"""One level of a hierarchy judged day by day: the shops, the towns, or the city. Method: signals.md.

A series sleeps until four weeks after its first sale, which give it its level; the filter then learns eight
weeks before it judges. Nothing of a day hangs on a later one, neither its verdict nor whose company it is
judged in.
"""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong.detection import calibration
from yaotong.detection.daily import Judged
from yaotong.detection.detector import ALPHA, LEAST_GROUP, few, in_groups, still
from yaotong.detection.judging import DAY_BONUS
from yaotong.detection.signals.counted import Sold
from yaotong.detection.state import ALONE, FIRST_DAYS, GROUPED, WINDOWS, started
from yaotong.detection.tails import nb_upper, q_values

F32 = NDArray[np.float32]
Ints = NDArray[np.int64]

# A town begins when most of its shops have their level.
_GATHERING_DAYS = 7
_YEAR_DAYS = 365
_SPANS = np.array([*WINDOWS, WINDOWS[-1]], np.int16)


class Level(NamedTuple):
    """(groups, series, days) arrays of one level; NaN where nothing can be said.

    counts: packs of the day; usual: expected of the day; span (days), excess, due (expected of the span),
    upper (of the span, at ALPHA), p and q as of the day; lasting: the rise began before the span;
    beside: whether the day was judged beside the others of its group.
    """

    keys: tuple[str, ...]
    counts: F32
    usual: F32
    bound: F32
    span: NDArray[np.int16]
    lasting: NDArray[np.bool_]
    excess: F32
    due: F32
    wide: F32
    upper: F32
    p: F32
    q: F32
    beside: NDArray[np.bool_]


class Begun(NamedTuple):
    """When each shop wakes (day number, past the end for never), and its packs a day before that."""

    day: Ints  # (shops,)
    rate: F32  # (groups, shops)


def begun_of(packs: F32) -> Begun:
    """Four weeks after a shop's first day, with the mean of those weeks' days that are known."""
    days = packs.shape[2]
    known = np.any(~np.isnan(packs), axis=0)
    first = np.where(known.any(axis=1), known.argmax(axis=1), days)
    early = (np.arange(days) >= first[:, None]) & (np.arange(days) < first[:, None] + FIRST_DAYS)
    total = np.where(early, np.nan_to_num(packs), 0.0).sum(axis=2)
    seen = (early & known).sum(axis=1)
    return Begun(first + FIRST_DAYS, ((total + 0.5) / np.maximum(seen, 1)).astype(np.float32))


def of_shops(sold: Sold, begun: Begun) -> Level:
    """Each shop beside its own past and the rest of its group."""
    awake = np.arange(sold.days) >= begun.day[:, None]
    counts = np.where(awake, sold.packs, np.float32(np.nan))
    company = awake.sum(axis=0) >= LEAST_GROUP
    return _level(sold.shops, sold.first, sold.packs, counts, begun.rate, None, company)


def of_areas(sold: Sold, begun: Begun, member: NDArray[np.bool_], keys: tuple[str, ...]) -> Level:
    """Sums over the shops that are awake and known, `member` (areas, shops), beside what those sell usually.

    An area judged by itself is judged from its second year on: a first winter looks like any other rise.
    """
    day = np.arange(sold.days)
    awake = day >= begun.day[:, None]
    known = ~np.isnan(sold.packs)
    could = _summed(member, np.where(awake & known, begun.rate[:, :, None], 0.0))
    total = _summed(member, np.where(awake & known, sold.packs, 0.0))
    full = _summed(member, np.where(awake, begun.rate[:, :, None], 0.0))
    there = np.any(member[:, :, None] & awake, axis=1)
    begins = np.where(there.any(axis=1), there.argmax(axis=1) + _GATHERING_DAYS, sold.days)
    base = np.maximum(full[:, np.arange(len(keys)), np.minimum(begins, sold.days - 1)], 1e-6)
    begun_there = day >= begins[:, None]
    rising = begun_there & (could > 0.0)
    counts = np.where(rising, total, np.nan).astype(np.float32)
    exposure = np.where(rising, could / base[:, :, None], 1.0).astype(np.float32)
    company = begun_there.sum(axis=0) >= LEAST_GROUP
    level = _level(keys, sold.first, counts, counts, base.astype(np.float32), exposure, company)
    return _without(level, ~company & (day < begins[:, None] + _YEAR_DAYS))


def _summed(member: NDArray[np.bool_], cells: NDArray[np.floating]) -> NDArray[np.float64]:
    """(groups, areas, days) of (areas, shops) and (groups, shops, days)."""
    # Shop after shop: a sum in blocks would hang on how many days there are, in its last digit.
    parts = [cells[:, mine].sum(axis=1, dtype=np.float64) for mine in member]
    return np.stack(parts, axis=1) if parts else np.zeros((len(cells), 0, cells.shape[2]))


def _level(
    keys: tuple[str, ...],
    first: date,
    past: F32,
    counts: F32,
    rate: F32,
    exposure: F32 | None,
    company: NDArray[np.bool_],
) -> Level:
    """Judge `counts` (groups, series, days); `company` (days,) tells where a group is one.

    `past` are the counts with the days before a series woke, by which it is known whether it ever moved.
    """
    beside = np.broadcast_to(company[None, None, :], counts.shape)
    runs = []
    if company.any():
        runs.append(_run(counts, rate, exposure, first, grouped=True))
    # The first days on which there is no company yet; with company it stays.
    if not company.all():
        runs.append(_run(counts, rate, exposure, first, grouped=False))
    judged = runs[0] if len(runs) == 1 else _where(beside, runs[0], runs[1])
    flat = past.reshape(-1, counts.shape[2])
    unknown = (still(flat) | few(flat)).reshape(counts.shape) | np.isnan(judged.score)
    return _told(keys, counts, judged, unknown, beside)


def _where(beside: NDArray[np.bool_], first: Judged, second: Judged) -> Judged:
    columns: list[Any] = []
    for one, other in zip(first, second, strict=True):
        columns.append(np.where(beside, np.asarray(one), np.asarray(other)))
    return Judged(*columns)


def _run(counts: F32, rate: F32, exposure: F32 | None, first: date, *, grouped: bool) -> Judged:
    """The daily filter over all groups in one call."""
    groups, series, days = counts.shape
    state = started(np.repeat(rate.reshape(-1, 1), FIRST_DAYS, axis=1))
    members = np.arange(groups + 1) * series if grouped else np.arange(groups * series + 1)
    judged = in_groups(
        counts.reshape(-1, days),
        members,
        first,
        state,
        GROUPED if grouped else ALONE,
        exposure=None if exposure is None else exposure.reshape(-1, days),
        windows=True,
    )
    columns: list[Any] = [column.reshape(counts.shape) for column in judged]
    return Judged(*columns)


def _told(
    keys: tuple[str, ...], counts: F32, judged: Judged, unknown: NDArray[np.bool_], beside: NDArray[np.bool_]
) -> Level:
    limit = calibration.score_at(ALPHA, calibration.DAILY)
    blank = np.float32(np.nan)
    p = _to_digits(np.where(unknown, blank, calibration.p_values(judged.score, calibration.DAILY)))
    tests = p.reshape(-1, p.shape[2]).astype(np.float64)
    # Whatever its span, a score at the limit has at least this much of its own: the rest is today's.
    upper = nb_upper(judged.due, judged.wide, limit - DAY_BONUS)
    return Level(
        keys=keys,
        counts=counts,
        usual=np.where(unknown, blank, judged.expected),
        bound=np.where(unknown, blank, nb_upper(judged.expected, judged.variance, limit - DAY_BONUS)),
        span=_SPANS[judged.window],
        lasting=judged.window == len(WINDOWS),
        excess=judged.excess,
        due=judged.due,
        wide=judged.wide,
        upper=upper.astype(np.float32),
        p=p,
        q=q_values(tests).reshape(p.shape).astype(np.float32),
        beside=beside,
    )


def _to_digits(p: NDArray[np.floating]) -> F32:
    """To five digits: how numpy works out an array's last ones hangs on its length."""
    known = np.where(np.isnan(p), 1.0, p)
    scale = 10.0 ** (4 - np.floor(np.log10(known)))
    return np.where(np.isnan(p), np.nan, np.round(known * scale) / scale).astype(np.float32)


def _without(level: Level, days: NDArray[np.bool_]) -> Level:
    """Nothing is said on `days` (series, days)."""
    blank = np.float32(np.nan)
    p = np.where(days, blank, level.p)
    q = q_values(p.reshape(-1, p.shape[2]).astype(np.float64)).reshape(p.shape).astype(np.float32)
    return level._replace(p=p, q=q)
