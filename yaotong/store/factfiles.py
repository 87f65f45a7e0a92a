"""Fact files: Parquet by month and area. A file counts only once the committed manifest names it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, func, insert, select

from yaotong.errors import StoreError
from yaotong.store.registry import in_force
from yaotong.store.schema import corrected_line, fact_file
from yaotong.store.staging import FULL, StagedFile

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file that counts: where it is, its month, the data version that brought it."""

    path: Path
    month: str
    version: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A wording of a line that another one outdates; both in hexadecimal digits where they are hashes."""

    line_id: str
    line_sha: str


def kept(connection: Connection, facts_dir: Path, feed: str, version: int | None = None) -> list[KeptFile]:
    """The files that hold a feed at a data version, in manifest order; StoreError when one is missing."""
    rows = connection.execute(
        select(fact_file.c.path, fact_file.c.month, fact_file.c.since_version)
        .where(fact_file.c.feed == feed, in_force(fact_file, version))
        .order_by(fact_file.c.file_id)
    )
    found = [KeptFile(facts_dir / row.path, row.month, row.since_version) for row in rows]
    missing = [one.path for one in found if not one.path.exists()]
    if missing:
        raise StoreError(
            f"事实文件 {missing[0].name} 不见了（共缺 {len(missing)} 个）。请从备份恢复 facts 目录。"
        )
    return found


def paths(connection: Connection, facts_dir: Path, feed: str, version: int | None = None) -> list[str]:
    """As `kept`, only where the files are."""
    return [str(one.path) for one in kept(connection, facts_dir, feed, version)]


def newest(connection: Connection, feed: str) -> int:
    """The data version of the last load that brought lines of a feed; 0 when none did."""
    query = select(func.coalesce(func.max(fact_file.c.since_version), 0)).where(fact_file.c.feed == feed)
    return int(connection.execute(query).scalar_one())


def fingerprints(path: Path, *, recorded: bool) -> Iterator[pa.Table]:
    """line_key and line_sha of a file's lines, part by part; with `recorded`, recorded_at beside them."""
    columns = ["line_key", "line_sha", *(["recorded_at"] if recorded else [])]
    try:
        file = pq.ParquetFile(path, page_checksum_verification=True)
        for batch in file.iter_batches(1 << 18, columns=columns):
            yield pa.Table.from_batches([batch])
    except (pa.ArrowException, OSError) as error:
        raise StoreError(f"事实文件 {path.name} 读不出来，可能已损坏。请从备份恢复 facts 目录。") from error


def corrections(connection: Connection, feed: str, version: int | None = None) -> pd.DataFrame:
    """Wordings no longer in force: line_id, line_sha (hexadecimal)."""
    query = select(corrected_line.c.line_id, corrected_line.c.line_sha).where(corrected_line.c.feed == feed)
    if version is not None:
        query = query.where(corrected_line.c.since_version <= version)
    return pd.DataFrame(connection.execute(query).fetchall(), columns=["line_id", "line_sha"])


def ended_among(connection: Connection, feed: str, shas: Sequence[str]) -> frozenset[str]:
    """Those of some wordings that are no longer in force."""
    found: set[str] = set()
    for start in range(0, len(shas), _CHUNK):
        query = select(corrected_line.c.line_sha).where(
            corrected_line.c.feed == feed, corrected_line.c.line_sha.in_(shas[start : start + _CHUNK])
        )
        found.update(connection.execute(query).scalars())
    return frozenset(found)


def keep(
    connection: Connection, facts_dir: Path, feed: str, staged: Sequence[StagedFile], version: int
) -> None:
    """Move staged files to where they belong and name them in the manifest.

    StoreError when the disk refuses; what was moved by then is named nowhere and does not count.
    """
    rows = []
    for one in staged:
        path = Path(feed) / f"month={one.month}" / f"area={one.area_code}" / f"v{version:08d}.parquet"
        _move(one.path, facts_dir / path)
        rows.append(
            {
                "feed": feed,
                "path": path.as_posix(),
                "month": one.month,
                "area_code": one.area_code,
                "rows": one.rows,
                "sha256": one.sha256,
                "since_version": version,
            }
        )
    if rows:
        connection.execute(insert(fact_file), rows)


def correct(connection: Connection, feed: str, ended: Iterable[Ended], version: int) -> None:
    """Note the wordings that end at `version`."""
    rows = [
        {"feed": feed, "line_id": one.line_id, "line_sha": one.line_sha, "since_version": version}
        for one in ended
    ]
    if rows:
        connection.execute(insert(corrected_line), rows)


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # the name, too, has to be on the disk before the manifest tells it
        finally:
            os.close(folder)
    except OSError as error:
        raise StoreError(FULL.format(error.strerror)) from error
