"""Joint cases as rows: a move is an event row, an update is compare-and-set on the revision."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.cases.model import CaseNumber, JointCase, Unit
from yaotong.cases.states import LIVE, CaseAct, CaseState, Standing
from yaotong.errors import Conflict
from yaotong.store.joint_tables import joint_alert, joint_case, joint_event, joint_task, joint_unit
from yaotong.store.schema import account, alert

_LIVE = [str(one) for one in LIVE]


def next_number(connection: Connection, county: str, year: int) -> CaseNumber:
    """The number that a new case of a county gets in a year; writers queue, so it is given once."""
    newest = select(func.coalesce(func.max(joint_case.c.serial), 0)).where(
        joint_case.c.county == county, joint_case.c.year == year
    )
    return CaseNumber(county, year, int(connection.execute(newest).scalar_one()) + 1)


def add(
    connection: Connection,
    number: CaseNumber,
    units: Sequence[Unit],
    alert_ids: Sequence[str],
    *,
    area_code: str | None,
    pharmacy_ids: Collection[str],
    opened_by: str,
    at: datetime,
) -> None:
    """A new case, proposed, at revision 1."""
    connection.execute(
        insert(joint_case).values(
            case_no=str(number),
            county=number.area_code,
            year=number.year,
            serial=number.serial,
            area_code=area_code,
            state=str(CaseState.PROPOSED),
            revision=1,
            opened_at=at,
            opened_by=opened_by,
            pharmacy_ids=json.dumps(sorted(pharmacy_ids)),
        )
    )
    if alert_ids:
        rows = [{"case_no": str(number), "alert_id": one} for one in alert_ids]
        connection.execute(insert(joint_alert), rows)
    for unit in units:
        put_unit(connection, str(number), unit, {"answered_at": at, "answered_by": opened_by})


def put_unit(connection: Connection, case_no: str, unit: Unit, answered: Mapping[str, Any]) -> None:
    """Add a unit, or let the department's unit say anew what it says; a pending one has answered nothing."""
    told = {} if unit.standing is Standing.PENDING else dict(answered)
    values = {"part": unit.part, "standing": str(unit.standing), "outcome": unit.outcome, **told}
    mine = (joint_unit.c.case_no == case_no) & (joint_unit.c.department == unit.department)
    if connection.execute(update(joint_unit).where(mine).values(**values)).rowcount == 0:
        values |= {"case_no": case_no, "department": unit.department}
        connection.execute(insert(joint_unit).values(**values))


def set_outcome(
    connection: Connection,
    case_no: str,
    department: str,
    outcome: str,
    text: str,
    by: str,
    at: datetime,
    fen: int | None = None,
) -> None:
    """Enter a unit's own outcome, with the sum that came back where there is one."""
    connection.execute(
        update(joint_unit)
        .where(joint_unit.c.case_no == case_no, joint_unit.c.department == department)
        .values(outcome=outcome, outcome_text=text, outcome_by=by, outcome_at=at, outcome_fen=fen)
    )


def get(connection: Connection, case_no: str) -> Row[Any] | None:
    """One case's row, or None."""
    return connection.execute(select(joint_case).where(joint_case.c.case_no == case_no)).first()


def as_case(connection: Connection, row: Row[Any]) -> JointCase:
    """A row with its units, as moves are decided from."""
    units = tuple(
        Unit(one.department, one.part, Standing(one.standing), one.outcome)
        for one in units_of(connection, row.case_no)
    )
    open_ones = select(func.count()).where(
        joint_task.c.case_no == row.case_no, joint_task.c.kind == "rectify", joint_task.c.done_at.is_(None)
    )
    unfinished = int(connection.execute(open_ones).scalar_one())
    return JointCase(row.case_no, CaseState(row.state), row.revision, units, unfinished)


def change(connection: Connection, case_no: str, revision: int, columns: Mapping[str, Any]) -> int:
    """Set columns if the case still stands at `revision`; the new revision, or Conflict."""
    result = connection.execute(
        update(joint_case)
        .where(joint_case.c.case_no == case_no, joint_case.c.revision == revision)
        .values(revision=revision + 1, **columns)
    )
    if result.rowcount != 1:
        raise Conflict("这个案件刚刚被别人更新过。请刷新后再操作。")
    return revision + 1


