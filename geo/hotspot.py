"""Where high or low values lie together: Getis and Ord's Gi*, tested by permutation, for many places at once.

Source: Ord and Getis (1995), "Local spatial autocorrelation statistics", equation 14 with binary weights that
include the place itself; Benjamini and Hochberg (1995) for the false discovery rate.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# Shuffled values drawn in all: the smallest p value is about one in this many.
SHUFFLED: Final = 600_000
_SEED: Final = 20_260_101
_ROUNDING: Final = 1e-9


def gi_star(values: ArrayLike, neighbours: NDArray[np.intp]) -> Floats:
    """The standard score of each place's own value and its neighbours' together.

    Args:
        values: n finite numbers.
        neighbours: (n, k) numbers of the places next to each, -1 where there is none.

    Returns:
        n scores, positive where high values lie together; 0 where nothing can be said, because all values are
        alike or every place is a neighbour.
    """
    x = np.asarray(values, dtype=np.float64)
    n, weight = len(x), _members(neighbours)
    if not n:
        return np.empty(0)
    spread = np.sqrt(np.mean(np.square(x - x.mean())))
    below = spread * np.sqrt(weight * (n - weight) / max(n - 1, 1))
    above = _sums(x, neighbours) - x.mean() * weight
    enough = below > _ROUNDING * max(1.0, float(np.abs(x).max()))
    return np.where(enough, above / np.where(enough, below, 1.0), 0.0)


def shuffled_p(values: ArrayLike, neighbours: NDArray[np.intp], shuffled: int = SHUFFLED) -> Floats:
    """How rare a sum as far out as each place's would be, were the values dealt out at random; two-sided.

    The same on every run. Places with equally many neighbours are measured against the same dealt sums, each
    of so many values drawn without replacement. Arguments and order as in :func:`gi_star`.
    """
    x = np.asarray(values, dtype=np.float64)
    if not len(x):
        return np.empty(0)
    sums, members = _sums(x, neighbours), _members(neighbours)
    dealt = _dealt(x, shuffled)
    slack = _ROUNDING * max(1.0, float(np.abs(x).max()))
    p = np.empty(len(x))
    for size in np.unique(members):
        at = members == size
        chance = np.sort(np.add.reduce([np.roll(dealt, -step, axis=1) for step in range(size)]).ravel())
        high = len(chance) - np.searchsorted(chance, sums[at] - slack, side="left")
        low = np.searchsorted(chance, sums[at] + slack, side="right")
        p[at] = 2.0 * (np.minimum(high, low) + 1.0) / (len(chance) + 1.0)
    return np.minimum(p, 1.0)


def false_discovery(p: ArrayLike) -> Floats:
    """Benjamini and Hochberg's q values: taking all at or below a limit, this share of them is false."""
    given = np.asarray(p, dtype=np.float64)
    order = np.argsort(given, kind="stable")
    scaled = given[order] * len(given) / np.arange(1, len(given) + 1)
    found = np.empty(len(given))
    found[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return found


def _members(neighbours: NDArray[np.intp]) -> NDArray[np.intp]:
    members: NDArray[np.intp] = 1 + np.count_nonzero(neighbours >= 0, axis=1)
    return members


def _sums(x: Floats, neighbours: NDArray[np.intp]) -> Floats:
    around = np.where(neighbours >= 0, x[neighbours], 0.0)
    total: Floats = x + around.sum(axis=1)
    return total


def _dealt(x: Floats, shuffled: int) -> Floats:
    """Whole shuffles of the values: any run of one, round its end too, is a draw without replacement."""
    times = max(1, shuffled // len(x))
    return np.random.default_rng(_SEED).permuted(np.tile(x, (times, 1)), axis=1)
