"""The audit chain as its administrator reads it: filtered, in pages, newest first."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from yaotong.departments import departments
from yaotong.errors import UsageError
from yaotong.store import audit
from yaotong.terms import TERMS, term
from yaotong.workspace import Workspace

PAGE_ROWS = 50
_PREFIX = "audit."
_DIGEST = 64  # letters of a SHA-256


def acts() -> tuple[str, ...]:
    """What the chain records, as the glossary lists it."""
    return tuple(name.removeprefix(_PREFIX) for name in TERMS if name.startswith(_PREFIX))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked for: days (both included), who, which act, and words of what it was done to."""

    since: date | None = None
    until: date | None = None
    who: str = ""
    what: str = ""
    thing: str = ""

    def __post_init__(self) -> None:
        if self.what and self.what not in acts():
            raise UsageError(f"没有行为“{self.what}”。可用：{'、'.join(acts())}")
        if self.since and self.until and self.since > self.until:
            raise UsageError("起始日不能晚于截止日。")

    def said(self) -> dict[str, str]:
        """The parts that are asked for, as an address names them."""
        given = {"since": self.since, "until": self.until, "who": self.who, "what": self.what}
        return {name: str(value) for name, value in {**given, "thing": self.thing}.items() if value}

    def filters(self) -> audit.Filters:
        """As the store is asked."""
        until = None if self.until is None else datetime.combine(self.until + timedelta(days=1), time())
        since = None if self.since is None else datetime.combine(self.since, time())
        return audit.Filters(since, until, self.who, self.what, self.thing)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the chain; `department` is its short name where there is one."""

    seq: int
    at: datetime
    actor: str
    department: str
    origin: str
    act: str
    thing: str
    why: str
    detail: str
    hash: str

    @property
    def told(self) -> str:
        """The detail as a person reads it: names and values; of a digest its head."""
        return "；".join(f"{name} {_head(value)}" for name, value in json.loads(self.detail or "{}").items())


@dataclass(frozen=True, slots=True)
class AuditPage:
    """A page of rows, newest first, with everybody and every act there is to ask for."""

    rows: tuple[AuditRow, ...]
    total: int
    pages: int
    actors: tuple[str, ...]
    acts: tuple[str, ...]


def audit_page(workspace: Workspace, asked: Asked, page: int, *, rows: int = PAGE_ROWS) -> AuditPage:
    """The rows asked for; `page` counts from 1."""
    with workspace.store.read() as connection:
        total = audit.count(connection, asked.filters())
        found = audit.listing(connection, asked.filters(), (page - 1) * rows, rows)
        people = audit.actors(connection)
    pages = max(-(-total // rows), 1)
    return AuditPage(tuple(_row(one) for one in found), total, pages, tuple(people), acts())


def rows_of(workspace: Workspace, asked: Asked) -> Iterator[tuple[str, ...]]:
    """All rows asked for, oldest first, each as the texts of a table."""
    with workspace.store.read() as connection:
        for one in audit.each(connection, asked.filters()):
            row = _row(one)
            said = term(_PREFIX + row.act) if row.act in acts() else row.act
            yield (
                str(row.seq), f"{row.at:%Y-%m-%d %H:%M:%S}", row.actor, row.department, row.origin, said,
                row.thing, row.why, row.detail, row.hash,
            )  # fmt: skip


def _row(one: Any) -> AuditRow:
    known = departments().get(one.department)
    return AuditRow(
        seq=one.seq,
        at=one.at,
        actor=one.actor,
        department=one.department if known is None else known.short_zh,
        origin=one.origin,
        act=one.act,
        thing=one.object,
        why=one.why,
        detail="" if one.detail == "{}" else one.detail,
        hash=one.hash,
    )


def _head(value: object) -> str:
    said = str(value)
    return f"{said[:12]}…" if len(said) == _DIGEST else said
