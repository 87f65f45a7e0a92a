"""What chance alone would have brought: replicas of a map, in blocks that are added up together.

A block of b maps is (n, b), or (layers, n, b) where a layer holds the counts of the last 1, 2, … dates.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.detection.maxima import BLOCK

Floats = NDArray[np.float64]
Counts = NDArray[np.signedinteger]

# Up to so many cases a region it is faster to throw every case by itself.
_THROWN = 20


def smallest(most: float) -> type[np.signedinteger]:
    """The smallest type that holds sums of at most `most` cases."""
    return np.int16 if most < 2**15 - 1 else np.int32


def blocks(replications: int) -> Iterator[int]:
    """Sizes of the blocks of so many replicas."""
    for begun in range(0, replications, BLOCK):
        yield min(BLOCK, replications - begun)


def multinomial(rng: np.random.Generator, weight: Floats, total: int, b: int) -> Counts:
    """All `total` cases thrown anew by weight (n,)."""
    share = weight / weight.sum()
    if total <= _THROWN * len(weight):
        return _thrown(rng.random((b, total)), *_alias(share)).astype(smallest(total))
    drawn = rng.multinomial(total, share, size=b).T
    return np.ascontiguousarray(drawn, dtype=smallest(total))


def hypergeometric(rng: np.random.Generator, people: NDArray[np.int64], total: int, b: int) -> Counts:
    """`total` cases dealt anew among people (n,), at most one each."""
    drawn = rng.multivariate_hypergeometric(people, total, size=b, method="marginals")
    return np.ascontiguousarray(drawn.T, dtype=smallest(total))


def overdispersed(rng: np.random.Generator, expected: Floats, ratio: float, b: int) -> Counts:
    """Negative binomial counts of expected (n, layers) by date, latest first; variance `ratio` x mean."""
    mean = np.broadcast_to(expected.T[:, :, None], (*expected.T.shape, b))
    rate = rng.gamma(mean / (ratio - 1.0), ratio - 1.0) if ratio > 1.0 else mean
    drawn = np.cumsum(rng.poisson(rate), axis=0)
    return np.ascontiguousarray(drawn, dtype=smallest(drawn.sum(axis=1).max(initial=0)))


def shuffled(rng: np.random.Generator, cases: NDArray[np.int64], layers: int, b: int) -> Counts:
    """The dates of cases (n, t) dealt anew: how many there are of a region and of a date stays as it is."""
    where = np.repeat(np.arange(len(cases)), cases.sum(axis=1))
    late = np.cumsum(cases.sum(axis=0)[::-1][:layers])
    chance = rng.random((b, int(late[-1])))
    return _dealt(where, late, len(cases), chance).astype(smallest(len(where)))


@compiled
def _alias(share: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Walker's and Vose's table: with it a region is thrown in two look-ups."""
    n = len(share)
    keep = share * n
    other = np.arange(n)
    small, large = [i for i in range(n) if keep[i] < 1.0], [i for i in range(n) if keep[i] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        other[low] = high
        keep[high] -= 1.0 - keep[low]
        if keep[high] < 1.0:
            small.append(large.pop())
    for i in small:
        keep[i] = 1.0
    for i in large:
        keep[i] = 1.0
    return keep, other


@compiled
def _thrown(chance: Floats, keep: Floats, other: NDArray[np.int64]) -> NDArray[np.int32]:
    n = len(keep)
    counts = np.zeros((n, len(chance)), np.int32)
    for one in range(len(chance)):
        for u in chance[one]:
            at = min(int(u * n), n - 1)
            counts[at if u * n - at < keep[at] else other[at], one] += 1
    return counts


@compiled
def _dealt(where: NDArray[np.int64], late: NDArray[np.int64], n: int, chance: Floats) -> NDArray[np.int32]:
    """A shuffle of the cases' places as far as the latest dates need it."""
    counts = np.zeros((len(late), n, len(chance)), np.int32)
    for one in range(len(chance)):
        places = where.copy()
        for at in range(late[-1]):
            other = at + min(int(chance[one, at] * (len(places) - at)), len(places) - at - 1)
            places[at], places[other] = places[other], places[at]
        held = 0
        for layer in range(len(late)):
            if layer:
                counts[layer, :, one] = counts[layer - 1, :, one]
            while held < late[layer]:
                counts[layer, places[held], one] += 1
                held += 1
    return counts
