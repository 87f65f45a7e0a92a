"""What a format hands over: text columns as they stand in the file, and the rows that do not fit them."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

GEOMETRY = "geometry"


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
