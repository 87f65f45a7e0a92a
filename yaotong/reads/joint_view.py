"""One joint case as one department may see it: alerts, units, tasks, visits, papers, letters, history.

A department whose TOML lets it see no shop reads nothing that others wrote: free words name people and shops.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.cases.decide import may
from yaotong.cases.papers import MAX_PAPERS, MEDIA
from yaotong.cases.states import CASE_MOVES, CaseAct, CaseMove, Standing
from yaotong.cases.visits import Counted
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.departments import departments
from yaotong.errors import NotFound
from yaotong.reads.alerts import AlertRow, Names, rows_among
from yaotong.reads.joint import CaseRow, Warned, case_row, part_in, sees_shops, under_inspection
from yaotong.reads.sight import Sight, sight_of
from yaotong.store import Connection, joint, joint_work, paperfiles, registry
from yaotong.store.schema import drug
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MAX_DRUGS = 400


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task. `mine`: the viewer may say that it is done."""

    task_id: int
    kind: str
    what: str
    department: str
    due: date
    overdue: bool
    done_at: datetime | None
    done_text: str
    mine: bool


@dataclass(frozen=True, slots=True)
class PaperRow:
    """One evidence file."""

    paper_id: int
    name: str
    kind: str
    size: int
    sha256: str
    department: str
    sent_at: datetime
    visit_id: int | None


@dataclass(frozen=True, slots=True)
class VisitRow:
    """One filled form, with its photos."""

    visit_id: int
    license_no: str
    shop: str
    department: str
    visited_at: datetime
    arrived_at: datetime
    text: str
    stock: tuple[Counted, ...]
    lon: float | None
    lat: float | None
    accuracy_m: float | None
    photos: tuple[PaperRow, ...]


@dataclass(frozen=True, slots=True)
class LetterRow:
    """One letter; `receivable`: the viewer may record its receipt."""

    letter_id: int
    number: str
    department: str
    addressee: str
    issued_at: datetime
    docx_sha256: str
    has_pdf: bool
    receipt_due: datetime
    overdue: bool
    receipt_no: str
    receipt_on: date | None
    receipt_from: str
    receivable: bool


@dataclass(frozen=True, slots=True)
class CaseEvent:
    """One row of the history; `hidden`: there are words that the viewer may not read."""

    at: datetime
    actor: str
    department: str
    act: str
    from_state: str
    to_state: str
    reason: str
    text: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a case's page shows. `unit` is whether the viewer's department takes part."""

    row: CaseRow
    part: str
    unit: bool
    sees: bool
    alerts: tuple[AlertRow, ...]
    tasks: tuple[TaskRow, ...]
    visits: tuple[VisitRow, ...]
    papers: tuple[PaperRow, ...]
    room: int
    letters: tuple[LetterRow, ...]
    events: tuple[CaseEvent, ...]
    moves: tuple[CaseMove, ...]
    invitable: tuple[str, ...]
    warned: tuple[Warned, ...]

    def move(self, act: str) -> CaseMove | None:
        """The move of an act, if it may be made now."""
        return next((one for one in self.moves if one.act == act), None)


def case_view(workspace: Workspace, viewer: Viewer, case_no: str, *, now: datetime) -> CaseView:
    """The case for a viewer; NotFound when the viewer's department has no part in it."""
    with workspace.store.read() as connection:
        one, units, ids, part = _found(connection, viewer, case_no)
        names, case = Names.read(connection), joint.as_case(connection, one)
        tasks, letters = joint_work.tasks(connection, case_no), joint_work.letters(connection, case_no)
        papers = joint_work.papers(connection, case_no)
        visits, events = joint_work.visits(connection, case_no), joint.events(connection, case_no)
    sight, mine = sight_of(viewer.department, part), case.unit(viewer.department)
    sees, unit = sees_shops(sight), mine is not None and mine.standing is not Standing.DECLINED
    row = case_row(one, units, len(ids), (tasks, letters), names, viewer, part, now)
    shown = [each for each in papers if sees or each.department == viewer.department]
    lead = mine is not None and mine.part == "lead"
    return CaseView(
        row=row,
        part=part,
        unit=unit,
        sees=sees,
        alerts=rows_among(workspace, viewer, ids, now=now),
        tasks=tuple(_task(each, viewer, lead, sees, now) for each in tasks),
        visits=tuple(
            _visit(each, names, shown) for each in visits if sees or each.department == viewer.department
        ),
        papers=tuple(_paper(each) for each in shown),
        room=MAX_PAPERS - len(papers),
        letters=tuple(_letter(each, viewer, now) for each in letters) if sees else (),
        events=tuple(_event(each, viewer, sight) for each in events),
        moves=tuple(move for move in CASE_MOVES if may(case, move, viewer)),
        invitable=tuple(each for each in departments() if each not in {u.department for u in case.active}),
        warned=under_inspection(workspace, viewer, [shop for shop, _ in row.shops], but=case_no, now=now),
    )


