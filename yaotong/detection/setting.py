"""How to scan, and a map made ready for it: the words that models and the scan share."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from yaotong.detection.flexible import FlexibleSearch, grown
from yaotong.detection.regions import Regions
from yaotong.detection.search import CircleSearch, Measure, Search
from yaotong.detection.windows import circles

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger]


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
    search: Search
    draw: Callable[[np.random.Generator, int], Counts]
    risk: Callable[[int, float], float]
    expected: Callable[[float], float]


DEFAULTS = Options()
FLEXIBLE = "flexible"
_NO_WINDOW = "没有一个窗口小于 --most-share：区域都在一处，或只有一两个区域有预期"


def searched(regions: Regions, weight: Floats, measure: Measure, options: Options) -> Search:
    """A search by windows that hold at most the allowed share of weight (n,): circles, or of any shape.

    Raises Unfit where there is none.
    """
    if options.method == FLEXIBLE:
        groups = grown(regions.lon, regions.lat, weight, options.most_share, options.neighbours)
        if not len(groups.parent):
            raise Unfit(_NO_WINDOW)
        return FlexibleSearch(groups, measure)
    circle = circles(regions.lon, regions.lat, weight, options.most_share)
    if not circle.size.any():
        raise Unfit(_NO_WINDOW)
    return CircleSearch(circle, measure)


def ratio(inside: float, size: float, outside: float, rest: float) -> float:
    """The rate within over the rate outside; infinite where there are no cases outside."""
    return inside / size / (outside / rest) if outside > 0 else float("inf")
