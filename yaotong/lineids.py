"""The id of a line, the parts of its key joined by "/", for arrays and for engines; and fingerprints read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.facts import FACT_SCHEMAS
from yaotong.records import FEEDS

_DAY, _HOUR = "%Y-%m-%d", "%H:%M:%S"
_MOMENT = f"{_DAY}T{_HOUR}"


def line_ids(feed: str, columns: Mapping[str, Any] | pa.Table) -> Any:
    """The ids of lines given as pyarrow columns by name."""
    texts = [_text(columns[name]) for name in FEEDS[feed].stored_key]
    return pc.binary_join_element_wise(*texts, "/") if len(texts) > 1 else texts[0]


def halves(prints: Any) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Fingerprints of 16 bytes each (pyarrow, without nulls) as two arrays of numbers, first half first."""
    if isinstance(prints, pa.ChunkedArray):
        prints = prints.combine_chunks()
    words = np.frombuffer(prints.buffers()[1], dtype=np.uint64)
    both = words[2 * prints.offset : 2 * (prints.offset + len(prints))].reshape(-1, 2)
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def line_id_of(feed: str, lines: ir.Table) -> ir.StringValue:
    """The ids of lines as an expression over the stored columns."""
    parts = []
    for name in FEEDS[feed].stored_key:
        moment = pa.types.is_timestamp(FACT_SCHEMAS[feed].field(name).type)
        parts.append(_told(lines[name]) if moment else lines[name])
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "/" + part
    return joined


def _told(moment: ir.TimestampValue) -> ir.StringValue:
    # In two halves: a letter between them would be a pattern of its own to Spark.
    return moment.strftime(_DAY) + "T" + moment.strftime(_HOUR)


def line_id_sql(feed: str) -> str:
    """The same in SQL, as DuckDB speaks it."""
    parts = []
    for name in FEEDS[feed].stored_key:
        moment = pa.types.is_timestamp(FACT_SCHEMAS[feed].field(name).type)
        parts.append(f"strftime({name}, '{_MOMENT}')" if moment else name)
    return " || '/' || ".join(parts)


def _text(part: Any) -> Any:
    if pa.types.is_timestamp(part.type):
        return pc.strftime(pc.cast(part, pa.timestamp("s")), _MOMENT)
    return pc.cast(part, pa.string())
