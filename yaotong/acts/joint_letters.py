"""Transfers to the police: a numbered letter, issued once and kept as it was, and the receipt for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.acts.joint_core import Moving, begin, check_sight, clean, finish
from yaotong.cases.letter import RECEIPT_DAYS, AlertFact, Letter, PaperFact, VisitFact, letter_number
from yaotong.cases.letter_docx import as_docx
from yaotong.cases.letter_pdf import as_pdf, find_font
from yaotong.cases.model import CaseSaid
from yaotong.cases.states import CaseAct
from yaotong.departments import departments
from yaotong.errors import Conflict, NotFound, UsageError
from yaotong.reads.alerts import AlertRow, Names, rows_among
from yaotong.rules.book import book
from yaotong.store import joint, joint_work, paperfiles
from yaotong.viewer import Viewer
from yaotong.workdays import add_workdays
from yaotong.workspace import Workspace

POLICE = "psb"
MAX_RECEIPT_CHARS = 60
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Receipt:
    """What came back: the police's own number, the day, and who received the case there."""

    no: str
    on: date
    giver: str


def issue_letter(workspace: Workspace, case_no: str, *, actor: Viewer, text: str, now: datetime) -> int:
    """Issue a transfer to the police with all the case knows by now; the letter's number among all.

    UsageError when the police themselves ask; else as `joint.move_case`.
    """
    if actor.department == POLICE:
        raise UsageError("公安局是受案机关，不向自己移送。")
    if POLICE not in departments():
        raise UsageError("没有公安部门，不能移送。请先建立 departments/psb.toml。")
    for left in range(_TRIES - 1, -1, -1):
        try:
            return _issue(workspace, case_no, actor, CaseSaid(text=text), now)
        except Conflict:
            if not left:
                raise
    raise AssertionError("the last try returns or raises")


def _issue(workspace: Workspace, case_no: str, actor: Viewer, said: CaseSaid, now: datetime) -> int:
    """Written outside of the transaction, for that takes seconds; Conflict when the case moved meanwhile."""
    with workspace.store.read() as connection:
        mine = joint.alert_ids_of(connection, case_no)
    rows = rows_among(workspace, actor, mine, now=now)
    with workspace.store.read() as connection:
        moving = begin(connection, case_no, CaseAct.LETTER, actor=actor, said=said, now=now)
        check_sight(moving)
        letter, kept = _letter(moving, rows)
    folder, font = workspace.settings.papers_dir, find_font(workspace.settings.home)
    printed = as_pdf(letter, font)
    kept["docx_sha256"] = paperfiles.keep(folder, as_docx(letter))
    kept["pdf_sha256"] = None if printed is None else paperfiles.keep(folder, printed)
    seen = moving.case.revision
    with workspace.store.write() as connection:
        moving = begin(connection, case_no, CaseAct.LETTER, actor=actor, said=said, now=now, if_match=seen)
        if kept["serial"] != joint_work.next_letter(connection, actor.department, kept["county"], now.year):
            raise Conflict("这个文号刚刚被另一份移送函用去。请重试。")
        number = joint_work.add_letter(connection, kept)
        finish(moving, reason=letter.number)
    return number


def note_receipt(
    workspace: Workspace, case_no: str, letter_id: int, receipt: Receipt, *, actor: Viewer, now: datetime
) -> None:
    """Record the receipt: by the department that sent the letter, or by the police."""
    no, giver = clean(receipt.no), clean(receipt.giver)
    if not no or not giver or max(len(no), len(giver)) > MAX_RECEIPT_CHARS:
        raise UsageError(f"请写明回执编号和收件人，各不超过 {MAX_RECEIPT_CHARS} 字。")
    said = CaseSaid(text=f"{no}，{giver}，{receipt.on}")
    with workspace.store.write() as connection:
        moving = begin(connection, case_no, CaseAct.RECEIPT, actor=actor, said=said, now=now)
        letter = next(
            (one for one in joint_work.letters(connection, case_no) if one.letter_id == letter_id), None
        )
        if letter is None or actor.department not in (letter.department, letter.addressee):
            raise NotFound(f"本案没有移送函 {letter_id}，或不由本部门登记。")
        if not letter.issued_at.date() <= receipt.on <= now.date():
            raise UsageError("回执的日子应在出函之日至今天之间。")
        joint_work.note_receipt(
            connection, letter_id, no=no, on=receipt.on, giver=giver, by=actor.username, at=now
        )
        finish(moving, reason=letter.number)


def _letter(moving: Moving, rows: Sequence[AlertRow]) -> tuple[Letter, dict[str, Any]]:
    """The letter, and the row that remembers it but for its file."""
    row, actor, now = moving.row, moving.actor, moving.now
    serial = joint_work.next_letter(moving.connection, actor.department, row.county, now.year)
    known = departments()
    number = letter_number(known[actor.department].short_zh, row.county, now.year, serial)
    names, due = Names.read(moving.connection), add_workdays(now, RECEIPT_DAYS)
    shops = [names.shops.get(one, one) for one in json.loads(row.pharmacy_ids)]
    letter = Letter(
        number=number,
        case_no=moving.case_no,
        sender=known[actor.department],
        addressee=known[POLICE],
        text=clean(moving.said.text),
        shops=tuple(shops),
        alerts=tuple(_alert(one) for one in rows),
        visits=tuple(_visit(one, names) for one in joint_work.visits(moving.connection, moving.case_no)),
        papers=tuple(
            PaperFact(one.name, one.kind, one.bytes, one.sha256)
            for one in joint_work.papers(moving.connection, moving.case_no)
        ),
        issued_at=now,
        issued_by=actor.display_name,
        receipt_due=due,
    )
    kept = {
        "case_no": moving.case_no,
        "number": number,
        "county": row.county,
        "year": now.year,
        "serial": serial,
        "department": actor.department,
        "addressee": POLICE,
        "issued_at": now,
        "issued_by": actor.username,
        "receipt_due": due,
    }
    return letter, kept


def _alert(row: AlertRow) -> AlertFact:
    basis = tuple(
        f"{one.title_zh}{one.article}{'〔待核〕' if one.verify else ''}" for one in book()[row.rule_id].basis
    )
    return AlertFact(
        alert_id=row.alert_id,
        rule=f"{row.rule_id} {row.rule_zh}",
        subject=row.subject,
        place=row.area_name,
        sentence=clean(row.sentence_zh),
        first_day=row.first_day,
        last_day=row.last_day,
        basis=basis,
    )


def _visit(row: Any, names: Names) -> VisitFact:
    known = departments()
    name = known[row.department].name_zh if row.department in known else row.department
    stock = tuple((one["drug"], one["counted"], one["booked"]) for one in json.loads(row.stock))
    return VisitFact(row.visited_at, names.shops.get(row.license_no, row.license_no), name, row.text, stock)
