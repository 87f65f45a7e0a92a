"""Joint cases: propose one from alerts, and move it. A move and its event row are one transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from yaotong.acts.joint_core import Moving, begin, clean, finish
from yaotong.acts.recording import note
from yaotong.alerts.route import office_of
from yaotong.alerts.states import Act, State
from yaotong.cases.decide import check_proposal
from yaotong.cases.model import CaseSaid, Unit
from yaotong.cases.states import LIVE, CaseAct, CaseState, Standing
from yaotong.departments import departments
from yaotong.errors import NotFound, UsageError
from yaotong.store import Connection, alerts, joint, joint_work
from yaotong.store.offices import read_offices
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

COUNTY_DIGITS = 6


def propose_case(
    workspace: Workspace,
    alert_ids: Sequence[str],
    others: Sequence[str],
    *,
    actor: Viewer,
    text: str,
    now: datetime,
) -> str:
    """Open a joint case from alerts with other departments; its number.

    Departments that were not told of an alert are told now, as assists. NotFound for an alert that the
    actor may not see; UsageError tells what else stands in the way.
    """
    chosen, known = list(dict.fromkeys(alert_ids)), departments()
    units = check_proposal(actor.department, others, chosen, list(known))
    if not text.strip():
        raise UsageError("请写明提请联合办案的缘由，不能为空。")
    with workspace.store.write() as connection:
        rows = [_free_alert(connection, one, actor) for one in chosen]
        if actor.department not in {row.lead for row in rows}:
            raise UsageError("至少要有一条由本部门主办的预警，才能由本部门牵头。")
        area = _common_area([row.area_code for row in rows])
        county = (area or actor.area_code)[:COUNTY_DIGITS]
        number = joint.next_number(connection, county, now.year)
        shops = {one for row in rows for one in json.loads(row.pharmacy_ids)}
        joint.add(
            connection, number, units, chosen,
            area_code=area, pharmacy_ids=shops, opened_by=actor.username, at=now,
        )  # fmt: skip
        joint.add_event(
            connection, str(number), at=now, actor=actor.username, department=actor.department,
            act=CaseAct.PROPOSE, states=(None, CaseState.PROPOSED), text=clean(text),
        )  # fmt: skip
        note(connection, actor, "case_move", f"case:{number}", now=now, why=str(CaseAct.PROPOSE))
        for row in rows:
            _join(connection, row, str(number), [one.department for one in units], actor, now)
    return str(number)


def move_case(
    workspace: Workspace,
    case_no: str,
    act: CaseAct,
    *,
    actor: Viewer,
    said: CaseSaid,
    if_match: int | None,
    now: datetime,
) -> int:
    """Make one move and return the new revision; visits, papers and letters have acts of their own.

    `if_match` is the revision the actor saw. Forbidden, IllegalMove and UsageError say why a move is
    refused; NotFound when the actor's department has no part in the case.
    """
    if act not in _WRITES:
        raise UsageError(f"“{act}”不是这样做的一步。")
    with workspace.store.write() as connection:
        moving = begin(connection, case_no, act, actor=actor, said=said, now=now, if_match=if_match)
        _WRITES[act](moving)
        return finish(moving, reason=said.outcome or said.department).revision


def finish_task(
    workspace: Workspace, case_no: str, task_id: int, *, actor: Viewer, text: str, now: datetime
) -> None:
    """Note that a task is done; only the department whose it is, or the lead, may."""
    said = CaseSaid(text=text)
    with workspace.store.write() as connection:
        moving = begin(connection, case_no, CaseAct.FINISH, actor=actor, said=said, now=now)
        task = joint_work.task(connection, case_no, task_id)
        unit = moving.case.unit(actor.department)
        lead = unit is not None and unit.part == "lead"
        if task is None or not (lead or task.department == actor.department):
            raise NotFound(f"没有任务 {task_id}，或不是本部门的。")
        joint_work.finish_task(connection, task_id, actor.username, clean(text), now)
        finish(moving, reason=str(task_id), text=text.strip() or task.what)


def _free_alert(connection: Connection, alert_id: str, actor: Viewer) -> Any:
    """An alert that may become part of a case: seen by the actor, open, and in no other case that lives."""
    row = alerts.get(connection, alert_id)
    told = {} if row is None else alerts.parts(connection, alert_id)
    if row is None or actor.department not in told or not actor.covers(row.area_code):
        raise NotFound(f"没有预警 {alert_id}，或没有派发给本部门。")
    if State(row.state) is State.CLOSED:
        raise UsageError(f"预警 {alert_id} 已销号，不能列入联合办案。")
    for case in joint.cases_of_alert(connection, alert_id):
        if case.state in set(LIVE):
            raise UsageError(f"预警 {alert_id} 已在案件 {case.case_no} 之中。")
    return row


def _common_area(areas: Sequence[str | None]) -> str | None:
    """The town that all share, else their county; None when no alert has a place."""
    known = {one for one in areas if one}
    if len(known) == 1 and None not in areas:
        return next(iter(known))
    counties = {one[:COUNTY_DIGITS] for one in known}
    if len(counties) > 1:
        raise UsageError(f"这些预警分属 {'、'.join(sorted(counties))}，不能并成一个案件。")
    return next(iter(counties), None)


def _join(
    connection: Connection, row: Any, case_no: str, units: Sequence[str], actor: Viewer, now: datetime
) -> None:
    """Tell the units of an alert that it is part of the case; who did not know of it becomes an assist."""
    told, known, state = alerts.parts(connection, row.alert_id), departments(), State(row.state)
    alerts.change(connection, row.alert_id, row.revision, {}, at=now)
    seq = alerts.add_event(
        connection, row.alert_id, at=now, actor=actor.username, department=actor.department,
        act=Act.JOIN, sources=(state, state), reason=case_no, origin=actor.origin,
    )  # fmt: skip
    for department in units:
        if department not in told:
            office = office_of(department, row.area_code, read_offices(connection))
            alerts.dispatch_to(connection, row.alert_id, department, "assist", office, now)
        if department != actor.department:
            alerts.queue(connection, row.alert_id, seq, department, known[department].channels, now)


def _answer(moving: Moving) -> None:
    standing = Standing.AGREED if moving.move.act is CaseAct.AGREE else Standing.DECLINED
    unit = Unit(moving.actor.department, "assist", standing)
    answered = {"answered_at": moving.now, "answered_by": moving.actor.username}
    joint.put_unit(moving.connection, moving.case_no, unit, answered)


def _invite(moving: Moving) -> None:
    asked = moving.said.department
    joint.put_unit(moving.connection, moving.case_no, Unit(asked, "assist"), {})
    for alert_id in joint.alert_ids_of(moving.connection, moving.case_no):
        row = alerts.get(moving.connection, alert_id)
        _join(moving.connection, row, moving.case_no, [asked], moving.actor, moving.now)


def _task(moving: Moving) -> None:
    """A task is one's own department's unless said otherwise; only the lead gives tasks to others."""
    mine, said = moving.actor.department, moving.said
    unit = moving.case.unit(mine)
    whose = said.department or mine
    if whose != mine and (unit is None or unit.part != "lead"):
        raise UsageError("只有牵头单位可以给别的部门布置任务。")
    if whose not in {one.department for one in moving.case.active}:
        raise UsageError("这个部门不是本案的办案单位。")
    _add_task(moving, "task", whose)


def _order(moving: Moving) -> None:
    _add_task(moving, "rectify", moving.actor.department)


def _add_task(moving: Moving, kind: str, department: str) -> None:
    joint_work.add_task(
        moving.connection,
        {
            "case_no": moving.case_no,
            "kind": kind,
            "what": clean(moving.said.text),
            "department": department,
            "due": moving.said.due,
            "written_at": moving.now,
            "written_by": moving.actor.username,
        },
    )


def _enter(moving: Moving) -> None:
    joint.set_outcome(
        moving.connection,
        moving.case_no,
        moving.actor.department,
        moving.said.outcome,
        clean(moving.said.text),
        moving.actor.username,
        moving.now,
        moving.said.fen,
    )


def _nothing(_: Moving) -> None:
    return None


_WRITES = {
    CaseAct.AGREE: _answer,
    CaseAct.DECLINE: _answer,
    CaseAct.INVITE: _invite,
    CaseAct.TASK: _task,
    CaseAct.ORDER: _order,
    CaseAct.ENTER: _enter,
    CaseAct.CONCLUDE: _nothing,
    CaseAct.CLOSE: _nothing,
    CaseAct.WITHDRAW: _nothing,
    CaseAct.NOTE: _nothing,
}
