"""Compiled loops of the index: find keys in sorted runs, merge runs, and tell the scans of a code apart."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled

Keys = NDArray[np.uint64]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
STRIDE: Final = 256  # keys between two samples: half a page
# What a line of a sale is, and what is said of it beside.
FIRST, RETURN, RESCAN, SPLIT, BIGGER, AGAIN, DUPLICATE, BOUGHT, GONE = range(9)
PACK: Final = 1_000_000


@compiled
def find(keys: Keys, samples: Keys, wanted: Keys, low: Ints, high: Ints) -> None:
    """Fill where each wanted key's scans begin and end. `samples`: every STRIDE-th key."""
    many = len(keys)
    for i in range(len(wanted)):
        key = wanted[i]
        left, right = 0, len(samples)
        while left < right:  # the first sample that is not below the key
            middle = (left + right) >> 1
            if samples[middle] < key:
                left = middle + 1
            else:
                right = middle
        begin, end = max(left - 1, 0) * STRIDE, min(left * STRIDE + 1, many)
        while begin < end:
            middle = (begin + end) >> 1
            if keys[middle] < key:
                begin = middle + 1
            else:
                end = middle
        low[i] = begin
        while begin < many and keys[begin] == key:
            begin += 1
        high[i] = begin


@compiled
def merge(keys_a: Keys, words_a: Words, keys_b: Keys, words_b: Words, keys: Keys, words: Words) -> None:
    """Two runs as one, in the order of key and first word."""
    i, j, k, a, b = 0, 0, 0, len(keys_a), len(keys_b)
    while k < a + b:
        if j == b:
            from_a = True
        elif i == a:
            from_a = False
        elif keys_a[i] != keys_b[j]:
            from_a = keys_a[i] < keys_b[j]
        else:
            from_a = words_a[i, 0] <= words_b[j, 0]
        if from_a:
            keys[k] = keys_a[i]
            for one in range(4):
                words[k, one] = words_a[i, one]
            i += 1
        else:
            keys[k] = keys_b[j]
            for one in range(4):
                words[k, one] = words_b[j, one]
            j += 1
        k += 1


@compiled
def gather(words: Words, low: Ints, high: Ints, places: Ints, out: Words) -> None:
    """Copy the scans of every query behind one another; `places` is where each query's go on, moved along."""
    for i in range(len(low)):
        at = places[i]
        for j in range(low[i], high[i]):
            for one in range(4):
                out[at, one] = words[j, one]
            at += 1
        places[i] = at


@compiled
def order(words: Words, begin: Ints, end: Ints) -> None:
    """Bring each code's scans into the order of time, purchases last within a second; few to a code."""
    for i in range(len(begin)):
        for j in range(begin[i] + 1, end[i]):
            k = j
            while k > begin[i] and _later(words, k - 1, k):
                for one in range(4):
                    words[k - 1, one], words[k, one] = words[k, one], words[k - 1, one]
                k -= 1


@compiled
def _later(words: Words, a: int, b: int) -> bool:
    for one in range(4):
        if words[a, one] != words[b, one]:
            return bool(words[a, one] > words[b, one])
    return False


@compiled
def cancel(words: Words, begin: Ints, end: Ints, gone: NDArray[np.bool_]) -> None:
    """Mark withdrawn wordings, and for each of them one scan that says the same."""
    top = np.uint64(1) << np.uint64(63)
    for i in range(len(begin)):
        for j in range(begin[i], end[i]):
            if not words[j, 1] & top:
                continue
            gone[j] = True
            for k in range(begin[i], end[i]):
                same = words[k, 0] == words[j, 0] and words[k, 1] == words[j, 1] ^ top
                if not gone[k] and same and words[k, 2] == words[j, 2] and words[k, 3] == words[j, 3]:
                    gone[k] = True
                    break


@compiled
def tell(
    words: Words, begin: Ints, end: Ints, gone: NDArray[np.bool_], rescan_s: int,
    said: NDArray[np.uint8], before: Ints,
) -> None:  # fmt: skip
    """Fill what each scan is, and for a duplicate the place of the sale before it.

    As R-N01's page defines: a sale after which more than one pack is out, the second at least, is a
    duplicate; a code that was bought as several packs holds so many.
    """
    one64 = np.uint64(1)
    for i in range(len(begin)):
        holds: Any = PACK
        out: Any = 0
        sales, last, sold = 0, -1, -1
        for j in range(begin[i], end[i]):
            micro: Any = np.int64(words[j, 2])
            if not gone[j] and words[j, 0] & one64 and micro > holds:
                holds = micro
        returned = False
        for j in range(begin[i], end[i]):
            before[j] = -1
            if gone[j]:
                said[j] = GONE
                continue
            if words[j, 0] & one64:
                said[j] = BOUGHT
                continue
            micro = np.int64(words[j, 2])
            if micro <= 0:
                said[j], out, returned = RETURN, out + micro, True
            elif last >= 0 and _rescanned(words, last, j, rescan_s):
                said[j] = RESCAN
            else:
                out, sales = out + micro, sales + 1
                said[j] = _kind(micro, out, sales, holds, returned)
                before[j], sold = sold, j
            last = j


@compiled
def _rescanned(words: Words, last: int, j: int, rescan_s: int) -> bool:
    apart = np.int64(words[j, 0] >> np.uint64(32)) - np.int64(words[last, 0] >> np.uint64(32))
    shop = (words[j, 0] & np.uint64(0xFFFFFFFF)) == (words[last, 0] & np.uint64(0xFFFFFFFF))
    same = words[j, 3] == words[last, 3] and words[j, 2] == words[last, 2]
    return bool(apart <= rescan_s and shop and same)


@compiled
def _kind(micro: int, out: int, sales: int, holds: int, returned: bool) -> int:
    if out > holds and sales >= 2:
        return DUPLICATE
    if holds > PACK or micro > PACK:
        return BIGGER
    if micro % PACK:
        return SPLIT
    if sales >= 2 and returned:
        return AGAIN
    return FIRST


@compiled
def same(
    words: Words, said: NDArray[np.uint8], begin: Ints, end: Ints, asked: Words, out: NDArray[np.uint8]
) -> None:
    """Fill what was said of each scan asked for, told by its words; of equal ones the gravest."""
    for i in range(len(asked)):
        best: Any = -1
        for j in range(begin[i], end[i]):
            equal = words[j, 0] == asked[i, 0] and words[j, 1] == asked[i, 1]
            if equal and words[j, 2] == asked[i, 2] and words[j, 3] == asked[i, 3] and said[j] != GONE:
                best = max(best, np.int64(said[j]))
        if best >= 0:
            out[i] = best
