"""Loops over the bytes of a column of text, compiled: what arrays cannot say without a copy for every step.

A column is `data` (uint8) and `offsets` (integers, one more than values): value i is
data[offsets[i]:offsets[i+1]]. Kernels release the interpreter lock and never raise. Where a value is not in
the common form they say so, and the caller reads it the slow way: the common form is decided here, the
meaning of everything else is not.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled

Bytes = NDArray[np.uint8]
Offsets = NDArray[np.integer[Any]]
Lane = NDArray[np.uint64]

_EPOCH_DAYS = 719_468  # days from 0000-03-01 to 1970-01-01 in the proleptic Gregorian calendar
_EXACT_DIGITS = 15  # so many digits, and powers of ten up to 22, are exact in float64


@compiled
def look(offsets: Offsets, data: Bytes) -> tuple[int, int, int, int, int]:
    """Whether any byte is above ASCII, any a control, any value edged by a possible blank; longest; empties.

    In UTF-8 a blank above ASCII begins with C2 or E1 to E3 and ends, as all above ASCII do, in 80 to BF.
    """
    part = data[offsets[0] : offsets[-1]]
    above, low, deleted = np.uint8(0), np.uint8(255), np.uint8(0)
    for place in range(len(part)):  # bytes into bytes, from 0 on: so many are looked at in one step
        one = part[place]
        above |= one
        low = min(low, one)
        deleted |= np.uint8(one == 127)
    edged, longest, empty = 0, 0, 0
    for row in range(len(offsets) - 1):
        start, end = offsets[row], offsets[row + 1]
        if end > start:
            first, last = data[start], data[end - 1]
            edged |= (first <= 32) | (first == 0xC2) | ((first >= 0xE1) & (first <= 0xE3))
            edged |= (last <= 32) | (last >= 128)
            longest = max(longest, end - start)
        else:
            empty += 1
    return int(above >= 128), int((low < 32) | (deleted != 0)), edged, longest, empty


@compiled
def moments(offsets: Offsets, data: Bytes, first_year: int, out: NDArray[np.int64]) -> int:
    """Seconds since 1970 of "YYYY-MM-DD HH:MM:SS" (or T); others keep what `out` holds. Answers how many."""
    read = 0
    for row in range(len(offsets) - 1):
        at = offsets[row]
        if offsets[row + 1] - at != 19 or data[at + 4] != 45 or data[at + 7] != 45:
            continue
        if data[at + 13] != 58 or data[at + 16] != 58 or (data[at + 10] != 32 and data[at + 10] != 84):
            continue
        good = True
        for place in (0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, 17, 18):
            good &= 48 <= data[at + place] <= 57
        if not good:
            continue
        year = (
            (data[at] - 48) * 1000 + (data[at + 1] - 48) * 100 + (data[at + 2] - 48) * 10 + data[at + 3] - 48
        )
        month = (data[at + 5] - 48) * 10 + data[at + 6] - 48
        day = (data[at + 8] - 48) * 10 + data[at + 9] - 48
        hour = (data[at + 11] - 48) * 10 + data[at + 12] - 48
        minute = (data[at + 14] - 48) * 10 + data[at + 15] - 48
        second = (data[at + 17] - 48) * 10 + data[at + 18] - 48
        if year < first_year or month < 1 or month > 12 or day < 1 or hour > 23 or minute > 59 or second > 59:
            continue
        if day > _month_length(year, month):
            continue
        out[row] = _days(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second
        read += 1
    return read


@compiled
def _month_length(year: int, month: int) -> int:
    if month == 2:
        return 29 if (year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)) else 28
    return 30 if month in (4, 6, 9, 11) else 31


@compiled
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; years begin in March, so that the leap day comes last."""
    shifted = year - (month <= 2)
    era = shifted // 400
    of_era = shifted - era * 400
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - _EPOCH_DAYS


@compiled
def decimals(offsets: Offsets, data: Bytes, out: NDArray[np.float64], read: NDArray[np.bool_]) -> int:
    """Plain decimals of at most 15 digits, such as -12.50, as the slow reader would. Answers how many."""
    found = 0
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        sign = 1.0
        if at < end and data[at] == 45:
            sign, at = -1.0, at + 1
        whole, digits, after, points = 0, 0, 0, 0
        good = at < end and 48 <= data[at] <= 57
        for place in range(at, end):
            one = data[place]
            if 48 <= one <= 57:
                whole = whole * 10 + (one - 48)
                digits += 1
                after += points
            elif one == 46 and points == 0:
                points = 1
            else:
                good = False
            if digits > _EXACT_DIGITS:
                good = False
                break
        if good:
            out[row] = sign * (whole / 10.0**after)
            read[row] = True
            found += 1
    return found


@compiled
def _rotated(one: np.uint64, by: int) -> np.uint64:
    return (one << np.uint64(by)) | (one >> np.uint64(64 - by))


