"""What a format hands over: text columns as they stand in the file, and the rows that do not fit them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pandas.arrays import ArrowStringArray

GEOMETRY = "geometry"
_STR = pd.StringDtype("pyarrow", na_value=np.nan)  # what pandas calls "str"


@dataclass(frozen=True, slots=True)
class Ragged:
    """A row with more or fewer fields than the header; `row` is the 1-based data row."""

    row: int
    fields: int
    expected: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """The file as text.

    `frame` holds `str` columns (missing: NaN) and, for geo formats, `geometry` with shapely objects.
    Its index is the 0-based data row of the file, so that a row number survives every reshaping.
    `crs` is what the file itself declares; None when it is silent.
    """

    frame: pd.DataFrame
    ragged: tuple[Ragged, ...] = field(default=())
    crs: str | None = None
    # A WKT or naked geometry column has no standard to lean on; GeoJSON and TopoJSON are WGS-84.
    geo: bool = False
    # What of the file was not read, in sentences for the receipt.
    notes: tuple[str, ...] = ()
    # A mended reject file: its cells may still hold our masks.
    resent: bool = False


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that are read, under our names: `rows` pyarrow strings each (missing: null).

    `shapes` is what stands in the geometry column, shapely objects or WKT; None where there is none.
    """

    rows: int
    texts: Mapping[str, Any]
    shapes: list[Any] | None = None


def strings(values: pd.Series) -> Any:
    """A text column as pyarrow strings (missing: null); a `str` series is not copied."""
    held = values.array
    plain = isinstance(held, ArrowStringArray)
    texts = pa.array(held) if plain else pa.array(values, pa.string(), from_pandas=True)
    return texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts


def series_of(texts: Any) -> ArrowStringArray:
    """Pyarrow strings as the values of a `str` series."""
    held = texts if pa.types.is_large_string(texts.type) else texts.cast(pa.large_string())
    return ArrowStringArray(held, dtype=_STR)  # type: ignore[call-arg]


def text_frame_of(columns: Mapping[str, Any], rows: int) -> pd.DataFrame:
    """Pyarrow strings of so many rows as `str` columns: what `to_pandas` makes, in a third of its time."""
    held = {name: series_of(texts) for name, texts in columns.items()}
    return pd.DataFrame(held, index=pd.RangeIndex(rows), copy=False)
