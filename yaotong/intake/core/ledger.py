"""The ledger of one file's lines: which of them repeat, which contradict one another, which are known.

It holds 40 bytes a line and is asked in the order of the file. Two lines are the same when their
fingerprints are; they are wordings of one line when the fingerprints of their keys are.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from yaotong.compiled import compiled
from yaotong.intake.core.lanes import Lane, Lanes

Moments = NDArray[np.int64]
Entries = NDArray[np.int64]
UNDATED = np.iinfo(np.int64).min
_FIRST = 1 << 16
_FULLEST = 0.6


class Status(IntEnum):
    """What a line is to those before it."""

    FRESH = 0
    REPEAT = 1  # of a line of this file
    KNOWN = 2  # of a line that was learned
    CONFLICT = 3  # another wording of a line of this file, and nothing tells which is the later
    WORDING = 4  # fresh; another wording of a line of this file, recorded at another moment


@dataclass(frozen=True, slots=True)
class Verdict:
    """Per line of a block: its status, and its entry in the ledger (-1: none was made)."""

    status: NDArray[np.int8]
    entry: Entries

    @property
    def fresh(self) -> NDArray[np.bool_]:
        """Lines to keep."""
        return self.entry >= 0


class Ledger:
    """Lines by the fingerprint of their key; grows as it must.

    `expected` is how many lines may come: room for them costs address space only until they do.
    """

    def __init__(self, expected: int = 0) -> None:
        room = max(_FIRST, expected)
        self.count = 0
        self.siblings: list[int] = []  # entries that share their key with an earlier one
        self._first, self._second, self._content = (np.empty(room, dtype=np.uint64) for _ in range(3))
        self._recorded = np.empty(room, dtype=np.int64)
        self._flags = np.zeros(room, dtype=np.uint8)  # 1: learned, 2: repeats a stored line, 4: repeated
        self._slots = np.full(_FIRST * 2, -1, dtype=np.int32)

    def expect(self, lines: int) -> None:
        """Make the slots for so many lines at once: made by doubling, all lines are slotted twice over."""
        self._slotted(lines)

    def add(self, key: Lanes, content: Lanes, recorded: Moments) -> Verdict:
        """Enter the lines of a block, in their order."""
        return self._enter(key, content, recorded, 0)

    def learn(self, key: Lanes, content: Lanes, recorded: Moments) -> None:
        """Enter stored lines, so that their repeats are known at once."""
        self._enter(key, content, recorded, 1)

    def meet(self, key: Lanes, content: Lanes) -> tuple[NDArray[np.int64], Entries]:
        """Compare stored lines with those entered; their repeats are marked.

        Answers the places of stored lines that are another wording of an entered one, and its entry.
        """
        places = np.full(len(key.first), -1, dtype=np.int64)
        if self.count:
            _meet(
                self._slots, self._first, self._second, self._content, self._flags,
                key.first, key.second, content.first, places,
            )  # fmt: skip
        found = np.flatnonzero(places >= 0)
        return found, places[found]

    @property
    def firsts(self) -> Lane:
        """The first lanes of the keys of all lines entered."""
        return self._first[: self.count]

    @property
    def stored(self) -> NDArray[np.bool_]:
        """Entries that repeat a stored line."""
        answer: NDArray[np.bool_] = (self._flags[: self.count] & 2) > 0
        return answer

    @property
    def fresh(self) -> bool:
        """Whether any line was entered that was not learned."""
        return bool((self._flags[: self.count] & 1 == 0).any())

    def family(self, entries: list[int]) -> Entries:
        """The entries, and all others that share their keys, those learned left out; in order."""
        if not entries:
            return np.array([], dtype=np.int64)
        wanted = set(zip(self._first[entries].tolist(), self._second[entries].tolist(), strict=True))
        own = self._flags[: self.count] & 1 == 0
        found = np.flatnonzero(np.isin(self._first[: self.count], self._first[entries]) & own).tolist()
        kin = [one for one in found if (int(self._first[one]), int(self._second[one])) in wanted]
        return np.array(kin, dtype=np.int64)

    def recorded(self, entries: Entries) -> Moments:
        """When the lines of some entries were written down."""
        return self._recorded[entries]

    def _enter(self, key: Lanes, content: Lanes, recorded: Moments, flag: int) -> Verdict:
        rows = len(key.first)
        self._room(rows)
        status, entry = np.zeros(rows, dtype=np.int8), np.full(rows, -1, dtype=np.int64)
        self.count = int(
            _enter(
                self._slots, self._first, self._second, self._content, self._recorded, self._flags,
                self.count, key.first, key.second, content.first, recorded, flag, status, entry,
            )
        )  # fmt: skip
        if flag == 0:
            self.siblings += entry[status == Status.WORDING].tolist()
        return Verdict(status, entry)

    def _room(self, rows: int) -> None:
        needed = self.count + rows
        if needed > len(self._recorded):
            size = max(needed, len(self._recorded) * 3 // 2)
            for lane in (self._first, self._second, self._content, self._recorded, self._flags):
                lane.resize(size, refcheck=False)  # in place where the system can: no second copy
        self._slotted(needed)

    def _slotted(self, needed: int) -> None:
        slots = len(self._slots)
        while needed > slots * _FULLEST:
            slots *= 2
        if slots > len(self._slots):
            self._slots = np.full(slots, -1, dtype=np.int32)
            _slot_again(self._slots, self._first, self.count)


@compiled
def _slot_again(slots: NDArray[np.int32], first: Lane, count: int) -> None:
    mask = np.uint64(len(slots) - 1)
    for entry in range(count):
        place = first[entry] & mask
        while slots[place] >= 0:
            place = (place + np.uint64(1)) & mask
        slots[place] = entry


@compiled
def _enter(
    slots: NDArray[np.int32],
    first: Lane,
    second: Lane,
    content: Lane,
    recorded: Moments,
    flags: NDArray[np.uint8],
    count: int,
    key0: Lane,
    key1: Lane,
    said: Lane,
    at: Moments,
    flag: int,
    status: NDArray[np.int8],
    entries: Entries,
) -> int:
    mask = np.uint64(len(slots) - 1)
    for row in range(len(key0)):
        place = key0[row] & mask
        wording, conflict, repeat = False, False, -1
        while slots[place] >= 0:
            entry = slots[place]
            if first[entry] == key0[row] and second[entry] == key1[row]:
                if content[entry] == said[row]:
                    repeat = entry
                    break
                if flags[entry] & 5 != 1:  # a learned line that the file repeats is one of its lines
                    wording = True
                    conflict |= recorded[entry] == at[row]
            place = (place + np.uint64(1)) & mask
        if repeat >= 0:
            status[row] = 2 if flags[repeat] & 5 == 1 else 1
            flags[repeat] |= np.uint8(4 if flag == 0 else 0)
        elif conflict and flag == 0:
            status[row] = 3
        else:
            slots[place] = count
            first[count], second[count], content[count] = key0[row], key1[row], said[row]
            recorded[count], flags[count] = at[row], flag
            status[row] = 4 if wording else 0
            entries[row] = count
            count += 1
    return count


@compiled
def _meet(
    slots: NDArray[np.int32],
    first: Lane,
    second: Lane,
    content: Lane,
    flags: NDArray[np.uint8],
    key0: Lane,
    key1: Lane,
    said: Lane,
    places: NDArray[np.int64],
) -> None:
    mask = np.uint64(len(slots) - 1)
    for row in range(len(key0)):
        place = key0[row] & mask
        while slots[place] >= 0:
            entry = slots[place]
            if flags[entry] & 1 == 0 and first[entry] == key0[row] and second[entry] == key1[row]:
                if content[entry] == said[row]:
                    flags[entry] |= 2
                else:
                    places[row] = entry
            place = (place + np.uint64(1)) & mask