@compiled
def _round(
    v0: np.uint64, v1: np.uint64, v2: np.uint64, v3: np.uint64
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    v0 += v1
    v1 = _rotated(v1, 13) ^ v0
    v0 = _rotated(v0, 32)
    v2 += v3
    v3 = _rotated(v3, 16) ^ v2
    v0 += v3
    v3 = _rotated(v3, 21) ^ v0
    v2 += v1
    v1 = _rotated(v1, 17) ^ v2
    v2 = _rotated(v2, 32)
    return v0, v1, v2, v3


@compiled
def _word(text: Bytes, at: int) -> np.uint64:
    """Eight bytes, said one by one so that they become one load."""
    low = np.uint64(text[at]) | np.uint64(text[at + 1]) << np.uint64(8)
    low |= np.uint64(text[at + 2]) << np.uint64(16) | np.uint64(text[at + 3]) << np.uint64(24)
    high = np.uint64(text[at + 4]) | np.uint64(text[at + 5]) << np.uint64(8)
    high |= np.uint64(text[at + 6]) << np.uint64(16) | np.uint64(text[at + 7]) << np.uint64(24)
    return low | high << np.uint64(32)


@compiled
def siphash(data: Bytes, start: int, end: int, k0: np.uint64, k1: np.uint64) -> tuple[np.uint64, np.uint64]:
    """SipHash-2-4 with 128 bits of output (Aumasson and Bernstein) of data[start:end], as two words."""
    v0 = k0 ^ np.uint64(0x736F6D6570736575)
    v1 = k1 ^ np.uint64(0x646F72616E646F6D) ^ np.uint64(0xEE)
    v2 = k0 ^ np.uint64(0x6C7967656E657261)
    v3 = k1 ^ np.uint64(0x7465646279746573)
    text = data[start:end]
    whole = len(text) // 8 * 8
    for place in range(0, whole, 8):
        word = _word(text, place)
        v3 ^= word
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
        v0 ^= word
    word = np.uint64(len(text) & 255) << np.uint64(56)
    for place in range(whole, len(text)):
        word |= np.uint64(text[place]) << np.uint64(8 * (place - whole))
    v3 ^= word
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    v0 ^= word
    v2 ^= np.uint64(0xEE)
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    first = v0 ^ v1 ^ v2 ^ v3
    v1 ^= np.uint64(0xDD)
    for _ in range(4):
        v0, v1, v2, v3 = _round(v0, v1, v2, v3)
    return first, v0 ^ v1 ^ v2 ^ v3


@compiled
def hash_texts(offsets: Offsets, data: Bytes, k0: np.uint64, k1: np.uint64, out0: Lane, out1: Lane) -> None:
    """The hash of every value into two lanes."""
    for row in range(len(offsets) - 1):
        out0[row], out1[row] = siphash(data, offsets[row], offsets[row + 1], k0, k1)


@compiled
def add_lanes(lane0: Lane, lane1: Lane, there: NDArray[np.bool_], sum0: Lane, sum1: Lane) -> None:
    """Add a lane to the sums where there is a value."""
    for row in range(len(sum0)):
        if there[row]:
            sum0[row] += lane0[row]
            sum1[row] += lane1[row]


@compiled
def add_coded(lane0: Lane, lane1: Lane, codes: NDArray[np.int32], sum0: Lane, sum1: Lane) -> None:
    """Add the lane of each row's distinct value to the sums; code -1: no value."""
    for row in range(len(sum0)):
        code = codes[row]
        if code >= 0:
            sum0[row] += lane0[code]
            sum1[row] += lane1[code]


@compiled
def _civil(days: int) -> tuple[int, int]:
    """Year, and month and day as month * 32 + day, of a day counted from 1970-01-01."""
    shifted = days + _EPOCH_DAYS
    era = shifted // 146_097
    of_era = shifted - era * 146_097
    year = (of_era - of_era // 1_460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted_month = (5 * of_year + 2) // 153
    day = of_year - (153 * shifted_month + 2) // 5 + 1
    month = shifted_month + 3 if shifted_month < 10 else shifted_month - 9
    return year + era * 400 + (month <= 2), month * 32 + day


@compiled
def full_years(
    since: NDArray[np.int64], until: NDArray[np.int64], there: NDArray[np.bool_], out: NDArray[np.int32]
) -> None:
    """Full years between the days of two moments (seconds since 1970), where both are there."""
    for row in np.flatnonzero(there):
        first, first_day = _civil(since[row] // 86_400)
        last, last_day = _civil(until[row] // 86_400)
        out[row] = last - first - (last_day < first_day)


@compiled
def places_of(
    slots: NDArray[np.int32],
    known0: Lane,
    known1: Lane,
    count: int,
    asked0: Lane,
    asked1: Lane,
    out: NDArray[np.int32],
) -> int:
    """The place of each asked hash among the known ones; new ones are appended while there is room (else -1).

    Answers how many are known then. `slots` has a power of two of entries, -1 where free.
    """
    mask = np.uint64(len(slots) - 1)
    for row in range(len(out)):
        at = asked0[row] & mask
        place = -1
        while slots[at] >= 0:
            one = slots[at]
            if known0[one] == asked0[row] and known1[one] == asked1[row]:
                place = one
                break
            at = (at + np.uint64(1)) & mask
        if place < 0 and count < len(known0):
            known0[count], known1[count] = asked0[row], asked1[row]
            slots[at] = count
            place, count = count, count + 1
        out[row] = place
    return count