def paper_file(workspace: Workspace, viewer: Viewer, case_no: str, paper_id: int) -> tuple[str, str, bytes]:
    """Name, media type and content of an evidence file; NotFound for whoever may not see it."""
    with workspace.store.read() as connection:
        *_, part = _found(connection, viewer, case_no)
        found = next(
            (one for one in joint_work.papers(connection, case_no) if one.paper_id == paper_id), None
        )
    sees = sees_shops(sight_of(viewer.department, part))
    if found is None or not (sees or found.department == viewer.department):
        raise NotFound(f"案件 {case_no} 没有材料 {paper_id}。")
    content = paperfiles.read(workspace.settings.papers_dir, found.sha256)
    return found.name, MEDIA[found.kind], content


def letter_file(
    workspace: Workspace, viewer: Viewer, case_no: str, letter_id: int, kind: str
) -> tuple[str, str, bytes]:
    """Name, media type and content of a letter as docx or pdf; NotFound for whoever may not see it."""
    with workspace.store.read() as connection:
        *_, part = _found(connection, viewer, case_no)
        rows = joint_work.letters(connection, case_no)
    found = next((one for one in rows if one.letter_id == letter_id), None)
    sha = None if found is None else {"docx": found.docx_sha256, "pdf": found.pdf_sha256}.get(kind)
    if found is None or sha is None or not sees_shops(sight_of(viewer.department, part)):
        raise NotFound(f"案件 {case_no} 没有这份移送函。")
    return f"{found.number}.{kind}", MEDIA[kind], paperfiles.read(workspace.settings.papers_dir, sha)


def special_drugs(workspace: Workspace) -> tuple[str, ...]:
    """Names of special drugs, for whoever counts them."""
    with workspace.store.read() as connection:
        known = registry.read(connection, drug)
    special = known["categories"].map(lambda text: any(f"|{one}|" in str(text) for one in SPECIAL_CATEGORIES))
    return tuple(sorted(set(known.loc[special.astype(bool), "drug_name"].dropna()))[:MAX_DRUGS])


def cases_of_alert(workspace: Workspace, viewer: Viewer, alert_id: str) -> tuple[tuple[str, str], ...]:
    """Number and state of the cases that an alert is part of, for whose department has a part in them."""
    with workspace.store.read() as connection:
        return tuple(
            (one.case_no, one.state)
            for one in joint.cases_of_alert(connection, alert_id)
            if viewer.covers(one.area_code) and joint.seen_by(connection, one.case_no, viewer.department)
        )


def _found(connection: Connection, viewer: Viewer, case_no: str) -> tuple[Any, list[Any], list[str], str]:
    """The stored case, its units and alerts, and the viewer's part."""
    one = joint.get(connection, case_no)
    if one is not None and viewer.covers(one.area_code):
        units, ids = joint.units_of(connection, case_no), joint.alert_ids_of(connection, case_no)
        part = part_in(units, ids, joint.led_alerts(connection, viewer.department), viewer)
        if part:
            return one, units, ids, part
    raise NotFound(f"没有案件 {case_no}，或本部门没有参加。")


def _task(one: Any, viewer: Viewer, lead: bool, sees: bool, now: datetime) -> TaskRow:
    own = one.department == viewer.department
    return TaskRow(
        task_id=one.task_id,
        kind=one.kind,
        what=one.what if sees or own else "",
        department=one.department,
        due=one.due,
        overdue=one.done_at is None and one.due < now.date(),
        done_at=one.done_at,
        done_text=(one.done_text or "") if sees or own else "",
        mine=one.done_at is None and (own or lead),
    )


def _paper(one: Any) -> PaperRow:
    return PaperRow(
        one.paper_id, one.name, one.kind, one.bytes, one.sha256, one.department, one.sent_at, one.visit_id
    )


def _visit(one: Any, names: Names, papers: Sequence[Any]) -> VisitRow:
    return VisitRow(
        visit_id=one.visit_id,
        license_no=one.license_no,
        shop=names.shops.get(one.license_no, one.license_no),
        department=one.department,
        visited_at=one.visited_at,
        arrived_at=one.arrived_at,
        text=one.text,
        stock=tuple(Counted(**each) for each in json.loads(one.stock)),
        lon=one.lon,
        lat=one.lat,
        accuracy_m=one.accuracy_m,
        photos=tuple(_paper(each) for each in papers if each.visit_id == one.visit_id),
    )


def _letter(one: Any, viewer: Viewer, now: datetime) -> LetterRow:
    waits = one.receipt_at is None
    return LetterRow(
        letter_id=one.letter_id,
        number=one.number,
        department=one.department,
        addressee=one.addressee,
        issued_at=one.issued_at,
        docx_sha256=one.docx_sha256,
        has_pdf=one.pdf_sha256 is not None,
        receipt_due=one.receipt_due,
        overdue=waits and one.receipt_due < now,
        receipt_no=one.receipt_no or "",
        receipt_on=one.receipt_on,
        receipt_from=one.receipt_from or "",
        receivable=waits and viewer.department in (one.department, one.addressee),
    )


def _event(one: Any, viewer: Viewer, sight: Sight) -> CaseEvent:
    read = sees_shops(sight) or one.department == viewer.department
    told = one.act in (CaseAct.ENTER, CaseAct.INVITE)
    return CaseEvent(
        at=one.at,
        actor=one.display_name or one.actor,
        department=one.department,
        act=one.act,
        from_state=one.from_state,
        to_state=one.to_state,
        reason=one.reason if read or told else "",
        text=one.text if read else "",
        hidden=not read and bool(one.text),
    )