def add_event(
    connection: Connection,
    case_no: str,
    *,
    at: datetime,
    actor: str,
    department: str,
    act: CaseAct,
    states: tuple[CaseState | None, CaseState],
    reason: str = "",
    text: str = "",
) -> None:
    """Append an event row."""
    newest = select(func.coalesce(func.max(joint_event.c.seq), 0)).where(joint_event.c.case_no == case_no)
    connection.execute(
        insert(joint_event).values(
            case_no=case_no,
            seq=int(connection.execute(newest).scalar_one()) + 1,
            at=at,
            actor=actor,
            department=department,
            act=str(act),
            from_state=str(states[0]) if states[0] else "",
            to_state=str(states[1]),
            reason=reason,
            text=text,
        )
    )


def events(connection: Connection, case_no: str) -> list[Row[Any]]:
    """The event rows with the actors' names, oldest first."""
    query = (
        select(joint_event, account.c.display_name)
        .outerjoin(account, account.c.username == joint_event.c.actor)
        .where(joint_event.c.case_no == case_no)
        .order_by(joint_event.c.seq)
    )
    return list(connection.execute(query))


def units_of(connection: Connection, case_no: str) -> list[Row[Any]]:
    """The units of a case, the lead first."""
    query = select(joint_unit).where(joint_unit.c.case_no == case_no)
    return list(connection.execute(query.order_by(joint_unit.c.part.desc(), joint_unit.c.department)))


def alert_ids_of(connection: Connection, case_no: str) -> list[str]:
    """The alerts of a case."""
    query = select(joint_alert.c.alert_id).where(joint_alert.c.case_no == case_no)
    return list(connection.execute(query.order_by(joint_alert.c.alert_id)).scalars())


def every(connection: Connection) -> list[Row[Any]]:
    """All cases, the newest first."""
    newest = (joint_case.c.opened_at.desc(), joint_case.c.case_no.desc())
    return list(connection.execute(select(joint_case).order_by(*newest)))


def seen_by(connection: Connection, case_no: str, department: str) -> bool:
    """Whether a department may know of a case: a unit that did not decline, or the lead of an alert in it."""
    unit = select(joint_unit.c.department).where(
        joint_unit.c.case_no == case_no,
        joint_unit.c.department == department,
        joint_unit.c.standing != str(Standing.DECLINED),
    )
    leads = (
        select(alert.c.alert_id)
        .join(joint_alert, joint_alert.c.alert_id == alert.c.alert_id)
        .where(joint_alert.c.case_no == case_no, alert.c.lead == department)
    )
    return any(connection.execute(one.limit(1)).first() is not None for one in (unit, leads))


def led_alerts(connection: Connection, department: str) -> set[str]:
    """The alerts in cases that a department leads."""
    query = (
        select(alert.c.alert_id)
        .join(joint_alert, joint_alert.c.alert_id == alert.c.alert_id)
        .where(alert.c.lead == department)
    )
    return set(connection.execute(query).scalars())


def all_units(connection: Connection) -> dict[str, list[Row[Any]]]:
    """The units of every case, by case."""
    return _by_case(connection.execute(select(joint_unit).order_by(joint_unit.c.part.desc())))


def all_alerts(connection: Connection) -> dict[str, list[str]]:
    """The alerts of every case, by case."""
    rows = _by_case(connection.execute(select(joint_alert).order_by(joint_alert.c.alert_id)))
    return {case_no: [one.alert_id for one in found] for case_no, found in rows.items()}


def live(connection: Connection) -> list[Row[Any]]:
    """The cases that are not over."""
    query = select(joint_case).where(joint_case.c.state.in_(_LIVE)).order_by(joint_case.c.case_no)
    return list(connection.execute(query))


def cases_of_alert(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """The cases that an alert is part of, the newest first."""
    query = (
        select(joint_case)
        .join(joint_alert, joint_alert.c.case_no == joint_case.c.case_no)
        .where(joint_alert.c.alert_id == alert_id)
        .order_by(joint_case.c.opened_at.desc())
    )
    return list(connection.execute(query))


def _by_case(rows: Any) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for one in rows:
        found.setdefault(one.case_no, []).append(one)
    return found
