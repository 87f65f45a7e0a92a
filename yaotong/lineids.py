"""The id of a line: the parts of its feed's key joined by "/", said once for arrays and once for engines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from yaotong.facts import FACT_SCHEMAS
from yaotong.records import FEEDS

_MOMENT = "%Y-%m-%dT%H:%M:%S"


def line_ids(feed: str, columns: Mapping[str, Any] | pa.Table) -> Any:
    """The ids of lines given as pyarrow columns by name."""
    texts = [_text(columns[name]) for name in FEEDS[feed].stored_key]
    return pc.binary_join_element_wise(*texts, "/") if len(texts) > 1 else texts[0]


def line_id_of(feed: str, lines: ir.Table) -> ir.StringValue:
    """The ids of lines as an expression over the stored columns."""
    parts = []
    for name in FEEDS[feed].stored_key:
        moment = pa.types.is_timestamp(FACT_SCHEMAS[feed].field(name).type)
        parts.append(lines[name].strftime(_MOMENT) if moment else lines[name])
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + "/" + part
    return joined


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
