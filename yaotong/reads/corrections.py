"""What was reported as wrong: for the one who holds the ticket, and for the desk that answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.corrections import ANSWER_WITHIN, COLUMNS, FLAGS, POINT, State
from yaotong.departments import departments, keeper_of
from yaotong.errors import Forbidden, NotFound
from yaotong.store import corrections
from yaotong.store.corrections import Held
from yaotong.store.publicly import public_read
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

PAGE_ROWS = 50
# What is told as one thing of a place.
_NAMED = tuple(one for one in COLUMNS if one not in POINT)
_HISTORY = (*_NAMED, "source_lon", "source_lat", "crs")


@dataclass(frozen=True, slots=True)
class Change:
    """A column of the register and what it said before and after, as text; "" for unknown."""

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """What the holder of a ticket is told."""

    ticket: str
    license_no: str
    shop: str
    kind: str
    said: str
    filed_at: datetime
    state: str
    answer_by: datetime
    answer: str
    answered_at: datetime | None
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the desk's list."""

    ticket: str
    license_no: str
    shop: str
    kind: str
    said: str
    filed_at: datetime
    state: str
    answered_at: datetime | None
    overdue: bool


@dataclass(frozen=True, slots=True)
class Past:
    """One wording of a shop's entry: since which load it stands, and what it changed."""

    version: int
    arrived_at: datetime | None
    file: str
    sent_by: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """A report as the desk sees it: what the register says now, what it ever said, how many say the same."""

    ticket: Ticket
    register: Mapping[str, Any]
    alike: int
    history: tuple[Past, ...]


def read_ticket(workspace: Workspace, ticket: str) -> Ticket:
    """A report by its number, for whoever holds it; NotFound when there is none."""
    with public_read(workspace.store) as connection:
        row = corrections.shown(connection, ticket)
        if row is None:
            raise NotFound("没有这个编号。请核对后再输入一次。")
        shop = corrections.shop(connection, row.license_no)
        changed = corrections.fields_of(connection, ticket) if row.state == State.CORRECTED else []
    return _ticket(row, shop, changed)


def waiting(
    workspace: Workspace, viewer: Viewer, *, is_open: bool, now: datetime, page: int = 1
) -> tuple[Waiting, ...]:
    """The reports of a viewer's area; Forbidden to departments that do not keep the register."""
    check_keeper(viewer)
    with workspace.store.read() as connection:
        rows = corrections.listing(
            connection, viewer.area_code, is_open=is_open, limit=PAGE_ROWS + 1, offset=(page - 1) * PAGE_ROWS
        )
    return tuple(
        Waiting(
            row.ticket, row.license_no, row.name or row.license_no, row.kind, row.said, row.filed_at,
            row.state, row.answered_at, row.state == State.OPEN and row.filed_at + ANSWER_WITHIN < now,
        )
        for row in rows
    )  # fmt: skip


def count_waiting(workspace: Workspace, viewer: Viewer) -> int | None:
    """How many reports wait for a viewer's department; None when it is not the one that answers."""
    if not keeps(viewer):
        return None
    with workspace.store.read() as connection:
        return corrections.count_open(connection, viewer.area_code)


def asked(workspace: Workspace, viewer: Viewer, ticket: str) -> Asked:
    """One report with the entry it is about; NotFound outside the viewer's area."""
    check_keeper(viewer)
    with workspace.store.read() as connection:
        row = corrections.get(connection, ticket)
        if row is None or not viewer.covers(row.area_code):
            raise NotFound(f"没有反映 {ticket}，或不在您的辖区内。")
        shop = corrections.shop(connection, row.license_no)
        fields = corrections.fields_of(connection, ticket)
        alike = corrections.open_alike(connection, row.license_no, row.kind)
        past = corrections.shop_history(connection, row.license_no)
    return Asked(_ticket(row, shop, fields), shop or {}, len(set(alike) - {ticket}), _history(past))


def keeps(viewer: Viewer) -> bool:
    """Whether a viewer's department answers for the register of pharmacies."""
    keeper = keeper_of("pharmacies", departments()).department_id
    return viewer.department == keeper and viewer.role != "auditor"


def check_keeper(viewer: Viewer) -> None:
    """Forbidden to whom the register is not theirs."""
    if not keeps(viewer):
        raise Forbidden("信息有误的反映由管理药店名录的部门答复。")


def _ticket(row: Any, shop: Mapping[str, Any] | None, changed: Sequence[Held]) -> Ticket:
    return Ticket(
        ticket=row.ticket,
        license_no=row.license_no,
        shop=row.license_no if shop is None else str(shop["name"]),
        kind=row.kind,
        said=row.said,
        filed_at=row.filed_at,
        state=row.state,
        answer_by=row.filed_at + ANSWER_WITHIN,
        answer=row.answer or "",
        answered_at=row.answered_at,
        changes=tuple(Change(one.name, text_of(one.wrong), text_of(one.right)) for one in changed),
    )


def _history(rows: Sequence[Any]) -> tuple[Past, ...]:
    """Newest first; the first wording of all changed nothing."""
    found = []
    for before, row in zip([None, *rows], rows, strict=False):
        told = [
            Change(name, text_of(getattr(before, name)), text_of(getattr(row, name)))
            for name in _HISTORY
            if before is not None and getattr(before, name) != getattr(row, name)
        ]
        found.append(Past(row.since_version, row.arrived_at, row.file or "", row.sent_by or "", tuple(told)))
    return tuple(found[::-1])


def text_of(value: object) -> str:
    """A value of the register as text; a point by its own coordinates and system."""
    if value is None or value != value:
        return ""
    if isinstance(value, list):
        return f"{value[0]}, {value[1]} ({value[2]})"
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value).strip("|")


__all__ = [
    "FLAGS", "PAGE_ROWS", "Asked", "Change", "Past", "Ticket", "Waiting", "asked", "count_waiting", "keeps",
    "read_ticket", "text_of", "waiting",
]  # fmt: skip
