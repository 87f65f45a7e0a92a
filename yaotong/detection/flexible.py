"""A search by connected groups of neighbours of any shape.

Source: Tango and Takahashi (2005) doi:10.1186/1476-072X-4-11. Regions are points here: two are neighbours
when no third lies in the circle between them (Gabriel and Sokal 1969, doi:10.2307/2412323).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

from yaotong.compiled import compiled
from yaotong.detection.likelihood import LEVELS, STEP, cells, score
from yaotong.detection.search import Counts, Floats, Measure, Window
from yaotong.detection.windows import circles

Ints = NDArray[np.int32]


class Groups(NamedTuple):
    """Groups by centre, each one region more than an earlier group of its centre.

    start (n + 1,) the first group of each centre; parent (m,) the group it grew from, counted from the
    centre's first, -1 for none; added (m,) the region it grew by; regions (m,) how many it has.
    """

    start: NDArray[np.int64]
    parent: Ints
    added: Ints
    regions: Ints


def grown(lon: Floats, lat: Floats, weight: Floats, share: float, most: int) -> Groups:
    """All connected groups round each of n regions, among it and its `most` - 1 nearest.

    A group holds at most `share` of all weight.
    """
    near = circles(lon, lat, np.ones(len(lon)), 1.0).order[:, :most]
    linked = neighbours(lon, lat)
    allowed = share * weight.sum() * (1.0 + 1e-12)
    parts = [_grow(np.ascontiguousarray(row), linked, weight, allowed) for row in near]
    start = np.r_[0, np.cumsum([len(part[0]) for part in parts])].astype(np.int64)
    parent, added, regions = (np.concatenate([part[one] for part in parts]) for one in range(3))
    return Groups(start, parent, added, regions)


def neighbours(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """(n, n) whether two regions are next to each other.

    All are where there are fewer than four spots; regions on one spot have the neighbours of all of them.
    """
    spots, at = np.unique(np.column_stack([lon, lat]), axis=0, return_inverse=True)
    near = _spots_near(*spots.T) | np.eye(len(spots), dtype=bool)
    return near[np.ix_(at, at)] & ~np.eye(len(lon), dtype=bool)


def _spots_near(lon: Floats, lat: Floats) -> NDArray[np.bool_]:
    """The same for places of which no two are one."""
    n = len(lon)
    if n < 4:
        return ~np.eye(n, dtype=bool)
    turn = (lon - lon[0] + 180.0) % 360.0 - 180.0
    plane = np.column_stack([turn * np.cos(np.radians(lat.mean())), lat])
    # QJ: places on one line are moved apart by a trifle instead of being refused.
    corners = Delaunay(plane, qhull_options="QJ").simplices
    linked = np.zeros((n, n), bool)
    between = np.zeros((n, n), bool)
    for a, b, c in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        i, j, k = corners[:, a], corners[:, b], corners[:, c]
        linked[i, j] = linked[j, i] = True
        inside = ((plane[i] - plane[k]) * (plane[j] - plane[k])).sum(axis=1) < -1e-12
        between[i[inside], j[inside]] = between[j[inside], i[inside]] = True
    return linked & ~between


@compiled
def _grow(near: Ints, linked: NDArray[np.bool_], weight: Floats, allowed: float) -> tuple[Ints, Ints, Ints]:
    """The groups of one centre, near[0], by growing size: parent, added, regions."""
    size = len(near)
    nexts = np.zeros(size, np.int64)
    for one in range(size):
        for other in range(size):
            if linked[near[one], near[other]]:
                nexts[one] |= 1 << other
    most = 1 << (size - 1)
    parent, added, regions = np.empty(most, np.int32), np.empty(most, np.int32), np.empty(most, np.int32)
    mask, around, held = np.empty(most, np.int64), np.empty(most, np.int64), np.empty(most)
    if weight[near[0]] > allowed:
        return parent[:0], added[:0], regions[:0]
    seen = np.zeros(1 << size, np.bool_)
    parent[0], added[0], regions[0] = -1, near[0], 1
    mask[0], around[0], held[0] = 1, nexts[0], weight[near[0]]
    count = 1
    at = 0
    while at < count:
        for one in range(1, size):
            bit = 1 << one
            grew = mask[at] | bit
            if not around[at] & bit or mask[at] & bit or seen[grew]:
                continue
            seen[grew] = True
            heavier = held[at] + weight[near[one]]
            if heavier > allowed:
                continue
            parent[count], added[count], regions[count] = at, near[one], regions[at] + 1
            mask[count], around[count], held[count] = grew, around[at] | nexts[one], heavier
            count += 1
        at += 1
    return parent[:count].copy(), added[:count].copy(), regions[:count].copy()


class FlexibleSearch:
    """Connected groups, of each as many layers as the measure has; as in :class:`search.Search`."""

    def __init__(self, groups: Groups, measure: Measure) -> None:
        self.groups, self.measure = groups, measure
        self.sizes = [_summed(*groups[:3], one) for one in measure.size]
        self.tops = [max(float(size.max(initial=0.0)), 1e-12) for size in self.sizes]
        self.cells = [cells(size, top) for size, top in zip(self.sizes, self.tops, strict=True)]

    def windows(self, counts: Counts) -> GroupsFound:
        """As in :class:`search.Search`."""
        told = []
        for size, here in zip(self.sizes, counts, strict=True):
            held = _summed(*self.groups[:3], here.astype(np.float64))
            enough = (held >= self.measure.least_cases) & (self.groups.regions >= self.measure.least_regions)
            told.append(np.where(enough, _scored(held, size, *self.measure[:3]), 0.0))
        return GroupsFound(self.groups, np.array(told))

    def highest(self, counts: Counts) -> Floats:
        """As in :class:`search.Search`."""
        best = np.zeros(counts.shape[2])
        for layer, here in enumerate(counts):
            table = self.measure.needed_as(self.tops[layer], here.dtype)
            _raise_best(
                best, *self.groups, self.sizes[layer], self.cells[layer], here, table,
                self.measure.least_regions, *self.measure[:3],
            )  # fmt: skip
        return best


class GroupsFound:
    """The groups of one map; score (layers, m)."""

    def __init__(self, groups: Groups, score: Floats) -> None:
        self.groups, self.score = groups, score
        self.used = np.zeros(len(groups.start) - 1)

    def take(self) -> Window | None:
        """As in :class:`search.Found`."""
        if not self.score.size or self.score.max() <= 0.0:
            return None
        layer, at = (int(one) for one in np.unravel_index(int(self.score.argmax()), self.score.shape))
        centre = int(np.searchsorted(self.groups.start, at, side="right")) - 1
        first, members = int(self.groups.start[centre]), []
        reached = float(self.score[layer, at])
        while at >= first:
            members.append(self.groups.added[at])
            up = self.groups.parent[at]
            at = first + int(up) if up >= 0 else first - 1
        regions = np.array(members[::-1], np.int32)
        self.used[regions] = 1.0
        self.score[:, _summed(*self.groups[:3], self.used) > 0.0] = 0.0
        return Window(reached, centre, regions, layer)


@compiled
def _summed(start: NDArray[np.int64], parent: Ints, added: Ints, weight: Floats) -> Floats:
    """(m,) weight held by each group."""
    held = np.empty(len(parent))
    for centre in range(len(start) - 1):
        first = start[centre]
        for at in range(first, start[centre + 1]):
            before = held[first + parent[at]] if parent[at] >= 0 else 0.0
            held[at] = before + weight[added[at]]
    return held


@compiled
def _scored(held: Floats, size: Floats, model: int, total: float, extra: float) -> Floats:
    found = np.empty(len(held))
    for at in range(len(held)):
        found[at] = score(model, held[at], size[at], total, extra)
    return found


@compiled
def _raise_best(
    best: Floats,
    start: NDArray[np.int64],
    parent: Ints,
    added: Ints,
    regions: Ints,
    sizes: Floats,
    cell: NDArray[np.int16],
    counts: Counts,
    needed: Counts,
    fewest: int,
    model: int,
    total: float,
    extra: float,
) -> None:
    """As :func:`maxima.raise_best`, each group added up from the one it grew from."""
    widest = 0
    for centre in range(len(start) - 1):
        widest = max(widest, start[centre + 1] - start[centre])
    held = np.zeros((widest, counts.shape[1]), counts.dtype)
    levels = np.empty(len(best), np.int64)
    for one in range(len(best)):
        levels[one] = min(int(best[one] / STEP), LEVELS - 1)
    lowest = levels.min()
    for centre in range(len(start) - 1):
        for at in range(start[centre + 1] - start[centre]):
            here = start[centre] + at
            here_held, more = held[at], counts[added[here]]
            if at == 0:
                here_held[:] = more
            else:
                before = held[parent[here]]
                for one in range(len(more)):
                    here_held[one] = before[one] + more[one]
            bound = needed[lowest, cell[here]]
            if here_held.max() < bound or regions[here] < fewest:
                continue
            for one in range(len(more)):
                if here_held[one] < bound or here_held[one] < needed[levels[one], cell[here]]:
                    continue
                reached = score(model, float(here_held[one]), sizes[here], total, extra)
                if reached > best[one]:
                    best[one] = reached
                    levels[one] = min(int(reached / STEP), LEVELS - 1)
            lowest = levels.min()
