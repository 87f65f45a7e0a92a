"""The highest score of each replica: whole blocks are added up, logarithms taken only where they matter."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.detection.likelihood import LEVELS, STEP, score

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger]

# Replicas that are added up together: four registers of small integers.
BLOCK = 64


@compiled
def scores(
    order: NDArray[np.int32],
    ends: NDArray[np.bool_],
    width: NDArray[np.int32],
    sizes: Floats,
    counts: Counts,
    least: NDArray[np.int64],
    model: int,
    total: float,
    extra: float,
) -> Floats:
    """(n, k) score of every circle of one map of counts (n,); 0 where none ends.

    `least` holds the fewest cases and the fewest regions of a window.
    """
    found = np.zeros(order.shape)
    for centre in range(len(order)):
        held = 0
        for at in range(width[centre]):
            held += counts[order[centre, at]]
            if ends[centre, at] and held >= least[0] and at + 1 >= least[1]:
                found[centre, at] = score(model, float(held), sizes[centre, at], total, extra)
    return found


@compiled
def raise_best(
    best: Floats,
    order: NDArray[np.int32],
    ends: NDArray[np.bool_],
    width: NDArray[np.int32],
    sizes: Floats,
    cell: NDArray[np.int16],
    counts: Counts,
    needed: Counts,
    fewest: int,
    model: int,
    total: float,
    extra: float,
) -> None:
    """Raise best (b,) to the highest score of any circle on each of b replicas, counts (n, b).

    A circle is computed only for the replicas whose count reaches what the weakest of the block needs to
    rise; `fewest` regions are in a window.
    """
    held = np.zeros_like(counts[0])
    levels = np.empty(len(best), np.int64)
    for one in range(len(best)):
        levels[one] = min(int(best[one] / STEP), LEVELS - 1)
    lowest = levels.min()
    for centre in range(len(order)):
        held[:] = 0
        for at in range(width[centre]):
            added = counts[order[centre, at]]
            most = held[0]
            for one in range(len(held)):
                held[one] += added[one]
                most = max(most, held[one])
            here = cell[centre, at]
            bound = needed[lowest, here]
            if most < bound or not ends[centre, at] or at + 1 < fewest:
                continue
            for one in range(len(held)):
                if held[one] < bound or held[one] < needed[levels[one], here]:
                    continue
                reached = score(model, float(held[one]), sizes[centre, at], total, extra)
                if reached > best[one]:
                    best[one] = reached
                    levels[one] = min(int(reached / STEP), LEVELS - 1)
            lowest = levels.min()
