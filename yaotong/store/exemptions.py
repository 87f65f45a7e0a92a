"""Exemptions as rows, and the findings that they keep from being alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.alerts.model import Exemption, ExemptReason, Finding
from yaotong.store import findings
from yaotong.store.schema import exemption, finding


def add(connection: Connection, one: Exemption) -> int:
    """A new exemption; its number."""
    kept = {name: getattr(one, name) for name in exemption.c.keys() if name != "exemption_id"}  # noqa: SIM118
    result = connection.execute(insert(exemption).values(**{**kept, "reason": str(one.reason)}))
    (number,) = result.inserted_primary_key or (0,)
    return int(number)


def end(connection: Connection, exemption_id: int, ended_from: date, at: datetime, by: str) -> None:
    """Note that an exemption covers no behaviour from a day on."""
    statement = update(exemption).where(exemption.c.exemption_id == exemption_id)
    connection.execute(statement.values(ended_from=ended_from, ended_at=at, ended_by=by))


def get(connection: Connection, exemption_id: int) -> Exemption | None:
    """One exemption, or None."""
    row = connection.execute(select(exemption).where(exemption.c.exemption_id == exemption_id)).first()
    return None if row is None else _exemption(row)


def every(connection: Connection, subject: str | None = None) -> list[Exemption]:
    """All exemptions, or a subject's, in the order they were made."""
    query = select(exemption).order_by(exemption.c.exemption_id)
    if subject is not None:
        query = query.where(exemption.c.subject == subject)
    return [_exemption(row) for row in connection.execute(query)]


def spared_in_window(
    connection: Connection, rule_id: str, since: date, until: date
) -> dict[str, tuple[str, str]]:
    """Subject and content digest of the exempt findings in force of a rule in a span of days, by id."""
    query = select(finding.c.finding_id, finding.c.subject, finding.c.content_sha).where(
        finding.c.rule_id == rule_id,
        finding.c.behaviour_day.between(since, until),
        finding.c.gone_at_version.is_(None),
        finding.c.exemption_id.is_not(None),
    )
    return {row.finding_id: (row.subject, row.content_sha) for row in connection.execute(query)}


def of_subject(connection: Connection, rule_id: str, subject: str) -> list[tuple[Finding, int | None]]:
    """A subject's findings in force under a rule, exempt or not, each with what exempts it."""
    query = select(finding).where(
        finding.c.rule_id == rule_id, finding.c.subject == subject, finding.c.gone_at_version.is_(None)
    )
    rows = connection.execute(query.order_by(finding.c.behaviour_day, finding.c.clause))
    return [(findings.finding_of(row), row.exemption_id) for row in rows]


def spare(connection: Connection, exempt: Mapping[str, int], found: Iterable[Finding], version: int) -> None:
    """Keep findings for the record, each under what exempts it and under no alert."""
    findings.write(connection, [(one, None, exempt[one.finding_id]) for one in found], version)


def counts(connection: Connection) -> dict[int, int]:
    """How many findings in force each exemption keeps from being alerts."""
    query = (
        select(finding.c.exemption_id, func.count())
        .where(finding.c.exemption_id.is_not(None), finding.c.gone_at_version.is_(None))
        .group_by(finding.c.exemption_id)
    )
    return {row.exemption_id: row[1] for row in connection.execute(query)}


def _exemption(row: Row[Any]) -> Exemption:
    return Exemption(**{**row._mapping, "reason": ExemptReason(row.reason)})
