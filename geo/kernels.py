"""Compiled loops: the great-circle distance, and a k-d tree over unit vectors that finds the nearest of many.

The tree is implicit: at level l, node j holds the points from n*j >> l to n*(j+1) >> l, and its number is
2**l - 1 + j. Every node knows the box of its points, and a filter knows of every node whether any of its
points passes: so a subtree is entered only where it lies near enough and has something to offer. Distances
in the tree are squared chords, which only propose; :func:`nearest` ranks by the great-circle distance itself,
with the machine code of :func:`geo.distance.haversine_m`. All that is called lies in this file: kept machine
code is renewed with its own file alone.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Final, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from geo.distance import MEAN_EARTH_RADIUS_M

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Vector = tuple[float, float, float]
# Points (n, 3) and their numbers in the order of the tree, boxes, degrees by number, levels.
Tree = tuple[Floats, NDArray[np.int64], Floats, Floats, Floats, int]
# Which points pass, in the order of the tree, and which nodes hold any.
Chosen = tuple[Bools, Bools]
_F = TypeVar("_F", bound=Callable[..., Any])
LEAF_POINTS: Final = 12
_MORE: Final = 4  # places beyond those wanted
_FEW: Final = 200  # ranked by insertion
# 6 micrometres on the ground; rounding of unit vectors and of haversine moves chords by less than 1e-15.
CHORD_MARGIN: Final = 1e-12


def _compiled(function: _F) -> _F:
    """Machine code on first use, kept beside this module; runs without the interpreter lock."""
    return cast(_F, numba.njit(cache=True, nogil=True, error_model="numpy")(function))


@_compiled
def _haversine(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    turn = abs(lon2 - lon1) % 360.0
    turn = min(turn, 360.0 - turn)  # exact over the antimeridian, where sin would lose the last digits
    upward, sideways = math.sin(math.radians(lat2 - lat1) / 2.0), math.sin(math.radians(turn) / 2.0)
    parallels = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2))
    square = upward * upward + parallels * (sideways * sideways)
    if square > 1.0:  # not min(), which would lose a NaN
        square = 1.0
    return 2.0 * MEAN_EARTH_RADIUS_M * math.asin(math.sqrt(square))


@numba.vectorize(["float64(float64, float64, float64, float64)"], cache=True)  # type: ignore[untyped-decorator,no-untyped-call]
def haversine(lon1: float, lat1: float, lon2: float, lat2: float) -> float:
    """The ufunc behind :func:`geo.distance.haversine_m`."""
    return _haversine(lon1, lat1, lon2, lat2)


def levels_of(count: int) -> int:
    """How often a tree of so many points is divided: its leaves hold at most LEAF_POINTS, none is empty."""
    levels = 0
    while (count >> levels) + 1 > LEAF_POINTS:
        levels += 1
    return levels


@_compiled
def build(points: Floats, order: NDArray[np.int64], levels: int, boxes: Floats) -> None:
    """Bring the points and their numbers into the order of the tree, and tell every node's box.

    Args:
        points: (n, 3), changed in place; order: (n,), changed alike.
        boxes: (2**(levels+1) - 1, 6), filled: lowest x, y, z, highest x, y, z.
    """
    count = len(points)
    for level in range(levels + 1):
        for j in range(1 << level):
            begin, end = (count * j) >> level, (count * (j + 1)) >> level
            box = boxes[(1 << level) - 1 + j]
            widest = _bound(points, begin, end, box)
            if level < levels:
                _divide(points, order, begin, end, (count * (2 * j + 1)) >> (level + 1), widest)


@_compiled
def _bound(points: Floats, begin: int, end: int, box: Floats) -> int:
    """Fill the box of some points; the axis along which it is widest."""
    for axis in range(3):
        low, high = np.inf, -np.inf
        for i in range(begin, end):
            low, high = min(low, points[i, axis]), max(high, points[i, axis])
        box[axis], box[axis + 3] = low, high
    widest = 0
    for axis in range(1, 3):
        if box[axis + 3] - box[axis] > box[widest + 3] - box[widest]:
            widest = axis
    return widest


@_compiled
def _divide(points: Floats, order: NDArray[np.int64], begin: int, end: int, middle: int, axis: int) -> None:
    """Hoare's selection: what lies before `middle` is not above what lies from there on."""
    low, high = begin, end - 1
    while low < high:
        first, last = points[low, axis], points[high, axis]
        pivot = max(min(first, last), min(max(first, last), points[(low + high) >> 1, axis]))
        i, j = low, high
        while i <= j:
            while points[i, axis] < pivot:
                i += 1
            while points[j, axis] > pivot:
                j -= 1
            if i <= j:
                for one in range(3):
                    points[i, one], points[j, one] = points[j, one], points[i, one]
                order[i], order[j] = order[j], order[i]
                i += 1
                j -= 1
        if middle <= j:
            high = j
        elif middle >= i:
            low = i
        else:
            return


