"""Facts from a handful of rows: what a rule's cases and tests are judged on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from yaotong.facts import FACT_SCHEMAS, Facts
from yaotong.openings import hours_table, openings_of
from yaotong.workdays import days_frame

Rows = Sequence[Mapping[str, Any]]


def facts_from(
    *,
    sales: Rows = (),
    drugs: Rows = (),
    pharmacies: Rows = (),
    areas: Rows = (),
    recalls: Rows = (),
    notices: Rows = (),
    purchases: Rows = (),
    stock_counts: Rows = (),
    prescriptions: Rows = (),
    settlements: Rows = (),
    duty: Rows = (),
    inspections: Rows = (),
    cross_matches: Rows = (),
    browsing: Rows = (),
    stock_moves: Rows = (),
    suppliers: Rows = (),
    since: date,
    until: date,
) -> Facts:
    """Tables of the given rows; what a row leaves out is NULL, but registers hold for ever.

    The calendar covers `since` to `until`; openings follow from the shops' hours.
    """
    rows = {
        "sales": sales,
        "purchases": purchases,
        "drugs": [_dated(one) for one in drugs],
        "pharmacies": [_dated(one) for one in pharmacies],
        "areas": areas,
        "recalls": recalls,
        "notices": notices,
        "stock_counts": stock_counts,
        "prescriptions": prescriptions,
        "settlements": settlements,
        "duty": duty,
        "inspections": inspections,
        "cross_matches": cross_matches,
        "browsing": browsing,
        "stock_moves": stock_moves,
        "suppliers": [_dated(one) for one in suppliers],
    }
    backend = ibis.duckdb.connect(threads=1)
    tables = {}
    frames = {name: pd.DataFrame(list(each)) for name, each in rows.items()}
    frames["days"] = days_frame(since, max(until, since + timedelta(days=1)))
    for name, frame in frames.items():
        backend.con.register(name, _table(frame, FACT_SCHEMAS[name]))
        tables[name] = backend.table(name)
    days = [*frames["days"]["day"], max(frames["days"]["day"]) + timedelta(days=1)]
    texts = [one.get("opening_hours") for one in pharmacies]
    backend.con.register("openings", hours_table(texts, days))
    return Facts(**tables, openings=openings_of(tables["pharmacies"], backend.table("openings")))


def _dated(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31), **row}


def _table(frame: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    arrays = [
        pa.array(frame[field.name], type=field.type, from_pandas=True)
        if field.name in frame.columns
        else pa.nulls(len(frame), field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)
