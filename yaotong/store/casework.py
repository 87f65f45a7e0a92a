"""Queries of the alert desk: everything about one alert."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, func, select

from yaotong.store.schema import account, alert, alert_event, dispatch, finding, office


def dispatches(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """Whom an alert was sent to, the lead first."""
    query = (
        select(dispatch, office.c.department_name)
        .outerjoin(
            office,
            (office.c.department_code == dispatch.c.office_code) & office.c.until_version.is_(None),
        )
        .where(dispatch.c.alert_id == alert_id)
        .order_by(dispatch.c.part.desc(), dispatch.c.department)
    )
    return list(connection.execute(query).fetchall())


def events(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """The event rows with the actors' names, oldest first."""
    query = (
        select(alert_event, account.c.display_name)
        .outerjoin(account, account.c.username == alert_event.c.actor)
        .where(alert_event.c.alert_id == alert_id)
        .order_by(alert_event.c.seq)
    )
    return list(connection.execute(query).fetchall())


def outcomes(connection: Connection) -> dict[tuple[str, str], int]:
    """How many alerts of each rule ended with each outcome: {(rule_id, outcome): count}."""
    query = (
        select(alert.c.rule_id, alert.c.outcome, func.count())
        .where(alert.c.outcome.is_not(None))
        .group_by(alert.c.rule_id, alert.c.outcome)
    )
    return {(rule_id, outcome): count for rule_id, outcome, count in connection.execute(query)}


def outcomes_by_version(
    connection: Connection, rule_id: str | None = None
) -> list[tuple[str, int, str, int]]:
    """(rule_id, rule_version, outcome, alerts) of the alerts that ended with an outcome."""
    columns = (alert.c.rule_id, alert.c.rule_version, alert.c.outcome)
    query = select(*columns, func.count()).where(alert.c.outcome.is_not(None)).group_by(*columns)
    if rule_id is not None:
        query = query.where(alert.c.rule_id == rule_id)
    return [(row[0], row[1], row[2], row[3]) for row in connection.execute(query)]


def closed_of(connection: Connection, rule_id: str, since: date, until: date) -> list[Row[Any]]:
    """Closed alerts of a rule that lie in a span of days, with what checking found, oldest first."""
    query = (
        select(alert)
        .where(
            alert.c.rule_id == rule_id,
            alert.c.state == "closed",
            alert.c.outcome.is_not(None),
            alert.c.first_day >= since,
            alert.c.last_day <= until,
        )
        .order_by(alert.c.first_day, alert.c.alert_id)
    )
    return list(connection.execute(query).fetchall())


def counts(connection: Connection) -> dict[str, int]:
    """How many alerts each rule has ever opened."""
    query = select(alert.c.rule_id, func.count()).group_by(alert.c.rule_id)
    return {row.rule_id: row[1] for row in connection.execute(query)}


def closed_counts(connection: Connection) -> dict[str, int]:
    """How many alerts of each rule are closed."""
    query = select(alert.c.rule_id, func.count()).where(alert.c.state == "closed").group_by(alert.c.rule_id)
    return {row.rule_id: row[1] for row in connection.execute(query)}


def finding_counts(connection: Connection, alert_ids: list[str]) -> dict[str, int]:
    """Findings in force of each alert."""
    query = (
        select(finding.c.alert_id, func.count())
        .where(finding.c.gone_at_version.is_(None))
        .group_by(finding.c.alert_id)
    )
    wanted = set(alert_ids)
    return {name: count for name, count in connection.execute(query) if name in wanted}


def one(connection: Connection, alert_id: str) -> Row[Any]:
    """One alert's row, which must exist."""
    return connection.execute(select(alert).where(alert.c.alert_id == alert_id)).one()
