"""What a scan takes for chance in tables with dates: windows of the last 1, 2, … dates.

Sources: Kulldorff (2001) J. R. Stat. Soc. A 164:61 (windows that reach the last date); Kulldorff et al.
(2005) doi:10.1371/journal.pmed.0020059 (space-time permutation); Tango, Takahashi, Kohriyama (2011)
doi:10.1111/j.1541-0420.2010.01412.x (counts that vary more than Poisson's).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yaotong.detection import replicas
from yaotong.detection.likelihood import OVERDISPERSED, POISSON
from yaotong.detection.regions import Regions
from yaotong.detection.search import Measure
from yaotong.detection.setting import Counts, Floats, Model, Options, Unfit, ratio, searched
from yaotong.detection.spacetime import LEAST_BEFORE, baseline


def spacetime(regions: Regions, options: Options) -> Model:
    """Counts vary round their expectation as they did on the dates before the scanned ones."""
    assert regions.measure is not None
    longest = options.longest
    before = regions.cases.shape[1] - longest
    if before < LEAST_BEFORE:
        raise Unfit(f"最近 {longest} 个日期之前只有 {max(before, 0)} 个日期，至少要 {LEAST_BEFORE} 个")
    if not regions.cases[:, :before].any():
        raise Unfit("最近的日期之前没有一例")
    base = baseline(regions.cases, regions.measure, longest)
    size = _layered(base.mean, longest)
    measure = Measure(OVERDISPERSED, 0.0, base.ratio, size, options.least_cases, options.least_regions)
    late = base.mean[:, ::-1][:, :longest]
    return Model(
        _layered(regions.cases, longest).astype(np.int64),
        searched(regions, base.mean.sum(axis=1), measure, options),
        lambda rng, b: replicas.overdispersed(rng, late, base.ratio, b),
        lambda c, e: c / e,
        lambda e: e,
    )


def poisson(regions: Regions, options: Options) -> Model:
    """All cases fall by what is expected: the classical scan, for counts that vary no more than so."""
    assert regions.measure is not None
    total, longest = int(regions.cases.sum()), _half(regions, options)
    mean = regions.measure * (total / regions.measure.sum())
    measure = _poisson(total, _layered(mean, longest), options)
    late = mean[:, ::-1][:, :longest].T
    weight = np.r_[late.ravel(), mean.sum() - late.sum()]

    def draw(rng: np.random.Generator, b: int) -> Counts:
        thrown = replicas.multinomial(rng, weight, total, b)[:-1]
        return np.cumsum(thrown.reshape(*late.shape, b), axis=0, dtype=thrown.dtype)

    return Model(
        _layered(regions.cases, longest).astype(np.int64),
        searched(regions, mean.sum(axis=1), measure, options),
        draw,
        lambda c, e: ratio(c, e, total - c, total - e),
        lambda e: e,
    )


def permutation(regions: Regions, options: Options) -> Model:
    """Places and dates have nothing to do with one another; what a region or a date has in all stays."""
    total, longest = int(regions.cases.sum()), _half(regions, options)
    counts = _layered(regions.cases, longest).astype(np.int64)
    if not counts.any():
        raise Unfit(f"最近 {longest} 个日期里没有一例")
    whole = regions.cases.sum(axis=1).astype(float)
    measure = _poisson(total, np.outer(counts.sum(axis=1) / total, whole), options)
    return Model(
        counts,
        searched(regions, whole, measure, options),
        lambda rng, b: replicas.shuffled(rng, regions.cases, longest, b),
        lambda c, e: ratio(c, e, total - c, total - e),
        lambda e: e,
    )


def _half(regions: Regions, options: Options) -> int:
    """The longest window, at most half of the dates."""
    dates = int(regions.cases.shape[1])
    if dates < 2:
        raise Unfit("只有一个日期")
    return min(options.longest, dates // 2)


def _poisson(total: int, size: Floats, options: Options) -> Measure:
    return Measure(POISSON, float(total), 0.0, size, options.least_cases, options.least_regions)


def _layered(values: NDArray[np.int64] | Floats, longest: int) -> Floats:
    """(layers, n): what (n, t) holds in the last 1, 2, … dates."""
    sums = np.cumsum(np.asarray(values, np.float64)[:, ::-1], axis=1)
    return np.ascontiguousarray(sums[:, :longest].T)
