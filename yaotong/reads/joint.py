"""Joint cases as a department may see them: the list, what waits for it, shops already under inspection."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from yaotong.cases.states import LIVE, CaseState, Standing
from yaotong.reads.alerts import Names
from yaotong.reads.sight import Sight, sight_of
from yaotong.store import joint, joint_work
from yaotong.store.shoplines import inspections_of
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LATELY_DAYS = 30
_LIVE = {str(one) for one in LIVE}


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One department's part in a case. `outcome` is a code of its own list, or None."""

    department: str
    part: str
    standing: str
    answered_at: datetime | None
    outcome: str | None
    outcome_text: str
    outcome_at: datetime | None
    outcome_fen: int | None = None


@dataclass(frozen=True, slots=True)
class CaseRow:
    """One case as a line. `awaits` is what the viewer's department owes: agree, enter, tasks, or ""."""

    case_no: str
    state: str
    revision: int
    area_name: str
    opened_at: datetime
    closed_at: datetime | None
    units: tuple[UnitRow, ...]
    alerts: int
    shops: tuple[tuple[str, str], ...]
    overdue_tasks: int
    overdue_receipts: int
    awaits: str

    @property
    def live(self) -> bool:
        """Whether the case goes on."""
        return self.state in _LIVE

    @property
    def lead(self) -> str:
        """The department that leads."""
        return next(one.department for one in self.units if one.part == "lead")


@dataclass(frozen=True, slots=True)
class Warned:
    """A shop that somebody inspects already, or inspected lately.

    `case_no` is "" where the viewer has no part in it; `outcome` is a case's state or an inspection's
    outcome; `department` is "" where it is not told.
    """

    license_no: str
    name: str
    kind: str  # case | inspection
    case_no: str
    outcome: str
    department: str
    on: date


def cases_for(workspace: Workspace, viewer: Viewer, *, now: datetime) -> tuple[CaseRow, ...]:
    """The cases that the viewer's department has a part in, in the viewer's area; those that go on first."""
    with workspace.store.read() as connection:
        known, names = joint.every(connection), Names.read(connection)
        units, chosen = joint.all_units(connection), joint.all_alerts(connection)
        tasks, letters = _by_case(joint_work.tasks(connection)), _by_case(joint_work.letters(connection))
        leads = joint.led_alerts(connection, viewer.department)
    rows = []
    for one in known:
        mine, ids = units.get(one.case_no, []), chosen.get(one.case_no, [])
        part = part_in(mine, ids, leads, viewer)
        if part and viewer.covers(one.area_code):
            work = (tasks.get(one.case_no, []), letters.get(one.case_no, []))
            rows.append(case_row(one, mine, len(ids), work, names, viewer, part, now))
    return tuple(sorted(rows, key=lambda row: not row.live))


def alerts_in_cases(workspace: Workspace) -> frozenset[str]:
    """The alerts that are part of a case that goes on: no other case takes them."""
    with workspace.store.read() as connection:
        chosen = joint.all_alerts(connection)
        return frozenset(one for case in joint.live(connection) for one in chosen.get(case.case_no, []))


def part_in(units: Sequence[Any], alert_ids: Collection[str], leads: Collection[str], viewer: Viewer) -> str:
    """The viewer's part: its unit's, "lead" for the lead of one of the alerts, "" for none."""
    for one in units:
        if one.department == viewer.department and one.standing != str(Standing.DECLINED):
            return str(one.part)
    return "lead" if set(alert_ids) & set(leads) else ""


