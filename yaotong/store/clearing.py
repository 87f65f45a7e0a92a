"""Clearing: lines that no longer hold are left out of a copy, once, instead of at every look at the facts.

The file stays as it was sent: past data versions, and intake, which must know each wording that ever came, go
on reading it. Which lines hold at any data version is the same before and after.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import ColumnElement, Connection, and_, insert, or_, select, update

from yaotong.facts import FACT_MOMENTS
from yaotong.store import factfiles
from yaotong.store.engine import Store
from yaotong.store.schema import corrected_line, fact_file
from yaotong.store.scratch import scratch
from yaotong.store.staging import copied, settled, writing

_CHUNK = 500


@dataclass(frozen=True, slots=True)
class _Held:
    """A file in force that holds lines which do not: its entry in the manifest, and their hashes."""

    feed: str
    sent: str
    entry: Mapping[str, object]
    shas: tuple[str, ...]


def clear(store: Store, version: int) -> int:
    """Have copies stand in for the files in force that hold lines corrected up to a data version, the newest.

    How many files were copied. StoreError when the disk refuses or a file cannot be read: what was copied by
    then stands, and the next call goes on.
    """
    due = select(corrected_line.c.line_sha).where(_due(version)).limit(1)
    with store.read() as connection:
        if connection.execute(due).first() is None:
            return 0
    _find(store, version)
    with store.read() as connection:
        held = list(_files(connection, version))
    with scratch(store) as folder:
        return sum(_replace(store, one, folder, version) for one in held)


def _due(version: int) -> ColumnElement[bool]:
    return and_(corrected_line.c.since_version <= version, corrected_line.c.cleared_version.is_(None))


def _find(store: Store, version: int) -> None:
    """Look up the files of lines that were corrected before anybody noted where they were sent."""
    for feed in FACT_MOMENTS:
        with store.read() as connection:
            query = select(corrected_line.c.line_sha).where(
                corrected_line.c.feed == feed, corrected_line.c.path.is_(None), _due(version)
            )
            lost = [bytes.fromhex(one) for one in connection.execute(query).scalars()]
            files = factfiles.kept(connection, store.facts_dir, feed, version) if lost else []
        wanted = pa.array(lost, pa.binary(16))
        for one in files:
            for part in factfiles.fingerprints(one.path, recorded=False):
                found = part["line_sha"].filter(pc.is_in(part["line_sha"], wanted)).to_pylist()
                if found:
                    _note(store, feed, one.name, [sha.hex() for sha in found])


def _note(store: Store, feed: str, name: str, shas: list[str]) -> None:
    with store.write() as connection:
        for start in range(0, len(shas), _CHUNK):
            some = corrected_line.c.line_sha.in_(shas[start : start + _CHUNK])
            lines = (corrected_line.c.feed == feed, some)
            connection.execute(update(corrected_line).where(*lines).values(path=name))


def _files(connection: Connection, version: int) -> Iterator[_Held]:
    query = select(corrected_line.c.feed, corrected_line.c.path, corrected_line.c.line_sha)
    rows = connection.execute(query.where(corrected_line.c.path.is_not(None), _due(version)))
    shas: dict[tuple[str, str], list[str]] = {}
    for feed, path, sha in rows:
        shas.setdefault((feed, path), []).append(sha)
    for (feed, path), gone in sorted(shas.items()):
        stands = or_(fact_file.c.path == path, fact_file.c.copy_of == path)
        in_force = select(fact_file).where(stands, fact_file.c.until_version.is_(None))
        entry = connection.execute(in_force).mappings().first()
        if entry is not None:
            yield _Held(feed, path, dict(entry), tuple(gone))


def _replace(store: Store, held: _Held, folder: Path, version: int) -> bool:
    """Copy one file and name the copy in its place; False when somebody else did so meanwhile."""
    copy = folder / "copy.parquet"
    gone = pa.array([bytes.fromhex(one) for one in held.shas], pa.binary(16))
    holding = store.facts_dir / str(held.entry["path"])
    rows = copied(holding, copy, held.feed, lambda part, _: pc.invert(pc.is_in(part["line_sha"], gone)))
    with writing():
        digest = settled(copy)
    with store.write() as connection:
        if not _ended(connection, held, version):
            return False
        if rows:  # nothing left needs no file
            name = PurePosixPath(held.sent).with_suffix(f".c{version:08d}.parquet").as_posix()
            factfiles.move(copy, store.facts_dir / name)
            kept = {name: held.entry[name] for name in ("feed", "month", "area_code")}
            told = {"path": name, "copy_of": held.sent, "rows": rows, "sha256": digest}
            connection.execute(insert(fact_file).values(**kept, **told, since_version=version))
        lines = (corrected_line.c.feed == held.feed, corrected_line.c.path == held.sent, _due(version))
        connection.execute(update(corrected_line).where(*lines).values(cleared_version=version))
    return True


def _ended(connection: Connection, held: _Held, version: int) -> bool:
    """End the file that was copied; False when it had ended."""
    entry = (fact_file.c.file_id == held.entry["file_id"], fact_file.c.until_version.is_(None))
    done = connection.execute(update(fact_file).where(*entry).values(until_version=version))
    return bool(done.rowcount)
