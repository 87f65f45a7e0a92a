"""Queries of reports: alerts as known at a moment with what had happened to them, letters, the export log."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from yaotong.store import past
from yaotong.store.joint_tables import joint_case, joint_letter, joint_unit, joint_visit
from yaotong.store.report_tables import report_export
from yaotong.store.rule_tables import rule_version_event
from yaotong.store.schema import account, alert_event, dispatch

_FILED = "filed"


def known_alerts(connection: Connection, wanted: Collection[str], moment: datetime) -> list[Row[Any]]:
    """The wanted alerts as known at a moment, by their ids."""
    rows = connection.execute(past.known_at(moment)).fetchall()
    return sorted((row for row in rows if row.alert_id in wanted), key=lambda row: str(row.alert_id))


def steps(connection: Connection, department: str, moment: datetime) -> list[Row[Any]]:
    """The events up to a moment of all alerts a department was told of, each alert's oldest first."""
    query = _told(select(alert_event), alert_event.c.alert_id, department)
    query = query.where(alert_event.c.at <= moment).order_by(alert_event.c.alert_id, alert_event.c.seq)
    return list(connection.execute(query).fetchall())


def parts(connection: Connection, department: str, moment: datetime) -> list[Row[Any]]:
    """Whom those alerts had been sent to by a moment."""
    query = _told(select(dispatch), dispatch.c.alert_id, department)
    query = query.where(dispatch.c.sent_at <= moment)
    return list(connection.execute(query.order_by(dispatch.c.alert_id, dispatch.c.department)).fetchall())


def letters(connection: Connection, department: str, moment: datetime) -> list[Row[Any]]:
    """A department's transfers up to a moment, with the case's area and what the addressee decided."""
    theirs = (joint_unit.c.case_no == joint_letter.c.case_no) & (
        joint_unit.c.department == joint_letter.c.addressee
    )
    query = (
        select(joint_letter, joint_case.c.area_code, joint_unit.c.outcome, joint_unit.c.outcome_at)
        .join(joint_case, joint_case.c.case_no == joint_letter.c.case_no)
        .outerjoin(joint_unit, theirs)
        .where(joint_letter.c.department == department, joint_letter.c.issued_at <= moment)
        .order_by(joint_letter.c.letter_id)
    )
    return list(connection.execute(query).fetchall())


def filed_by(row: Row[Any], moment: datetime) -> bool | None:
    """Whether the addressee of a letter had filed the case by a moment; None while it has not said."""
    if row.outcome is None or row.outcome_at is None or row.outcome_at > moment:
        return None
    return str(row.outcome) == _FILED


def visits(connection: Connection, department: str, since: datetime, until: datetime) -> list[Row[Any]]:
    """Inspections on the spot in a span, of the joint cases that a department is in, with the case's area."""
    mine = select(joint_unit.c.case_no).where(joint_unit.c.department == department)
    query = (
        select(joint_visit, joint_case.c.area_code)
        .join(joint_case, joint_case.c.case_no == joint_visit.c.case_no)
        .where(
            joint_visit.c.visited_at >= since,
            joint_visit.c.visited_at < until,
            joint_visit.c.case_no.in_(mine),
        )
        .order_by(joint_visit.c.visit_id)
    )
    return list(connection.execute(query).fetchall())


def live_cases(connection: Connection, department: str, moment: datetime) -> list[Row[Any]]:
    """The joint cases a department is in that were open at a moment."""
    mine = select(joint_unit.c.case_no).where(joint_unit.c.department == department)
    query = select(joint_case).where(
        joint_case.c.case_no.in_(mine),
        joint_case.c.opened_at <= moment,
        joint_case.c.closed_at.is_(None) | (joint_case.c.closed_at > moment),
        joint_case.c.state != "withdrawn",
    )
    return list(connection.execute(query.order_by(joint_case.c.case_no)).fetchall())


def sums(connection: Connection, department: str, since: datetime, until: datetime) -> list[Any]:
    """Sums of money entered in a span as outcomes of the joint cases that a department is in."""
    mine = select(joint_unit.c.case_no).where(joint_unit.c.department == department)
    query = (
        select(
            joint_unit.c.outcome, joint_unit.c.outcome_fen, joint_unit.c.outcome_at, joint_case.c.area_code
        )
        .join(joint_case, joint_case.c.case_no == joint_unit.c.case_no)
        .where(
            joint_unit.c.outcome_fen.is_not(None),
            joint_unit.c.outcome_at >= since,
            joint_unit.c.outcome_at <= until,
            joint_unit.c.case_no.in_(mine),
        )
        .order_by(joint_unit.c.case_no, joint_unit.c.department)
    )
    return list(connection.execute(query))


def rule_changes(connection: Connection, since: datetime, until: datetime) -> list[Row[Any]]:
    """What went live or was taken down in a span, oldest first."""
    query = select(rule_version_event).where(
        rule_version_event.c.at >= since,
        rule_version_event.c.at < until,
        rule_version_event.c.step.in_(("publish", "retire")),
    )
    return list(connection.execute(query.order_by(rule_version_event.c.at)).fetchall())


def number_export(connection: Connection, columns: Mapping[str, Any]) -> tuple[int, str]:
    """Write a row with the next serial of its department and year; (export_id, number).

    `columns["number"]` is what the number begins with.
    """
    newest = select(func.coalesce(func.max(report_export.c.serial), 0)).where(
        report_export.c.department == columns["department"], report_export.c.year == columns["year"]
    )
    serial = int(connection.execute(newest).scalar_one()) + 1
    number = f"{columns['number']}-{columns['year']}-{serial:04d}"
    row = {**columns, "serial": serial, "number": number}
    made = connection.execute(insert(report_export).values(**row).returning(report_export.c.export_id))
    return int(made.scalar_one()), number


def finish_export(connection: Connection, export_id: int, columns: Mapping[str, Any]) -> None:
    """Note what the file was, once it is made."""
    mine = update(report_export).where(report_export.c.export_id == export_id)
    connection.execute(mine.values(**columns))


def exports(connection: Connection, department: str, limit: int) -> list[Row[Any]]:
    """A department's exports, the newest first, with the readers' names."""
    query = (
        select(report_export, account.c.display_name)
        .outerjoin(account, account.c.username == report_export.c.actor)
        .where(report_export.c.department == department)
        .order_by(report_export.c.export_id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).fetchall())


def _told(query: Select[Any], column: Any, department: str) -> Select[Any]:
    mine = select(dispatch.c.alert_id).where(dispatch.c.department == department)
    return query.where(column.in_(mine))
