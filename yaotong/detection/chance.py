"""p-values by replicas: how often chance alone brings a cluster as unlikely.

Sources: Dwass (1957) Ann. Math. Stat. 28:181 for the rank; Besag and Clifford (1991) Biometrika 78:301 for
stopping early; Abrams, Kulldorff, Kleinman (2010) doi:10.1186/1476-072X-9-61 for the Gumbel law.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Equal scores summed in another order may differ by so much.
SLACK = 1e-9
_EULER = 0.5772156649015329


def maxima(drawn: Iterator[Floats], top: float, stop_after: int | None) -> tuple[Floats, bool]:
    """The maxima of replicas, block by block; until `stop_after` of them reach `top`, if given.

    Also whether they were stopped: then the last maximum is the one that reached it.
    """
    told: list[Floats] = []
    above = 0
    for block in drawn:
        reached = np.flatnonzero(block >= top - SLACK)
        if stop_after is not None and above + len(reached) >= stop_after:
            told.append(block[: reached[stop_after - above - 1] + 1])
            return np.concatenate(told), True
        above += len(reached)
        told.append(block)
    return np.concatenate(told) if told else np.empty(0), False


def p_value(score: float, maxima: Floats, stopped: bool) -> float:
    """The rank of a score among the maxima; where they were stopped early, the share that reach it."""
    above = int(np.count_nonzero(maxima >= score - SLACK))
    return above / len(maxima) if stopped else (above + 1) / (len(maxima) + 1)


def gumbel(score: float, maxima: Floats) -> float:
    """The tail of the Gumbel law with the maxima's mean and spread, for p no rank can tell."""
    scale = float(maxima.std(ddof=1)) * np.sqrt(6.0) / np.pi
    if scale <= 0.0:
        return float("nan")
    place = float(maxima.mean()) - _EULER * scale
    return float(-np.expm1(-np.exp(-(score - place) / scale)))


def blockwise(
    draw: Callable[[int], NDArray[np.signedinteger]],
    highest: Callable[[NDArray[np.signedinteger]], Floats],
    sizes: Iterator[int],
) -> Iterator[Floats]:
    """Draw a block, find its maxima, forget it."""
    for size in sizes:
        yield highest(draw(size))
