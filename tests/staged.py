"""Sales lines put into a store as a load would put them, without a file to read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from yaotong.facts import FACT_SCHEMAS
from yaotong.store import Store, factfiles
from yaotong.store.staging import Stage, StagedFile

ARRIVED = datetime(2026, 2, 1)


def sales_table(frame: pd.DataFrame) -> pa.Table:
    """A frame with any of the facts' columns as lines ready to be staged; columns it lacks are null."""
    given = {
        one.name: pa.array(frame[one.name], one.type, from_pandas=True)
        if one.name in frame.columns
        else pa.nulls(len(frame), one.type)
        for one in FACT_SCHEMAS["sales"]
        if one.name not in ("line_id", "arrived_at")
    }
    keys = [hashlib.md5(one.encode()).digest() for one in frame["line_id"]]
    said = [hashlib.md5(repr(row).encode()).digest() for row in frame.itertuples(index=False)]
    return pa.table(
        {**given, "line_key": pa.array(keys, pa.binary(16)), "line_sha": pa.array(said, pa.binary(16))}
    )


def stage_lines(
    folder: Path, frame: pd.DataFrame, areas: Mapping[str, str], drop: np.ndarray | None = None
) -> tuple[StagedFile, ...]:
    """Stage a frame's lines, those marked in `drop` left out at the end."""
    stage = Stage(folder, "sales", areas, ARRIVED)
    stage.add(sales_table(frame), np.arange(len(frame)))
    return stage.settle(np.zeros(len(frame), dtype=bool) if drop is None else drop)


def put_sales(store: Store, frame: pd.DataFrame, areas: Mapping[str, str], version: int) -> None:
    """Keep a frame's lines at a data version."""
    staged = stage_lines(store.facts_dir / "staging" / "test", frame, areas)
    with store.write() as connection:
        factfiles.keep(connection, store.facts_dir, "sales", staged, version)
