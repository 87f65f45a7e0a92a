"""Facts from a handful of rows: what a rule's cases and tests are judged on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa

from yaotong.facts import FACT_SCHEMAS, Facts
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
    since: date,
    until: date,
) -> Facts:
    """Tables of the given rows; a column that a row leaves out is NULL, a drug is valid for ever.

    The calendar covers `since` to `until`.
    """
    valid = [{"valid_from": date(1900, 1, 1), "valid_to": date(9999, 12, 31), **one} for one in drugs]
    rows = {
        "sales": sales,
        "purchases": purchases,
        "drugs": valid,
        "pharmacies": pharmacies,
        "areas": areas,
        "recalls": recalls,
        "notices": notices,
        "stock_counts": stock_counts,
        "prescriptions": prescriptions,
        "settlements": settlements,
        "duty": duty,
        "inspections": inspections,
    }
    backend = ibis.duckdb.connect(threads=1)
    tables = {}
    frames = {name: pd.DataFrame(list(each)) for name, each in rows.items()}
    frames["days"] = days_frame(since, max(until, since + timedelta(days=1)))
    for name, frame in frames.items():
        schema = FACT_SCHEMAS[name]
        arrays = [
            pa.array(frame[field.name], type=field.type, from_pandas=True)
            if field.name in frame.columns
            else pa.nulls(len(frame), field.type)
            for field in schema
        ]
        backend.con.register(name, pa.table(arrays, schema=schema))
        tables[name] = backend.table(name)
    return Facts(**tables)