def case_row(
    one: Any,
    units: Sequence[Any],
    alert_count: int,
    work: tuple[Sequence[Any], Sequence[Any]],
    names: Names,
    viewer: Viewer,
    part: str,
    now: datetime,
) -> CaseRow:
    """A stored case as a line for a viewer; `work` is its tasks and its letters."""
    sight, (tasks, letters) = sight_of(viewer.department, part), work
    overdue = [task for task in tasks if task.done_at is None and task.due < now.date()]
    unanswered = [each for each in letters if each.receipt_at is None and each.receipt_due < now]
    return CaseRow(
        case_no=one.case_no,
        state=one.state,
        revision=one.revision,
        area_name=names.areas.get(one.area_code or "", ""),
        opened_at=one.opened_at,
        closed_at=one.closed_at,
        units=tuple(_unit(each, viewer, sight) for each in units),
        alerts=alert_count,
        shops=shops_of(one, names, sight),
        overdue_tasks=len(overdue),
        overdue_receipts=len(unanswered) if sees_shops(sight) else 0,
        awaits=_awaits(one, units, tasks, viewer),
    )


def shops_of(one: Any, names: Names, sight: Sight) -> tuple[tuple[str, str], ...]:
    """Licence numbers and names of a case's shops, for who may see which they are."""
    if not sees_shops(sight):
        return ()
    return tuple((shop, names.shops.get(shop, shop)) for shop in json.loads(one.pharmacy_ids))


def sees_shops(sight: Sight) -> bool:
    """Whether a department may know which shops a case is about, and read what others wrote of them."""
    return "pharmacy" in sight.fields


def under_inspection(
    workspace: Workspace, viewer: Viewer, license_nos: Sequence[str], *, but: str = "", now: datetime
) -> tuple[Warned, ...]:
    """Who inspects these shops already: other living cases, and inspections of the last days.

    `but` is the case that asks. The viewer must be one who may see the shops.
    """
    wanted = set(license_nos)
    if not wanted:
        return ()
    with workspace.store.read() as connection:
        names, live = Names.read(connection), joint.live(connection)
        units, chosen = joint.all_units(connection), joint.all_alerts(connection)
        leads = joint.led_alerts(connection, viewer.department)
    found = []
    for one in live:
        mine, ids = units.get(one.case_no, []), chosen.get(one.case_no, [])
        known = bool(part_in(mine, ids, leads, viewer)) and viewer.covers(one.area_code)
        lead = next(each.department for each in mine if each.part == "lead")
        for shop in sorted(wanted & set(json.loads(one.pharmacy_ids))):
            if one.case_no != but:
                number = one.case_no if known else ""
                told = (number, one.state, lead, one.opened_at.date())
                found.append(Warned(shop, names.shops.get(shop, shop), "case", *told))
    return (*found, *_inspected(workspace, sorted(wanted), names.shops, now))


def _inspected(
    workspace: Workspace, shops: Sequence[str], names: Mapping[str, str], now: datetime
) -> list[Warned]:
    since = now - timedelta(days=LATELY_DAYS)
    frame = inspections_of(workspace.store, shops, since, now)
    frame = frame.sort_values(["inspected_at", "pharmacy_id"], ascending=[False, True])
    return [
        Warned(
            one["pharmacy_id"],
            names.get(one["pharmacy_id"], one["pharmacy_id"]),
            "inspection",
            "",
            one["outcome"],
            "",
            one["inspected_at"].date(),
        )
        for one in frame.to_dict("records")
    ]


def _unit(one: Any, viewer: Viewer, sight: Sight) -> UnitRow:
    read = one.department == viewer.department or sees_shops(sight)
    return UnitRow(
        department=one.department,
        part=one.part,
        standing=one.standing,
        answered_at=one.answered_at,
        outcome=one.outcome,
        outcome_text=(one.outcome_text or "") if read else "",
        outcome_at=one.outcome_at,
        outcome_fen=one.outcome_fen if read else None,
    )


def _awaits(one: Any, units: Sequence[Any], tasks: Sequence[Any], viewer: Viewer) -> str:
    mine = next((each for each in units if each.department == viewer.department), None)
    if mine is None or one.state not in _LIVE:
        return ""
    if mine.standing == str(Standing.PENDING):
        return "agree"
    if one.state == str(CaseState.OUTCOMES) and not mine.outcome:
        return "enter"
    open_tasks = (task for task in tasks if task.department == viewer.department and task.done_at is None)
    return "tasks" if any(open_tasks) else ""


def _by_case(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for one in rows:
        found.setdefault(one.case_no, []).append(one)
    return found
