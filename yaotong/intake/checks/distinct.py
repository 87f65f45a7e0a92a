"""A column as its distinct values: checks look at each value once, however many rows bear it.

Where nearly every row has a value of its own, such as a receipt number, finding the distinct ones costs more
than it saves: then the values are simply those of the rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]

FEW = 64  # rows
_SAMPLE = 2_000
COMPILED_FROM = 2_000  # values; below, compiled loops are not worth loading
_OFTEN = 0.5


@dataclass(frozen=True)
class Distinct:
    """Trimmed values and, for every row, the place of its value in them (-1: none).

    `codes` is None when every row has its own value, in order. Values may then repeat.
    """

    values: Any  # pyarrow string array without nulls
    codes: Codes | None
    rows: int
    # Whether text is handed on as a dictionary where that is smaller.
    compact: bool = False
    # What a look at the bytes told already, if there was one.
    looked: tuple[bool, int] | None = None

    def __post_init__(self) -> None:
        if len(self.values if self.codes is None else self.codes) != self.rows:
            raise ValueError("a column has one code, or one value, per row")

    @cached_property
    def missing(self) -> Bools:
        """Rows without a value."""
        return np.zeros(self.rows, dtype=bool) if self.codes is None else self.codes < 0

    def in_rows(self, of_values: Bools) -> Bools:
        """A judgement of values as a judgement of rows; rows without a value are False."""
        return of_values if self.codes is None else np.append(of_values, False)[self.codes]

    def spread(self, typed: Any) -> Any:
        """One typed value per row from one per value (pyarrow, missing: null)."""
        if self.codes is None:
            return typed
        codes = pa.array(self.codes, mask=self.missing)
        if self.compact and self._repeats(typed):
            # A flawed value has no row left that would show it.
            return pa.DictionaryArray.from_arrays(codes, pc.fill_null(typed, ""))
        return typed.take(codes)

    def _repeats(self, typed: Any) -> bool:
        few = pa.types.is_string(typed.type) and len(typed) * 2 <= self.rows
        return few and len(pc.unique(typed)) == len(typed)

    def kept(self, keep: Bools) -> Distinct:
        """The same values for some of the rows."""
        if keep.all():
            return self
        codes = np.flatnonzero(keep).astype(np.int32) if self.codes is None else self.codes[keep]
        return replace(self, codes=codes, rows=len(codes))

    def at(self, row: int) -> str | None:
        """The value of one row."""
        place = row if self.codes is None else int(self.codes[row])
        return None if place < 0 else str(self.values[place].as_py())

    @cached_property
    def plain(self) -> bool:
        """Whether all values are printable ASCII: then there is nothing to normalise and nothing hidden."""
        if self.looked is not None:
            return self.looked[0]
        shown = r"^[\x20-\x7e]*$"
        return bool(pc.all(pc.match_substring_regex(self.values, shown)).as_py() in (True, None))

    @cached_property
    def longest(self) -> int:
        """The most bytes that any value has."""
        if self.looked is not None:
            return self.looked[1]
        return int(pc.max(pc.binary_length(self.values)).as_py() or 0)


@dataclass(frozen=True, slots=True)
class Flaw:
    """A reason, the distinct values it hits, and the sentence; {value} stands for the quoted value."""

    reason: str
    values: Bools
    message: str


@dataclass(frozen=True, slots=True)
class Checked:
    """Typed values (pyarrow, as long as the distinct ones, null where flawed) and what is wrong."""

    typed: Any
    flaws: tuple[Flaw, ...] = field(default=())


def distinct(texts: Any) -> Distinct:
    """Trim pyarrow strings and find their distinct values; blank counts as missing."""
    if len(texts) <= FEW:
        return few_distinct(texts.to_pylist())
    text = pc.cast(texts, pa.string())
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    if text.null_count == len(text):
        return nothing(len(text))
    text, looked, whole = _trimmed(text)
    filled = np.ones(0, dtype=bool) if whole else mask_of(pc.greater(pc.binary_length(text), 0))
    if _mostly_distinct(text):
        if whole:
            return Distinct(text, None, len(text), looked=looked)
        codes = np.cumsum(filled, dtype=np.int32) - np.int32(1)
        codes[~filled] = -1
        return Distinct(text.filter(pa.array(filled)), codes, len(codes), looked=looked)
    coded = pc.dictionary_encode(text if whole else pc.if_else(pa.array(filled), text, None))
    indices = coded.indices if whole else pc.fill_null(coded.indices, -1)
    codes = indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False)
    return Distinct(coded.dictionary, codes, len(codes), looked=looked)


def few_distinct(cells: list[str | None]) -> Distinct:
    """The plain twin of `distinct`: for a few rows, one call for a whole column costs more than its cells."""
    places: dict[str, int] = {}
    trimmed = ((cell or "").strip() for cell in cells)
    codes = [places.setdefault(cell, len(places)) if cell else -1 for cell in trimmed]
    own = len(places) == len(codes)
    plain = all(value.isascii() and value.isprintable() for value in places)
    longest = max((len(value.encode()) for value in places), default=0)
    values = pa.array(list(places), pa.string())
    return Distinct(values, None if own else np.array(codes, np.int32), len(codes), looked=(plain, longest))


def nothing(rows: int) -> Distinct:
    """A column that the file does not have."""
    return Distinct(pa.array([], pa.string()), np.full(rows, -1, dtype=np.int32), rows, looked=(True, 0))


def mask_of(flags: Any) -> Bools:
    """A pyarrow boolean array as numpy, null counting as False."""
    known = pc.fill_null(flags, False) if flags.null_count else flags
    answer: Bools = known.to_numpy(zero_copy_only=False)
    return answer


def each(values: Any, read: Callable[[str], Any], kind: Any) -> tuple[Any, Bools]:
    """Apply a reader to every distinct value: typed values, and which it refused with ValueError."""
    typed, bad = [], np.zeros(len(values), dtype=bool)
    for place, value in enumerate(values.to_pylist()):
        try:
            typed.append(read(value))
        except ValueError:
            typed.append(None)
            bad[place] = True
    return pa.array(typed, kind), bad


def byte_view(values: Any) -> tuple[NDArray[Any], NDArray[np.uint8]]:
    """Offsets and bytes of a string array, without a copy, as the kernels take them."""
    wide = pa.types.is_large_string(values.type)
    _, offsets, data = values.buffers()
    places: NDArray[Any] = np.frombuffer(offsets, dtype=np.int64 if wide else np.int32)
    places = places[values.offset : values.offset + len(values) + 1]
    marks = np.frombuffer(data, dtype=np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return places, marks


def _trimmed(text: Any) -> tuple[Any, tuple[bool, int] | None, bool]:
    """Values without blanks at their edges; whether all are plain and their longest, where that was seen;
    whether it was seen that none is missing.
    """
    if len(text) < COMPILED_FROM:
        return pc.utf8_trim_whitespace(text), None, False
    from yaotong.intake.checks import kernels  # compiled code is loaded for long columns only

    above, control, edged, longest, empty = kernels.look(*byte_view(text))
    if edged:
        return pc.utf8_trim_whitespace(text), None, False
    return text, None if above else (not control, int(longest)), not empty


def _mostly_distinct(text: Any) -> bool:
    if len(text) < COMPILED_FROM:
        return False
    step = len(text) // _SAMPLE
    sample = text.take(pa.array(np.arange(0, step * _SAMPLE, step)))
    there = sample.filter(pc.greater(pc.binary_length(sample), 0))
    return len(there) > 0 and len(pc.unique(there)) > _OFTEN * len(there)
