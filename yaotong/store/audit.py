"""The audit chain as rows: append within the transaction of what is recorded, list, and let go in time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from yaotong.store.audit_tables import audit, audit_anchor
from yaotong.store.witness import Head

FIRST = "0" * 64
HEAD = "yaotong_audit_head"
_WIDTHS = {name: audit.c[name].type.length for name in ("actor", "department", "origin", "act", "object")}  # type: ignore[attr-defined]
_TEXT_CHARS = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be recorded. `object` names what it was done to, `why` what for."""

    at: datetime
    actor: str
    act: str
    object: str
    department: str = ""
    origin: str = ""
    why: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filters:
    """Which rows are asked for; None and empty: all. `until` is not included."""

    since: datetime | None = None
    until: datetime | None = None
    actor: str = ""
    act: str = ""
    object: str = ""


def append(connection: Connection, entry: Entry) -> int:
    """Append a row to the chain within a queued write; its number.

    Writers queue, so the last row that is read here is still the last when this one is written; the
    database refuses one that does not attach to it.
    """
    if not connection.get_execution_options().get("yaotong_write"):
        raise RuntimeError("the audit chain grows in queued writes only")
    head = last(connection)
    row: dict[str, Any] = {name: _fitting(getattr(entry, name), width) for name, width in _WIDTHS.items()}
    row |= {
        "seq": head.seq + 1,
        "at": entry.at.replace(microsecond=0),
        "why": _fitting(entry.why, _TEXT_CHARS),
        "detail": _detail(entry.detail),
        "former": head.hash,
    }
    row["hash"] = digest(row)
    connection.execute(insert(audit).values(**row))
    connection.info[HEAD] = Head(row["seq"], row["hash"])
    return int(row["seq"])


def digest(row: Mapping[str, Any], *, seq: int | None = None) -> str:
    """The SHA-256 of a row's content and the hash of the row before it, as hex."""
    at: datetime = row["at"]
    names = ("actor", "department", "origin", "act", "object", "why", "detail", "former")
    said = [row["seq"] if seq is None else seq, at.isoformat(), *(row[name] for name in names)]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


def last(connection: Connection) -> Head:
    """The chain's last row, the anchor when all rows were let go, or number 0 of an empty chain."""
    for table in (audit, audit_anchor):
        found = connection.execute(select(table.c.seq, table.c.hash).order_by(table.c.seq.desc()).limit(1))
        row = found.first()
        if row is not None:
            return Head(row.seq, row.hash)
    return Head(0, FIRST)


def anchor(connection: Connection) -> Head:
    """The last row that was let go; number 0 when none was."""
    query = select(audit_anchor.c.seq, audit_anchor.c.hash).order_by(audit_anchor.c.seq.desc()).limit(1)
    row = connection.execute(query).first()
    return Head(0, FIRST) if row is None else Head(row.seq, row.hash)


def anchors(connection: Connection) -> list[Row[Any]]:
    """All anchors, oldest first."""
    return list(connection.execute(select(audit_anchor).order_by(audit_anchor.c.seq)))


def count(connection: Connection, filters: Filters) -> int:
    """How many rows there are of those asked for."""
    found = connection.execute(_narrowed(select(func.count()).select_from(audit), filters))
    return int(found.scalar_one())


def listing(connection: Connection, filters: Filters, offset: int, limit: int) -> list[Row[Any]]:
    """Rows asked for, newest first."""
    query = _narrowed(select(audit), filters).order_by(audit.c.seq.desc())
    return list(connection.execute(query.offset(offset).limit(limit)))


def each(connection: Connection, filters: Filters) -> Iterator[Row[Any]]:
    """All rows asked for, oldest first, a thousand in memory at a time."""
    query = _narrowed(select(audit), filters).order_by(audit.c.seq)
    yield from connection.execution_options(yield_per=1000).execute(query)


def detail_of(row: Row[Any]) -> dict[str, Any]:
    """What a row says beside its columns."""
    said: dict[str, Any] = json.loads(row.detail)
    return said


def newest(connection: Connection, act: str) -> Row[Any] | None:
    """The last row of an act, or None."""
    query = select(audit).where(audit.c.act == act).order_by(audit.c.seq.desc()).limit(1)
    return connection.execute(query).first()


def of_account(connection: Connection, username: str, acts: Sequence[str], limit: int) -> list[Row[Any]]:
    """An account's own rows of some acts, newest first."""
    query = select(audit).where(audit.c.actor == username, audit.c.act.in_(acts))
    return list(connection.execute(query.order_by(audit.c.seq.desc()).limit(limit)))


def actors(connection: Connection) -> list[str]:
    """Everybody the chain names."""
    return list(connection.execute(select(audit.c.actor).distinct().order_by(audit.c.actor)).scalars())


def let_go(connection: Connection, before: datetime, actor: str, now: datetime) -> Head | None:
    """Remove the rows from before a moment and keep the last one's hash as anchor; None when there are none.

    All rows up to the newest of them go: time that was set back does not tear the chain.
    """
    start = select(func.min(audit.c.seq)).where(audit.c.at >= before)
    first_kept = connection.execute(start).scalar()
    past = select(audit.c.seq, audit.c.hash).order_by(audit.c.seq.desc())
    past = past if first_kept is None else past.where(audit.c.seq < first_kept)
    row = connection.execute(past.limit(1)).first()
    if row is None:
        return None
    connection.execute(insert(audit_anchor).values(seq=row.seq, hash=row.hash, at=now, actor=actor))
    connection.execute(delete(audit).where(audit.c.seq <= row.seq))
    return Head(row.seq, row.hash)


def _narrowed(query: Select[Any], filters: Filters) -> Select[Any]:
    if filters.since is not None:
        query = query.where(audit.c.at >= filters.since)
    if filters.until is not None:
        query = query.where(audit.c.at < filters.until)
    for name in ("actor", "act"):
        if getattr(filters, name):
            query = query.where(audit.c[name] == getattr(filters, name))
    if filters.object:
        query = query.where(audit.c.object.contains(filters.object, autoescape=True))
    return query


def _detail(given: Mapping[str, Any]) -> str:
    said = {name: _fitting(one, _TEXT_CHARS) if isinstance(one, str) else one for name, one in given.items()}
    return json.dumps(said, ensure_ascii=False, sort_keys=True, default=str)


def _fitting(text: str, width: int) -> str:
    """What any database keeps of a text: printable, whole characters, and no longer than its column."""
    return "".join(one if one.isprintable() else " " for one in text).strip()[:width]
