"""信息有误: take a citizen's report, answer it, and correct the register by a file of one row.

A correction goes the way of every file: read strictly, compared, kept as a data version with a receipt. What
the source of the register goes on saying wrongly is not let back in, see `upholding`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from yaotong import intake
from yaotong.acts.intake import room_for_upload, take_in
from yaotong.acts.recording import note
from yaotong.acts.upholding import differences
from yaotong.corrections import State, check_answer, check_report, check_room
from yaotong.departments import departments, keeper_of
from yaotong.errors import Conflict, NotFound, UsageError
from yaotong.records import PHARMACIES, Receipt
from yaotong.store import corrections
from yaotong.store.publicly import public_write
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def file_report(
    workspace: Workspace, *, ticket: str, license_no: str, kind: str, said: str, now: datetime
) -> str:
    """Keep a report under a ticket; a ticket that is known stays as it was: a form sent twice is one report.

    UsageError for what cannot be kept, NotFound for a shop that is not in the register.
    """
    what, text = check_report(kind, said)
    with public_write(workspace.store) as connection:
        if corrections.shown(connection, ticket) is not None:
            return ticket
        if corrections.shop(connection, license_no) is None:
            raise NotFound("名录里没有这家药店。")
        check_room(*corrections.crowd(connection, license_no, now - timedelta(days=1)))
        shown = intake.mask_id_like(text)
        corrections.add(
            connection, ticket=ticket, license_no=license_no, kind=str(what), said=shown, filed_at=now
        )
    return ticket


def answer_report(
    workspace: Workspace,
    ticket: str,
    *,
    actor: Viewer,
    state: str,
    text: str,
    changes: Mapping[str, str],
    alike: bool = False,
    now: datetime,
) -> tuple[int, Receipt | None]:
    """Answer a report, with `alike` all open ones that say the same of the shop: how many, and the receipt.

    `changes`: what the register is to say from now on, by column, as a file would say it; "" for unknown.
    Errors: those of `check_answer`; NotFound outside the actor's area; Conflict when it was answered
    meanwhile; UsageError with the reason of intake when a value cannot be taken.
    """
    keeper = keeper_of("pharmacies", departments()).department_id
    said = check_answer(actor, keeper, state, text, changes)
    row, before = _asked(workspace, ticket, actor)
    receipt = _corrected(workspace, ticket, before, changes, actor, now) if changes else None
    with workspace.store.write() as connection:
        after = corrections.shop(connection, row.license_no) if receipt else None
        version = None if after is None else int(after["since_version"])
        tickets = corrections.open_alike(connection, row.license_no, row.kind) if alike else [ticket]
        count = corrections.answer(
            connection, tickets, state=state, text=said, by=actor.username, at=now, version=version
        )
        if not count:
            raise Conflict("这条反映刚刚已由别人答复。请刷新后再看。")
        changed: list[corrections.Held] = []
        if after is not None and version is not None:
            changed = differences(ticket, before, after)
            corrections.hold(connection, changed, version)
        note(
            connection, actor, "correction_answer", f"correction:{ticket}", now=now, why=state,
            reports=count, changed=sorted(one.name for one in changed),
        )  # fmt: skip
    return count, receipt


def _asked(workspace: Workspace, ticket: str, actor: Viewer) -> tuple[Any, Mapping[str, Any]]:
    with workspace.store.read() as connection:
        row = corrections.get(connection, ticket)
        if row is None or not actor.covers(row.area_code):
            raise NotFound(f"没有反映 {ticket}，或不在您的辖区内。")
        if row.state != State.OPEN:
            raise Conflict("这条反映已经答复过了。")
        shop = corrections.shop(connection, row.license_no)
    if shop is None:
        raise NotFound("名录里已没有这家药店。")
    return row, shop


def _corrected(
    workspace: Workspace,
    ticket: str,
    before: Mapping[str, Any],
    changes: Mapping[str, str],
    actor: Viewer,
    now: datetime,
) -> Receipt:
    with room_for_upload(workspace) as folder:
        path = Path(folder) / f"{ticket}.csv"
        write_row(path, {**as_told(before), **changes})
        receipt = take_in(
            workspace, path, feed="pharmacies", on_bad_rows="atomic", sent_by=actor.username,
            origin=actor.origin, now=now, checked=True,
        )  # fmt: skip
    if receipt.rejected:
        raise UsageError(f"名录没有改动：{receipt.rejected[0].column} {receipt.rejected[0].message}")
    if receipt.file_reason:
        raise UsageError(f"名录没有改动：{receipt.message}")
    if not receipt.accepted:
        raise UsageError("名录里已经是这样写的，没有可更正的。请选“核对无误”，或写明要改成什么。")
    return receipt


def write_row(path: Path, told: Mapping[str, str]) -> None:
    """A register of one row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, PHARMACIES.names)
        writer.writeheader()
        writer.writerow({name: told.get(name, "") for name in PHARMACIES.names})


def as_told(shop: Mapping[str, Any]) -> dict[str, str]:
    """A row of the register as its file would say it."""
    told = {name: _text(shop.get(name)) for name in PHARMACIES.names}
    told |= {"lon": _text(shop["source_lon"]), "lat": _text(shop["source_lat"])}
    return told | {name: told[name].strip("|") for name in ("scope", "services")}


def _text(value: Any) -> str:
    if value is None or (not isinstance(value, str) and pd.isna(value)):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    return repr(value) if isinstance(value, float) else str(value)