@_compiled
def choose(keep: Bools, order: NDArray[np.int64], levels: int, allowed: Bools, holds: Bools) -> int:
    """Bring a filter into the order of the tree; how many pass.

    Args:
        keep: by the numbers in `order`.
        allowed: (n,), filled by the tree's order.
        holds: one per node, filled: whether any of its points passes.
    """
    count, passing = len(order), 0
    for i in range(count):
        allowed[i] = keep[order[i]]
        passing += allowed[i]
    first = (1 << levels) - 1
    for j in range(1 << levels):
        found = False
        for i in range((count * j) >> levels, (count * (j + 1)) >> levels):
            found |= allowed[i]
        holds[first + j] = found
    for node in range(first - 1, -1, -1):
        holds[node] = holds[2 * node + 1] | holds[2 * node + 2]
    return passing


@_compiled
def _gap(boxes: Floats, node: int, x: float, y: float, z: float) -> float:
    """The squared chord from a point to the nearest corner, edge or side of a node's box; 0 inside."""
    dx = max(boxes[node, 0] - x, x - boxes[node, 3], 0.0)
    dy = max(boxes[node, 1] - y, y - boxes[node, 4], 0.0)
    dz = max(boxes[node, 2] - z, z - boxes[node, 5], 0.0)
    square: float = dx * dx + dy * dy + dz * dz
    return square


@_compiled
def _wider(square: float) -> float:
    """A squared chord with the margin of rounding."""
    chord = math.sqrt(square) + CHORD_MARGIN
    return chord * chord


@_compiled
def _propose(
    points: Floats, boxes: Floats, allowed: Bools, holds: Bools, levels: int, here: Vector,
    reach: float, squares: Floats, places: NDArray[np.int64],
) -> int:  # fmt: skip
    """Fill in the nearest places that pass, in tree numbers and by squared chord, nearest first; how many.

    Args:
        here: a unit vector; reach: squared chords beyond this do not count.
        squares, places: as long as the places wanted.
    """
    count, wanted, found = len(points), len(squares), 0
    x, y, z = here
    nodes = np.empty(levels + 2, dtype=np.int64)
    gaps = np.empty(levels + 2)
    nodes[0], gaps[0], deep = 0, 0.0, 1
    first = (1 << levels) - 1
    while deep > 0:
        deep -= 1
        node = nodes[deep]
        if gaps[deep] > reach or not holds[node]:
            continue
        while node < first:
            near, far = 2 * node + 1, 2 * node + 2
            near_gap, far_gap = _gap(boxes, near, x, y, z), _gap(boxes, far, x, y, z)
            if far_gap < near_gap or not holds[near]:
                near, far, near_gap, far_gap = far, near, far_gap, near_gap
            if holds[far] and far_gap <= reach:
                nodes[deep], gaps[deep] = far, far_gap
                deep += 1
            node = near
            if near_gap > reach:
                break
        if node < first:
            continue
        j = node - first
        for i in range((count * j) >> levels, (count * (j + 1)) >> levels):
            dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
            square = dx * dx + dy * dy + dz * dz
            if allowed[i] and square <= reach and (found < wanted or square < squares[found - 1]):
                at = found if found < wanted else wanted - 1
                while at > 0 and squares[at - 1] > square:
                    squares[at], places[at] = squares[at - 1], places[at - 1]
                    at -= 1
                squares[at], places[at] = square, i
                found = min(found + 1, wanted)
                if found == wanted:
                    reach = min(reach, _wider(squares[wanted - 1]))
    return found


