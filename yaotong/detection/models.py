"""What a scan takes for chance: one model for each shape of table, by name.

Source: Kulldorff (1997) doi:10.1080/03610929708831995 (Poisson, Bernoulli); for tables with dates see
:mod:`yaotong.detection.dated`.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from yaotong.detection import dated, replicas
from yaotong.detection.likelihood import BERNOULLI, POISSON
from yaotong.detection.regions import Regions
from yaotong.detection.search import Measure
from yaotong.detection.setting import FLEXIBLE, Model, Options, Unfit, ratio, searched
from yaotong.errors import UsageError

# Fewer regions have no inside and outside worth comparing; more need more memory than a desk has.
LEAST_MAP, MOST_MAP = 3, 12_000
MOST_CASES = 2_000_000_000
SPATIAL = ("poisson", "bernoulli")
DATED = ("spacetime", "spacetime_poisson", "permutation")
METHODS = (*SPATIAL, *DATED, FLEXIBLE)


def chosen(regions: Regions, method: str) -> str:
    """The method named, or for `auto` the one that suits the columns. Raises UsageError where it does not.

    FLEXIBLE names the shape of the windows, and leaves the model to the columns.
    """
    if method in ("auto", FLEXIBLE):
        if regions.dates is not None:
            return "spacetime" if regions.kind in ("expected", "population") else "permutation"
        return "bernoulli" if regions.kind == "controls" else "poisson"
    if method not in METHODS:
        raise UsageError(f"没有方法 {method}；可用 auto、{'、'.join(METHODS)}")
    if (method in DATED) != (regions.dates is not None):
        raise UsageError(f"{method} 用于{'有' if method in DATED else '没有'} date 列的表")
    wanted = ("controls",) if method == "bernoulli" else ("expected", "population")
    if method != "permutation" and regions.kind not in wanted:
        raise UsageError(f"{method} 需要列 {' 或 '.join(wanted)}")
    return method


def made(method: str, regions: Regions, options: Options) -> Model:
    """The map made ready for a method. Raises Unfit where it says too little, UsageError where too much."""
    n, total = len(regions.ids), int(regions.cases.sum())
    if n < LEAST_MAP:
        raise Unfit(f"能用的区域只有 {n} 个，至少要 {LEAST_MAP} 个")
    if n > MOST_MAP:
        raise UsageError(f"区域 {n} 个，超过 {MOST_MAP} 个；按上一级区域合计，或分片扫描")
    if total < options.least_cases:
        raise Unfit(f"病例一共 {total} 例，少于一个聚集所需的 {options.least_cases} 例")
    if total > MOST_CASES:
        raise UsageError(f"病例一共 {total} 例，超过 {MOST_CASES} 例；换大一些的单位")
    return _MODELS[method](regions, options)


def _poisson(regions: Regions, options: Options) -> Model:
    """Cases fall by what is expected, given how many there are in all."""
    assert regions.measure is not None
    counts = regions.cases.T
    total = int(counts.sum())
    size = regions.measure[:, 0] * (total / regions.measure.sum())
    measure = Measure(POISSON, float(total), 0.0, size[None], options.least_cases, options.least_regions)
    return Model(
        counts,
        searched(regions, size, measure, options),
        lambda rng, b: replicas.multinomial(rng, size, total, b)[None],
        lambda c, e: ratio(c, e, total - c, total - e),
        lambda e: e,
    )


def _bernoulli(regions: Regions, options: Options) -> Model:
    """Each of cases and controls is a case by one chance, given how many there are of both."""
    assert regions.measure is not None
    counts = regions.cases.T
    people = (regions.cases + regions.measure.astype(np.int64))[:, 0]
    total, everyone = int(counts.sum()), int(people.sum())
    if total == everyone:
        raise Unfit("没有一例对照")
    size = people.astype(float)
    measure = Measure(
        BERNOULLI, float(total), float(everyone), size[None], options.least_cases, options.least_regions
    )
    return Model(
        counts,
        searched(regions, size, measure, options),
        lambda rng, b: replicas.hypergeometric(rng, people, total, b)[None],
        lambda c, n: ratio(c, n, total - c, everyone - n),
        lambda n: total * n / everyone,
    )


_MODELS: dict[str, Callable[[Regions, Options], Model]] = {
    "poisson": _poisson,
    "bernoulli": _bernoulli,
    "spacetime": dated.spacetime,
    "spacetime_poisson": dated.poisson,
    "permutation": dated.permutation,
}
