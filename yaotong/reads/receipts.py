"""Receipts as people see them: who sent what, what became of it, what to mend, and who may see how much.

A file speaks of the whole area of whoever sent it. An office above that area sees everything, an office
below it the figures, any other office not even that there was a file.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from yaotong.errors import Forbidden, NotFound
from yaotong.reads.feed_titles import feed_title
from yaotong.records import Receipt
from yaotong.store import Connection
from yaotong.store import receipts as rows
from yaotong.store.receipts import Asked as Asked
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

COUNTY_DIGITS = 6


@dataclass(frozen=True, slots=True)
class ReceiptRow:
    """One receipt as a line of the history."""

    load_id: int
    file: str
    feed: str
    feed_zh: str
    outcome: str
    rows: int
    accepted: int
    duplicates: int
    rejected: int
    sent_by: str
    sender: str
    department: str
    arrived_at: datetime


@dataclass(frozen=True, slots=True)
class History:
    """One page of what came in, newest first; `senders`: name → display name of all that may be asked for."""

    rows: tuple[ReceiptRow, ...]
    total: int
    senders: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One receipt in full; `reasons` counts the refused rows, most frequent reason first.

    `refused` holds one page of them, of one reason if one was asked for: `matching` in all. It is empty
    without `sees_rows`.
    """

    row: ReceiptRow
    profile: str
    sha256: str
    seconds: float
    data_version: int | None
    file_reason: str | None
    message: str
    notes: tuple[str, ...]
    reasons: tuple[tuple[str, int], ...]
    refused: tuple[Mapping[str, Any], ...]
    matching: int
    sees_rows: bool
    sees_file: bool


@dataclass(frozen=True, slots=True)
class _Office:
    """Where a receipt belongs: the sender's area and department; department "" for the server itself."""

    name: str
    area_code: str
    department: str


def history(
    workspace: Workspace, viewer: Viewer, asked: Asked | None = None, *, limit: int = 50, offset: int = 0
) -> History:
    """What came in from the viewer's own area and from above it, newest first."""
    with workspace.store.read() as connection:
        offices = _offices(connection)
        senders = _senders(offices, viewer)
        found, total = rows.find(connection, senders, asked or Asked(), limit=limit, offset=offset)
        names = rows.senders_of(connection, senders)
    lines = tuple(_row(one, _office_of(offices, one.sent_by)) for one in found)
    return History(lines, total, {one: _office_of(offices, one).name or one for one in names})


def receipt_view(
    workspace: Workspace,
    viewer: Viewer,
    load_id: int,
    *,
    reason: str = "",
    limit: int = 200,
    offset: int = 0,
) -> ReceiptView:
    """One receipt; NotFound when there is none, or it belongs to another area."""
    found, office = _receipt(workspace, viewer, load_id)
    told = json.loads(found.receipt)
    sees_rows = viewer.covers(office.area_code or None)
    matching = [one for one in told["rejected"] if not reason or one["reason"] == reason]
    return ReceiptView(
        row=_row(found, office),
        profile=found.profile,
        sha256=found.sha256,
        seconds=float(told["seconds"]),
        data_version=found.data_version,
        file_reason=told["file_reason"],
        message=told["message"],
        notes=tuple(told["notes"]),
        reasons=tuple(Counter(one["reason"] for one in told["rejected"]).most_common()),
        refused=tuple(matching[offset : offset + limit]) if sees_rows else (),
        matching=len(matching),
        sees_rows=sees_rows,
        sees_file=_sees_file(viewer, office) and _reject_path(workspace, found).is_file(),
    )


def reject_file(workspace: Workspace, viewer: Viewer, load_id: int) -> Path:
    """The table of refused rows with their source, to be mended and sent again.

    Forbidden to any other department than the sender's; NotFound when nothing was refused.
    """
    found, office = _receipt(workspace, viewer, load_id)
    if not _sees_file(viewer, office):
        raise Forbidden("拒收表只给送件的部门。请向送件人索取。")
    path = _reject_path(workspace, found)
    if not path.is_file():
        raise NotFound("这份回执没有拒收表。")
    return path


def receipt_number(workspace: Workspace, receipt: Receipt, *, sent_by: str, arrived_at: datetime) -> int:
    """The number under which a receipt was kept; NotFound when it was not."""
    with workspace.store.read() as connection:
        found = rows.newest_of(
            connection,
            sha256=receipt.sha256,
            file=receipt.file[-255:],
            sent_by=sent_by,
            arrived_at=arrived_at,
        )
    if found is None:
        raise NotFound("回执不见了，请在列表中查找。")
    return found


def _receipt(workspace: Workspace, viewer: Viewer, load_id: int) -> tuple[Any, _Office]:
    with workspace.store.read() as connection:
        offices = _offices(connection)
        found = rows.get(connection, load_id)
    office = _office_of(offices, found.sent_by) if found is not None else None
    if found is None or office is None or not _knows(viewer, office):
        raise NotFound(f"没有回执 {load_id}，或它不属于您的辖区。")
    return found, office


def _knows(viewer: Viewer, office: _Office) -> bool:
    """Whether the viewer's area and the sender's lie one within the other."""
    if not office.area_code:
        return viewer.covers(None)
    return viewer.covers(office.area_code) or viewer.area_code.startswith(office.area_code)


def _sees_file(viewer: Viewer, office: _Office) -> bool:
    if not viewer.covers(office.area_code or None):
        return False
    if not office.department:
        return viewer.leads
    return viewer.department == office.department or viewer.role == "admin"


def _offices(connection: Connection) -> dict[str, _Office]:
    """Every account, and under "" the server itself, which belongs to the county of the known areas."""
    codes = [str(one) for one in rows.area_codes(connection)]
    home = _shared([one for one in codes if len(one) > COUNTY_DIGITS] or codes)[:COUNTY_DIGITS]
    known = {
        str(one.username): _Office(one.display_name, one.area_code, one.department)
        for one in rows.accounts(connection)
    }
    return {"": _Office("", home, ""), **known}


def _shared(codes: Sequence[str]) -> str:
    """The digits that all codes begin with."""
    first, last = min(codes, default=""), max(codes, default="")
    return first[: next((at for at, digit in enumerate(first) if last[at : at + 1] != digit), len(first))]


def _office_of(offices: Mapping[str, _Office], sender: str) -> _Office:
    return offices.get(sender, offices[""])


def _senders(offices: Mapping[str, _Office], viewer: Viewer) -> rows.Senders:
    visible = [name for name, office in offices.items() if _knows(viewer, office)]
    return rows.Senders([one for one in visible if one], [one for one in offices if one], "" in visible)


def _row(found: Any, office: _Office) -> ReceiptRow:
    return ReceiptRow(
        load_id=int(found.load_id),
        file=found.file,
        feed=found.feed,
        feed_zh=feed_title(found.feed),
        outcome=found.outcome,
        rows=int(found.rows),
        accepted=int(found.accepted),
        duplicates=int(found.duplicates),
        rejected=int(found.rejected),
        sent_by=found.sent_by,
        sender=office.name or found.sent_by,
        department=office.department,
        arrived_at=found.arrived_at,
    )


def _reject_path(workspace: Workspace, found: Any) -> Path:
    """Where the act of taking in wrote the refused rows of a file."""
    name = f"{found.arrived_at:%Y%m%d-%H%M%S}-{found.sha256[:8]}-rejects.csv"
    return workspace.settings.raw_dir / name
