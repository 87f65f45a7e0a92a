"""What a scan takes for chance: one model for each shape of table, by name.

Sources: Kulldorff (1997) doi:10.1080/03610929708831995 (Poisson, Bernoulli); Kulldorff et al. (2005)
doi:10.1371/journal.pmed.0020059 (space-time permutation); Kulldorff (2001) J. R. Stat. Soc. A 164:61 (windows
that reach the last date).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong.detection import replicas
from yaotong.detection.likelihood import BERNOULLI, POISSON
from yaotong.detection.regions import Regions
from yaotong.detection.search import CircleSearch, Measure
from yaotong.detection.windows import circles
from yaotong.errors import UsageError

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger]

# Fewer regions have no inside and outside worth comparing; more need more memory than a desk has.
LEAST_MAP, MOST_MAP = 3, 12_000
MOST_CASES = 2_000_000_000


class Options(NamedTuple):
    """How to scan; the defaults are those of the command."""

    method: str = "auto"
    replications: int = 999
    seed: int = 20_260_101
    alpha: float = 0.05
    most_share: float = 0.5
    least_cases: int = 2
    least_regions: int = 1
    longest: int = 7
    neighbours: int = 12
    stop_after: int | None = None


class Unfit(Exception):
    """The map says too little to be scanned; the message says what is wanting."""


class Model(NamedTuple):
    """One map made ready: counts (layers, n), the search, the replicas, and two figures of a window."""

    counts: Counts
    search: CircleSearch
    draw: Callable[[np.random.Generator, int], Counts]
    risk: Callable[[int, float], float]
    expected: Callable[[float], float]


DEFAULTS = Options()
SPATIAL = ("poisson", "bernoulli")
DATED: tuple[str, ...] = ()
METHODS = SPATIAL + DATED


def chosen(regions: Regions, method: str) -> str:
    """The method named, or for `auto` the one that suits the columns. Raises UsageError where it does not."""
    if method == "auto":
        if regions.dates is not None:
            return "spacetime" if regions.kind in ("expected", "population") else "permutation"
        return "bernoulli" if regions.kind == "controls" else "poisson"
    if method not in METHODS:
        raise UsageError(f"没有方法 {method}；可用 auto、{'、'.join(METHODS)}")
    if (method in DATED) != (regions.dates is not None):
        raise UsageError(f"{method} 用于{'有' if method in DATED else '没有'} date 列的表")
    if (method == "bernoulli") != (regions.kind == "controls") and method != "permutation":
        raise UsageError(
            f"{method} 需要列 {'controls' if method == 'bernoulli' else 'expected 或 population'}"
        )
    return method


def made(method: str, regions: Regions, options: Options) -> Model:
    """The map made ready for a method. Raises Unfit where it says too little."""
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
    counts = regions.cases.T
    total = int(counts.sum())
    size = _sized(regions)[:, 0]
    size *= total / size.sum()
    measure = Measure(POISSON, float(total), 0.0, size[None], options.least_cases, options.least_regions)
    search = CircleSearch(circles(regions.lon, regions.lat, size, options.most_share), measure)
    return Model(
        counts,
        search,
        lambda rng, b: replicas.multinomial(rng, size, total, b),
        lambda c, e: _ratio(c, e, total - c, total - e),
        lambda e: e,
    )


def _bernoulli(regions: Regions, options: Options) -> Model:
    """Each of cases and controls is a case by one chance, given how many there are of both."""
    counts = regions.cases.T
    people = (regions.cases + _sized(regions).astype(np.int64))[:, 0]
    total, everyone = int(counts.sum()), int(people.sum())
    if total == everyone:
        raise Unfit("没有一例对照")
    measure = Measure(
        BERNOULLI,
        float(total),
        float(everyone),
        people[None].astype(float),
        options.least_cases,
        options.least_regions,
    )
    circle = circles(regions.lon, regions.lat, people.astype(float), options.most_share)
    return Model(
        counts,
        CircleSearch(circle, measure),
        lambda rng, b: replicas.hypergeometric(rng, people, total, b),
        lambda c, n: _ratio(c, n, total - c, everyone - n),
        lambda n: total * n / everyone,
    )


def _sized(regions: Regions) -> Floats:
    if regions.measure is None:
        raise UsageError("这个方法需要列 expected 或 population")
    return regions.measure.copy()


def _ratio(inside: float, size: float, outside: float, rest: float) -> float:
    """The rate within over the rate outside; infinite where there are no cases outside."""
    return inside / size / (outside / rest) if outside > 0 else float("inf")


_MODELS: dict[str, Callable[[Regions, Options], Model]] = {
    "poisson": _poisson,
    "bernoulli": _bernoulli,
}
