"""From which receipt a fact line came: its file's place in the manifest tells the load that wrote it."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb
import pandas as pd
from sqlalchemy import select

from yaotong.lineids import line_id_sql
from yaotong.store.engine import Store
from yaotong.store.factfiles import ended_among, kept
from yaotong.store.schema import fact_file, load


def loads_of(store: Store, feed: str, line_ids: Sequence[str]) -> pd.DataFrame:
    """The load of each line in the wording that holds: line_id, load_id, file; unknown ones are left out."""
    with store.read() as connection:
        files = [str(one.path) for one in kept(connection, store.facts_dir, feed)]
        query = select(fact_file.c.path, fact_file.c.since_version, load.c.load_id, load.c.file).join(
            load, load.c.data_version == fact_file.c.since_version
        )
        rows = connection.execute(query.where(fact_file.c.feed == feed)).fetchall()
    if not files or not line_ids:
        return pd.DataFrame(columns=["line_id", "load_id", "file"])
    written = {str(store.facts_dir / row.path): row for row in rows}
    found = _files_of(feed, files, line_ids)
    with store.read() as connection:
        ended = ended_among(connection, feed, found["line_sha"].tolist())
    found = found[~found["line_sha"].isin(list(ended))]
    found = found[found["path"].isin(list(written))]
    known = found.assign(
        load_id=[written[one].load_id for one in found["path"]],
        file=[written[one].file for one in found["path"]],
    )
    return known[["line_id", "load_id", "file"]].reset_index(drop=True)


def _files_of(feed: str, files: list[str], line_ids: Sequence[str]) -> pd.DataFrame:
    with duckdb.connect() as backend:
        return backend.execute(
            f"select {line_id_sql(feed)} as line_id, lower(hex(line_sha)) as line_sha, filename as path"
            " from read_parquet(?, filename=true, hive_partitioning=false)"
            f" where {line_id_sql(feed)} in (select unnest(?))",
            [files, list(line_ids)],
        ).df()