@_compiled
def _within(
    points: Floats, boxes: Floats, allowed: Bools, holds: Bools, levels: int, here: Vector,
    reach: float, places: NDArray[np.int64],
) -> int:  # fmt: skip
    """How many places that pass lie within a squared chord; `places` is filled as far as it reaches."""
    count, found = len(points), 0
    x, y, z = here
    nodes = np.empty(2 * levels + 2, dtype=np.int64)
    nodes[0], deep = 0, 1
    first = (1 << levels) - 1
    while deep > 0:
        deep -= 1
        node = nodes[deep]
        if not holds[node] or _gap(boxes, node, x, y, z) > reach:
            continue
        if node < first:
            nodes[deep], nodes[deep + 1] = 2 * node + 1, 2 * node + 2
            deep += 2
            continue
        j = node - first
        for i in range((count * j) >> levels, (count * (j + 1)) >> levels):
            dx, dy, dz = points[i, 0] - x, points[i, 1] - y, points[i, 2] - z
            if allowed[i] and dx * dx + dy * dy + dz * dz <= reach:
                if found < len(places):
                    places[found] = i
                found += 1
    return found


@_compiled
def vector(lon: float, lat: float) -> Vector:
    """A position on the unit sphere."""
    east, north = math.radians(lon), math.radians(lat)
    parallel = math.cos(north)
    return parallel * math.cos(east), parallel * math.sin(east), math.sin(north)


@_compiled
def vectors(lon: Floats, lat: Floats, points: Floats) -> None:
    """Fill in many positions on the unit sphere (n, 3)."""
    for i in range(len(lon)):
        points[i] = vector(lon[i], lat[i])


@_compiled
def nearest(
    tree: Tree, chosen: Chosen, lon: float, lat: float, reach: float, wanted: int
) -> tuple[NDArray[np.int64], Floats]:
    """The wanted nearest places that pass, as numbers and metres: by metres, and at one distance by number.

    Args:
        reach: squared chords beyond this do not count.
    """
    points, order, boxes, lons, lats, levels = tree
    allowed, holds = chosen
    here = vector(lon, lat)
    # A few more than wanted: mostly the first beyond them lies beyond the margin, too, and all is known.
    squares, places = np.empty(wanted + _MORE), np.empty(wanted + _MORE, dtype=np.int64)
    found = _propose(points, boxes, allowed, holds, levels, here, reach, squares, places)
    if found > wanted:
        limit = min(reach, _wider(squares[wanted - 1]))
        if found == wanted + _MORE and squares[found - 1] <= limit:
            found = _within(points, boxes, allowed, holds, levels, here, limit, places)
            if found > len(places):
                places = np.empty(found, dtype=np.int64)
                _within(points, boxes, allowed, holds, levels, here, limit, places)
        else:
            while squares[found - 1] > limit:
                found -= 1
    return _ranked(order, lons, lats, places[:found], lon, lat, wanted)


@_compiled
def _ranked(
    order: NDArray[np.int64], lons: Floats, lats: Floats, places: NDArray[np.int64],
    lon: float, lat: float, wanted: int,
) -> tuple[NDArray[np.int64], Floats]:  # fmt: skip
    """The first of some tree numbers by distance and number."""
    if len(places) > _FEW:
        return _sorted(order, lons, lats, places, lon, lat, wanted)
    metres, numbers = np.empty(len(places)), np.empty(len(places), dtype=np.int64)
    for i in range(len(places)):
        number = order[places[i]]
        far = _haversine(lon, lat, lons[number], lats[number])
        at = i
        # By insertion: they come nearly in order.
        while at > 0 and (metres[at - 1] > far or (metres[at - 1] == far and numbers[at - 1] > number)):
            metres[at], numbers[at] = metres[at - 1], numbers[at - 1]
            at -= 1
        metres[at], numbers[at] = far, number
    return numbers[:wanted], metres[:wanted]


@_compiled
def _sorted(
    order: NDArray[np.int64], lons: Floats, lats: Floats, places: NDArray[np.int64],
    lon: float, lat: float, wanted: int,
) -> tuple[NDArray[np.int64], Floats]:  # fmt: skip
    """The same for very many, in no order."""
    numbers = np.sort(order[places])
    metres = np.empty(len(numbers))
    for i in range(len(numbers)):
        metres[i] = _haversine(lon, lat, lons[numbers[i]], lats[numbers[i]])
    first = np.argsort(metres, kind="mergesort")[:wanted]  # stable
    return numbers[first], metres[first]


@_compiled
def nearest_of_many(
    tree: Tree, chosen: Chosen, lon: Floats, lat: Floats, numbers: NDArray[np.int64], metres: Floats
) -> None:
    """:func:`nearest` from each of many positions, into rows of numbers and metres (m, wanted)."""
    wanted = numbers.shape[1]
    for i in range(len(lon)):
        some, far = nearest(tree, chosen, lon[i], lat[i], np.inf, wanted)
        numbers[i, : len(some)], metres[i, : len(some)] = some, far
