"""What is wrong with which row. A row is refused once, for its first column in the feed's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Fault:
    """A reason, the rows it hits (bool, one per row), and the sentence for a row's value.

    `message` may hold {value}, filled with the quoted value of that row and never for personal columns.
    """

    reason: str
    rows: Bools
    message: str


@dataclass(frozen=True, slots=True)
class _Found:
    column: str
    fault: Fault


class Problems:
    """Collects faults of columns in order; the first one of a row stays."""

    def __init__(self, rows: int) -> None:
        self._which = np.full(rows, -1, dtype=np.int32)
        self._found: list[_Found] = []

    @property
    def clean(self) -> Bools:
        """Rows without any fault so far."""
        return self._which < 0

    def add(self, column: str, fault: Fault) -> None:
        """Note a fault of a column for the rows that have none yet."""
        fresh = fault.rows & self.clean
        if fresh.any():
            self._which[fresh] = len(self._found)
            self._found.append(_Found(column, fault))

    def listed(self, value: Callable[[int, str], str | None]) -> list[tuple[int, str, str, str]]:
        """(position, column, reason, sentence) by position; `value` quotes a row's value or answers None."""
        rows = []
        for position in np.flatnonzero(~self.clean).tolist():
            found = self._found[self._which[position]]
            message = found.fault.message
            if "{value}" in message:
                message = message.replace("{value}", value(position, found.column) or "该值")
            rows.append((position, found.column, found.fault.reason, message))
        return rows
