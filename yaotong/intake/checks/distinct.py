"""A column as its distinct values: checks look at each value once, however many rows bear it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Codes = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Distinct trimmed values and, for every row, the place of its value in them (-1: none)."""

    values: Any  # pyarrow string array without nulls
    codes: Codes

    @property
    def missing(self) -> Bools:
        """Rows without a value."""
        return self.codes < 0

    def rows(self, of_values: Bools) -> Bools:
        """A judgement of values as a judgement of rows; rows without a value are False."""
        return np.append(of_values, False)[self.codes]

    def spread(self, typed: Any) -> Any:
        """One typed value per row from one per distinct value (pyarrow, missing: null)."""
        return typed.take(pa.array(self.codes, mask=self.codes < 0))


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


def distinct(series: pd.Series) -> Distinct:
    """Trim a `str` series and find its distinct values; blank counts as missing."""
    text = pa.array(series, pa.string(), from_pandas=True)
    if isinstance(text, pa.ChunkedArray):
        text = text.combine_chunks()
    text = pc.utf8_trim_whitespace(text)
    coded = pc.dictionary_encode(pc.if_else(pc.equal(pc.binary_length(text), 0), None, text))
    codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int32)
    return Distinct(coded.dictionary, codes)


def nothing(rows: int) -> Distinct:
    """A column that the file does not have."""
    return Distinct(pa.array([], pa.string()), np.full(rows, -1, dtype=np.int32))


def mask_of(flags: Any) -> Bools:
    """A pyarrow boolean array as numpy, null counting as False."""
    answer: Bools = pc.fill_null(flags, False).to_numpy(zero_copy_only=False)
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
