"""Fact files: Parquet by month and area. A file counts only once the committed manifest names it."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, insert, select

from yaotong.errors import StoreError
from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS
from yaotong.store.registry import in_force
from yaotong.store.schema import corrected_line, fact_file

NOWHERE = "none"


@dataclass(frozen=True, slots=True)
class Split:
    """New lines against those already kept: fresh ones, repeats, and new wordings of known lines."""

    fresh: pd.Series
    repeated: pd.Series
    corrected: pd.DataFrame  # line_id, line_sha of the wordings that end


def paths(connection: Connection, facts_dir: Path, feed: str, version: int | None = None) -> list[str]:
    """The files that hold a feed at a data version, in manifest order; StoreError when one is missing."""
    rows = connection.execute(
        select(fact_file.c.path)
        .where(fact_file.c.feed == feed, in_force(fact_file, version))
        .order_by(fact_file.c.file_id)
    )
    found = [facts_dir / path for (path,) in rows]
    missing = [path for path in found if not path.exists()]
    if missing:
        raise StoreError(
            f"事实文件 {missing[0].name} 不见了（共缺 {len(missing)} 个）。请从备份恢复 facts 目录。"
        )
    return [str(path) for path in found]


def corrections(connection: Connection, feed: str, version: int | None = None) -> pd.DataFrame:
    """Wordings no longer in force: line_id, line_sha."""
    query = select(corrected_line.c.line_id, corrected_line.c.line_sha).where(corrected_line.c.feed == feed)
    if version is not None:
        query = query.where(corrected_line.c.since_version <= version)
    return pd.DataFrame(connection.execute(query).fetchall(), columns=["line_id", "line_sha"])


def split(connection: Connection, facts_dir: Path, feed: str, frame: pd.DataFrame) -> Split:
    """Tell which rows of `frame` (line_id, line_sha) are new, repeated, or correct a kept line.

    A wording that was once corrected does not come back: repeating it is a repeat.
    """
    kept = _kept(paths(connection, facts_dir, feed), frame)
    ended = corrections(connection, feed)
    repeated = _pairs(frame).isin(_pairs(kept)).set_axis(frame.index)
    known = frame["line_id"].isin(kept["line_id"])
    changed = frame.loc[known & ~repeated, "line_id"]
    current = kept[kept["line_id"].isin(changed) & ~_pairs(kept).isin(_pairs(ended))]
    return Split(fresh=~repeated, repeated=repeated, corrected=current.reset_index(drop=True))


def write(
    connection: Connection, facts_dir: Path, feed: str, frame: pd.DataFrame, area: pd.Series, version: int
) -> int:
    """Write lines as files by month and area and name them in the manifest; returns how many files."""
    months = frame[FACT_MOMENTS[feed]].dt.strftime("%Y-%m")
    places = area.astype("string").fillna(NOWHERE)
    rows = []
    for (month, place), part in frame.groupby([months.to_numpy(), places.to_numpy()], sort=True):
        path = Path(feed) / f"month={month}" / f"area={place}" / f"v{version:08d}.parquet"
        digest = _write_file(facts_dir / path, feed, part)
        rows.append(
            {
                "feed": feed,
                "path": path.as_posix(),
                "month": month,
                "area_code": place,
                "rows": len(part),
                "sha256": digest,
                "since_version": version,
            }
        )
    connection.execute(insert(fact_file), rows)
    return len(rows)


def correct(connection: Connection, feed: str, ended: pd.DataFrame, version: int) -> None:
    """Note the wordings that end at `version`."""
    if not ended.empty:
        rows = [
            {"feed": feed, "line_id": line_id, "line_sha": sha, "since_version": version}
            for line_id, sha in zip(ended["line_id"], ended["line_sha"], strict=True)
        ]
        connection.execute(insert(corrected_line), rows)


def _write_file(path: Path, feed: str, part: pd.DataFrame) -> str:
    schema = FACT_SCHEMAS[feed]
    order = [name for name in ("pharmacy_id", FACT_MOMENTS[feed], "line_id") if name in schema.names]
    ordered = part.sort_values(order, kind="stable")
    table = pa.Table.from_pandas(ordered[schema.names], schema=schema, preserve_index=False, safe=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    try:
        pq.write_table(table, partial, compression="zstd", write_page_checksum=True)
        with partial.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise StoreError(
            f"事实文件写不下去：{error.strerror}。已收的数据未受影响，请腾出磁盘空间后重送。"
        ) from error
    return digest


def _kept(files: list[str], frame: pd.DataFrame) -> pd.DataFrame:
    if not files or frame.empty:
        return pd.DataFrame({"line_id": pd.Series(dtype="str"), "line_sha": pd.Series(dtype="str")})
    with duckdb.connect() as memory:
        memory.register("asked", pa.table({"line_id": pa.array(frame["line_id"], pa.string())}))
        query = "select line_id, line_sha from read_parquet($files) semi join asked using (line_id)"
        return memory.execute(query, {"files": files}).df()


def _pairs(frame: pd.DataFrame) -> pd.Series:
    return frame["line_id"].astype(str) + "\n" + frame["line_sha"].astype(str)
