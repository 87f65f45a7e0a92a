"""Rules that were stopped, after a failure or in a flood; what their owners are told; shadow findings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from yaotong.alerts.model import Finding
from yaotong.store import desklines
from yaotong.store.findings import chunks
from yaotong.store.rule_tables import rule_notice, rule_pause, rule_quarantine, shadow_finding
from yaotong.store.schema import alert, finding


def quarantined(connection: Connection) -> dict[str, Row[Any]]:
    """The quarantines in force, by rule."""
    query = select(rule_quarantine).where(rule_quarantine.c.released_at.is_(None))
    return {row.rule_id: row for row in connection.execute(query)}


def quarantine(connection: Connection, rule_id: str, rule_key: str, reason: str, now: datetime) -> None:
    """Take a rule out until its code or values change or a person lets it back."""
    connection.execute(
        insert(rule_quarantine).values(rule_id=rule_id, rule_key=rule_key, reason=reason, since=now)
    )


def release(connection: Connection, rule_id: str, by: str, now: datetime) -> bool:
    """Let a rule back; False when it was not out."""
    table = rule_quarantine
    statement = update(table).where(table.c.rule_id == rule_id, table.c.released_at.is_(None))
    return connection.execute(statement.values(released_at=now, released_by=by)).rowcount > 0


def paused(connection: Connection) -> dict[str, Row[Any]]:
    """The pauses in force, by rule."""
    query = select(rule_pause).where(rule_pause.c.resumed_at.is_(None))
    return {row.rule_id: row for row in connection.execute(query)}


def paused_rules() -> Select[Any]:
    """The ids of rules whose notices wait, for use in other queries."""
    return select(rule_pause.c.rule_id).where(rule_pause.c.resumed_at.is_(None))


def opened_today(connection: Connection, rule_id: str, now: datetime) -> int:
    """Alerts a rule opened this Beijing day, since its notices were last resumed."""
    resumed = connection.execute(
        select(func.max(rule_pause.c.resumed_at)).where(rule_pause.c.rule_id == rule_id)
    ).scalar()
    day = datetime.combine(now.date(), datetime.min.time())
    query = select(func.count()).where(alert.c.rule_id == rule_id, alert.c.opened_at >= day)
    if resumed is not None:
        query = query.where(alert.c.opened_at > resumed)
    return int(connection.execute(query).scalar_one())


def pause(connection: Connection, rule_id: str, opened: int, most: int, now: datetime) -> None:
    """Let a rule's notices wait."""
    connection.execute(insert(rule_pause).values(rule_id=rule_id, opened=opened, most=most, paused_at=now))
    desklines.changed(connection)  # what waits is on the desks, though no notice of it arrived


def resume(connection: Connection, rule_id: str, by: str, now: datetime) -> bool:
    """Let a rule's notices go; False when they did not wait."""
    table = rule_pause
    statement = update(table).where(table.c.rule_id == rule_id, table.c.resumed_at.is_(None))
    went_on = connection.execute(statement.values(resumed_at=now, resumed_by=by)).rowcount > 0
    if went_on:
        desklines.changed(connection)
    return went_on


def tell(connection: Connection, rule_id: str, department: str, kind: str, text: str, now: datetime) -> None:
    """Put a notice about a rule on the desk of the department that leads it."""
    connection.execute(
        insert(rule_notice).values(rule_id=rule_id, department=department, kind=kind, text=text, told_at=now)
    )


def notices(connection: Connection, department: str) -> list[Row[Any]]:
    """What a department was told about its rules and has not put aside, newest first."""
    table = rule_notice
    query = select(table).where(table.c.department == department, table.c.read_at.is_(None))
    return list(connection.execute(query.order_by(table.c.notice_id.desc())).fetchall())


def put_aside(connection: Connection, notice_id: int, department: str, by: str, now: datetime) -> bool:
    """Note that a department has read a notice; False when it has none such."""
    table = rule_notice
    mine = (table.c.notice_id == notice_id) & (table.c.department == department) & table.c.read_at.is_(None)
    return connection.execute(update(table).where(mine).values(read_at=now, read_by=by)).rowcount == 1


def shadow_subjects(
    connection: Connection, rule_id: str, number: int, since: date, until: date
) -> dict[str, str]:
    """Subjects of a shadow version's findings in a span of days, by finding."""
    table = shadow_finding
    query = select(table.c.finding_id, table.c.subject).where(
        table.c.rule_id == rule_id, table.c.number == number, table.c.behaviour_day.between(since, until)
    )
    return {row.finding_id: row.subject for row in connection.execute(query)}


def keep_shadows(
    connection: Connection, rule_id: str, number: int, gone: Sequence[str], found: Sequence[Finding]
) -> None:
    """Write what a shadow version finds in place of what it no longer finds."""
    table = shadow_finding
    for part in chunks([*gone, *(one.finding_id for one in found)]):
        mine = (table.c.rule_id == rule_id) & (table.c.number == number)
        connection.execute(delete(table).where(mine, table.c.finding_id.in_(part)))
    rows = [
        {
            "rule_id": rule_id,
            "number": number,
            "finding_id": one.finding_id,
            "subject": one.subject,
            "behaviour_day": one.behaviour_day,
            "clause": one.clause,
            "measure": one.measure,
            "threshold": one.threshold,
            "level": str(one.level),
            "area_code": one.area_code,
        }
        for one in found
    ]
    if rows:
        connection.execute(insert(table), rows)


def forget_shadows(connection: Connection, rule_id: str, number: int) -> None:
    """Drop what a version found while it ran beside the live one."""
    table = shadow_finding
    connection.execute(delete(table).where(table.c.rule_id == rule_id, table.c.number == number))


def shadow_difference(
    connection: Connection, rule_id: str, number: int
) -> tuple[list[Row[Any]], list[Row[Any]]]:
    """Findings that only the shadow version has, and findings in force that only the live one has."""
    table = shadow_finding
    mine = (table.c.rule_id == rule_id) & (table.c.number == number)
    theirs = (finding.c.rule_id == rule_id) & finding.c.gone_at_version.is_(None)
    only_shadow = select(table).where(
        mine, table.c.finding_id.not_in(select(finding.c.finding_id).where(theirs))
    )
    only_live = select(finding).where(
        theirs, finding.c.finding_id.not_in(select(table.c.finding_id).where(mine))
    )
    return (
        list(connection.execute(only_shadow.order_by(table.c.behaviour_day.desc())).fetchall()),
        list(connection.execute(only_live.order_by(finding.c.behaviour_day.desc())).fetchall()),
    )


def shadow_count(connection: Connection, rule_id: str, number: int) -> int:
    """How many findings a shadow version has."""
    mine = (shadow_finding.c.rule_id == rule_id) & (shadow_finding.c.number == number)
    return int(connection.execute(select(func.count()).where(mine)).scalar_one())
