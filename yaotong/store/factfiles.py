"""Fact files: Parquet by month and area. A file counts only once the committed manifest names it.

A file stays as it was sent. Where lines of it no longer hold, a copy without them stands in for it, see
`clearing`; so there are files as sent, and files in force.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, true

from yaotong.durable import settle_folder
from yaotong.errors import StoreError
from yaotong.store.registry import in_force
from yaotong.store.schema import corrected_line, fact_file
from yaotong.store.staging import FULL, StagedFile, reading

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file as it was sent: its name in the manifest, its place and month, the version that brought it."""

    name: str
    path: Path
    month: str
    version: int
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class Ended:
    """A wording of a line that another one outdates: its hash (hexadecimal), the file it was sent in."""

    line_id: str
    line_sha: str
    path: str | None = None


def kept(
    connection: Connection, facts_dir: Path, feed: str, version: int | None = None, *, since: int = -1
) -> list[KeptFile]:
    """The files of a feed as sent after `since` up to a data version; StoreError when one is missing."""
    came = fact_file.c.since_version <= version if version is not None else true()
    columns = ("path", "month", "since_version", "sha256", "rows")
    rows = connection.execute(
        select(*(fact_file.c[one] for one in columns))
        .where(
            fact_file.c.feed == feed, fact_file.c.copy_of.is_(None), came, fact_file.c.since_version > since
        )
        .order_by(fact_file.c.file_id)
    ).fetchall()
    _there([facts_dir / row.path for row in rows])
    return [
        KeptFile(row.path, facts_dir / row.path, row.month, row.since_version, row.sha256, row.rows)
        for row in rows
    ]


def paths(connection: Connection, facts_dir: Path, feed: str, version: int | None = None) -> list[str]:
    """Where the files are that are in force at a data version; StoreError when one is missing."""
    query = select(fact_file.c.path).where(fact_file.c.feed == feed, in_force(fact_file, version))
    found = [facts_dir / one for one in connection.execute(query.order_by(fact_file.c.file_id)).scalars()]
    _there(found)
    return [str(one) for one in found]


def paths_of_months(connection: Connection, facts_dir: Path, feed: str, first: str, last: str) -> list[str]:
    """Where the files in force now are of the months (YYYY-MM) from one to another, both included."""
    months = fact_file.c.month.between(first, last)
    query = select(fact_file.c.path).where(fact_file.c.feed == feed, in_force(fact_file, None), months)
    found = connection.execute(query.order_by(fact_file.c.file_id)).scalars()
    return [f"{facts_dir}/{one}" for one in found]


def _there(files: Sequence[Path]) -> None:
    missing = [one for one in files if not one.exists()]
    if missing:
        raise StoreError(
            f"事实文件 {missing[0].name} 不见了（共缺 {len(missing)} 个）。请从备份恢复 facts 目录。"
        )


def ended_between(connection: Connection, feed: str, since: int, until: int) -> list[str]:
    """Hashes (hexadecimal) of the wordings that ended with the loads after `since` up to `until`."""
    ended = corrected_line.c.since_version.between(since + 1, until)
    query = select(corrected_line.c.line_sha).where(corrected_line.c.feed == feed, ended)
    return list(connection.execute(query).scalars())


def newest(connection: Connection, feed: str) -> int:
    """The data version of the last load that brought lines of a feed; 0 when none did."""
    query = select(func.coalesce(func.max(fact_file.c.since_version), 0)).where(fact_file.c.feed == feed)
    return int(connection.execute(query).scalar_one())


def fingerprints(path: Path, *, recorded: bool) -> Iterator[pa.Table]:
    """line_key and line_sha of a file's lines, part by part; with `recorded`, recorded_at beside them."""
    columns = ["line_key", "line_sha", *(["recorded_at"] if recorded else [])]
    with reading(path):
        file = pq.ParquetFile(path, page_checksum_verification=True)
        for batch in file.iter_batches(1 << 18, columns=columns):
            yield pa.Table.from_batches([batch])


def keys_in(path: Path) -> Iterator[bytes]:
    """The keys of a file's lines."""
    for part in fingerprints(path, recorded=False):
        yield from part["line_key"].to_pylist()


def corrections(connection: Connection, feed: str, version: int | None = None) -> pd.DataFrame:
    """Wordings no longer in force that files in force still hold: line_id, line_sha (hexadecimal)."""
    query = select(corrected_line.c.line_id, corrected_line.c.line_sha).where(
        corrected_line.c.feed == feed, held(version)
    )
    return pd.DataFrame(connection.execute(query).fetchall(), columns=["line_id", "line_sha"])


def held(version: int | None) -> ColumnElement[bool]:
    """Corrected lines that files in force at a data version hold."""
    cleared = corrected_line.c.cleared_version
    if version is None:
        return cleared.is_(None)
    return and_(corrected_line.c.since_version <= version, or_(cleared.is_(None), cleared > version))


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
) -> dict[str, str]:
    """Move staged files to where they belong and name them in the manifest; old file names to names there.

    StoreError when the disk refuses; what was moved by then is named nowhere and does not count.
    """
    rows, names = [], {}
    for one in staged:
        path = Path(feed) / f"month={one.month}" / f"area={one.area_code}" / f"v{version:08d}.parquet"
        move(one.path, facts_dir / path)
        names[one.path.name] = path.as_posix()
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
    return names


def correct(connection: Connection, feed: str, ended: Iterable[Ended], version: int) -> None:
    """Note the wordings that end at `version`."""
    rows = [{"feed": feed, **asdict(one), "since_version": version} for one in ended]
    if rows:
        connection.execute(insert(corrected_line), rows)


def move(source: Path, target: Path) -> None:
    """Put a file that is on the disk where it belongs, its name on the disk, too; StoreError when refused."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
        settle_folder(target.parent)  # before the manifest tells the name
    except OSError as error:
        raise StoreError(FULL.format(error.strerror)) from error
