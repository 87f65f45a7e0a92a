"""How much better a window's own rate explains its count, and the least count that reaches a level.

Sources: Kulldorff (1997) Commun. Stat. Theory Methods 26:1481 for the Poisson and the Bernoulli model;
McCullagh and Nelder (1989) Generalized Linear Models, chapter 9, for the quasi-likelihood.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled

Floats = NDArray[np.float64]

POISSON, BERNOULLI, OVERDISPERSED = 0, 1, 2
# Scores are looked up in steps of a quarter; above the last step every window is computed.
STEP, LEVELS, CELLS = 0.25, 128, 1024
NEVER = 2**31 - 1


@compiled
def _part(count: float, share: float) -> float:
    return count * math.log(count / share) if count > 0.0 else 0.0


@compiled
def score(model: int, count: float, size: float, total: float, extra: float) -> float:
    """The log likelihood ratio of a window with too many cases; 0 where there are not too many.

    POISSON: `size` is the expected cases, `total` all cases. BERNOULLI: `size` is the cases and controls
    within, `total` all cases, `extra` all cases and controls. OVERDISPERSED: `size` is the expected
    cases, `extra` the variance over the mean; the log quasi-likelihood ratio.
    """
    if model == OVERDISPERSED:
        return (_part(count, size) - count + size) / extra if count > size else 0.0
    if model == POISSON:
        if count <= size:
            return 0.0
        return _part(count, size) + _part(total - count, total - size)
    size = max(size, count)
    rest = extra - size
    if rest <= 0.0 or count * extra <= total * size:
        return 0.0
    inside = _part(count, size) + _part(size - count, size)
    outside = _part(total - count, rest) + _part(rest - total + count, rest)
    return inside + outside - _part(total, extra) - _part(extra - total, extra)


@compiled
def needed(top: float, model: int, total: float, extra: float, least: int, most: int) -> NDArray[np.int32]:
    """(LEVELS, CELLS) counts below which no window of a cell of sizes reaches a level of the score.

    Cells are even in the root of the size, up to `top`; a cell is judged by its smallest size, so that
    the counts are never too high. NEVER where even `most` cases do not reach the level.
    """
    counts = np.full((LEVELS, CELLS), NEVER, np.int32)
    for cell in range(CELLS):
        size = (cell / CELLS) ** 2 * top
        due = size * total / extra if model == BERNOULLI else size
        stride = 1 + int(0.02 * math.sqrt(due))
        level = 0
        count = max(least, 1) if cell == 0 else max(least, int(due) + 1)
        if cell == 0:
            counts[:, 0] = count
            continue
        before = count - 1
        while level < LEVELS and before < most:
            reached = score(model, float(min(count, most)), size, total, extra)
            while level < LEVELS and reached >= level * STEP:
                counts[level, cell] = before + 1
                level += 1
            before = count
            count += stride
    return counts


def cells(sizes: Floats, top: float) -> NDArray[np.int16]:
    """The cell of each size in the table of `needed`."""
    at: NDArray[np.int16] = np.minimum(np.sqrt(np.maximum(sizes, 0.0) / top) * CELLS, CELLS - 1).astype(
        np.int16
    )
    return at
