"""A search of one map by circles: the scores of all windows, and the highest on replicas."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from yaotong.detection.likelihood import cells, needed
from yaotong.detection.maxima import raise_best, scores
from yaotong.detection.windows import Circles, gathered

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger]


class Measure(NamedTuple):
    """What counts are measured by. model, total, extra as in :func:`likelihood.score`; size (layers, n)
    of each region; the fewest cases and regions of a window."""

    model: int
    total: float
    extra: float
    size: Floats
    least_cases: int
    least_regions: int

    def needed_as(self, top: float, kind: np.dtype[np.signedinteger]) -> Counts:
        """The least counts that reach each level, for windows up to the size `top`, as replicas are typed."""
        return _needed_as(top, kind, *self[:3], self.least_cases)


@lru_cache(maxsize=32)
def _needed_as(
    top: float, kind: np.dtype[np.signedinteger], model: int, total: float, extra: float, least: int
) -> Counts:
    """Every block of replicas asks for the same."""
    most = int(np.iinfo(kind).max)
    return np.minimum(needed(top, model, total, extra, least, most), most).astype(kind)


class Window(NamedTuple):
    """One window: its score, its centre, its regions and its layer."""

    score: float
    centre: int
    regions: NDArray[np.int32]
    layer: int


class Search(Protocol):
    """Windows of one shape over one map."""

    measure: Measure

    def windows(self, counts: Counts) -> Found:
        """All windows with their scores on counts (layers, n)."""

    def highest(self, counts: Counts) -> Floats:
        """(b,) the highest score on each of b replicas (layers, n, b)."""


class Found(Protocol):
    """The windows of one map, of which the best is taken again and again."""

    def take(self) -> Window | None:
        """The best window left, and from now on none that shares a region with it; None when all are 0."""


class CircleSearch:
    """Circles, of each as many layers as the measure has."""

    def __init__(self, circle: Circles, measure: Measure) -> None:
        self.circle, self.measure = circle, measure
        self.sizes = [gathered(circle, one) for one in measure.size]
        rows = np.arange(len(circle.order))
        self.tops = [
            max(float(size[rows, np.maximum(circle.size - 1, 0)].max(initial=0.0)), 1e-12)
            for size in self.sizes
        ]
        self.cells = [cells(size, top) for size, top in zip(self.sizes, self.tops, strict=True)]

    def windows(self, counts: Counts) -> CirclesFound:
        """As in :class:`Search`."""
        least = np.array([self.measure.least_cases, self.measure.least_regions])
        told = [
            scores(
                *self.circle, size, here, least, self.measure.model, self.measure.total, self.measure.extra
            )
            for size, here in zip(self.sizes, counts, strict=True)
        ]
        return CirclesFound(self.circle, np.array(told))

    def highest(self, counts: Counts) -> Floats:
        """As in :class:`Search`."""
        best = np.zeros(counts.shape[2])
        for layer, here in enumerate(counts):
            raise_best(
                best, *self.circle, self.sizes[layer], self.cells[layer], here,
                self.measure.needed_as(self.tops[layer], here.dtype),
                self.measure.least_regions, self.measure.model, self.measure.total, self.measure.extra,
            )  # fmt: skip
        return best


class CirclesFound:
    """The circles of one map; score (layers, n, k)."""

    def __init__(self, circle: Circles, score: Floats) -> None:
        self.circle, self.score = circle, score
        self.used = np.zeros(len(circle.order), bool)

    def take(self) -> Window | None:
        """As in :class:`Found`."""
        if not self.score.size or self.score.max() <= 0.0:
            return None
        layer, centre, last = np.unravel_index(int(self.score.argmax()), self.score.shape)
        found = Window(
            float(self.score[layer, centre, last]),
            int(centre),
            self.circle.order[centre, : last + 1],
            int(layer),
        )
        self.used[found.regions] = True
        self.score[:, np.logical_or.accumulate(self.used[self.circle.order], axis=1)] = 0.0
        return found
