"""Findings as rows: what each run found, and what later runs no longer find."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from yaotong.alerts.model import Finding
from yaotong.codes import Level
from yaotong.store.schema import evidence_line, finding

_PART_LINES = 20_000
_Placed = tuple[Finding, str | None, int | None]  # with its alert, or with what exempts it


def in_window(connection: Connection, rule_id: str, since: date, until: date) -> dict[str, tuple[str, str]]:
    """Subject and content digest of the findings under alerts of one rule in a span of days, by id."""
    query = select(finding.c.finding_id, finding.c.subject, finding.c.content_sha).where(
        finding.c.rule_id == rule_id,
        finding.c.behaviour_day.between(since, until),
        finding.c.gone_at_version.is_(None),
        finding.c.exemption_id.is_(None),
    )
    return {row.finding_id: (row.subject, row.content_sha) for row in connection.execute(query)}


def in_force(connection: Connection, rule_id: str) -> dict[str, str]:
    """Content digest of all findings of a rule that stand, exempt ones too, by id."""
    query = select(finding.c.finding_id, finding.c.content_sha).where(
        finding.c.rule_id == rule_id, finding.c.gone_at_version.is_(None)
    )
    return {row.finding_id: row.content_sha for row in connection.execute(query)}


def of_alerts(connection: Connection, alert_ids: Sequence[str]) -> dict[str, tuple[Finding, ...]]:
    """The findings in force of each alert, by behaviour day."""
    found: dict[str, list[Finding]] = {one: [] for one in alert_ids}
    for part in chunks(alert_ids):
        query = (
            select(finding)
            .where(finding.c.alert_id.in_(part), finding.c.gone_at_version.is_(None))
            .order_by(finding.c.behaviour_day, finding.c.clause)
        )
        for row in connection.execute(query):
            found[row.alert_id].append(finding_of(row))
    return {name: tuple(rows) for name, rows in found.items()}


def keep(connection: Connection, alert_of: Mapping[str, str], found: Iterable[Finding], version: int) -> None:
    """Write findings, each under its alert; a stored one with the same id is replaced."""
    write(connection, [(one, alert_of[one.finding_id], None) for one in found], version)


def write(connection: Connection, found: Iterable[_Placed], version: int) -> None:
    """Write findings, each with its alert or with what exempts it; one with the same id is replaced."""
    for part in _parts(found):
        _write(connection, part, version)


def _parts(found: Iterable[_Placed]) -> Iterator[list[_Placed]]:
    """Findings in parts of so much evidence, or of one that has more: one part's rows are in memory."""
    part: list[_Placed] = []
    lines = 0
    for one in found:
        if part and lines + len(one[0].line_ids) > _PART_LINES:
            yield part
            part, lines = [], 0
        part.append(one)
        lines += 1 + len(one[0].line_ids)
    if part:
        yield part


def _write(connection: Connection, found: Sequence[_Placed], version: int) -> None:
    rows = [{**_row(one, version), "alert_id": alert, "exemption_id": by} for one, alert, by in found]
    old = [{"old": row["finding_id"]} for row in rows]
    for table in (finding, evidence_line):
        connection.execute(delete(table).where(table.c.finding_id == bindparam("old")), old)
    connection.execute(insert(finding), rows)
    lines = [
        {"finding_id": row["finding_id"], "line_id": line_id}
        for row in rows
        for line_id in dict.fromkeys(json.loads(row["line_ids"]))
    ]
    if lines:
        connection.execute(insert(evidence_line), lines)


def let_go(connection: Connection, finding_ids: Iterable[str], version: int) -> None:
    """Mark findings that a run no longer finds."""
    rows = [{"old": one} for one in finding_ids]
    if rows:
        statement = update(finding).where(finding.c.finding_id == bindparam("old"))
        connection.execute(statement.values(gone_at_version=version), rows)


def mark_corrected(connection: Connection, line_ids: Sequence[str], version: int) -> int:
    """Mark the findings in force that rest on lines corrected at a version; answers how many."""
    marked = 0
    for part in chunks(line_ids):
        resting = select(evidence_line.c.finding_id).where(evidence_line.c.line_id.in_(part))
        in_force = finding.c.gone_at_version.is_(None)
        statement = update(finding).where(finding.c.finding_id.in_(resting), in_force)
        marked += connection.execute(statement.values(corrected_at_version=version)).rowcount
    return marked


def judged_again(connection: Connection, rule_id: str, since: date, until: date) -> None:
    """A run over a span of behaviour days has seen every correction of what lies in it."""
    statement = update(finding).where(
        finding.c.rule_id == rule_id,
        finding.c.behaviour_day.between(since, until),
        finding.c.corrected_at_version.is_not(None),
    )
    connection.execute(statement.values(corrected_at_version=None))


def corrected_since(connection: Connection, alert_id: str) -> int | None:
    """The newest data version that corrected a line under an alert and was not judged yet; else None."""
    query = select(func.max(finding.c.corrected_at_version)).where(
        finding.c.alert_id == alert_id, finding.c.gone_at_version.is_(None)
    )
    found: int | None = connection.execute(query).scalar()
    return found


def chunks(values: Sequence[str], size: int = 500) -> list[Sequence[str]]:
    """Parts small enough for an IN list on any database."""
    return [values[start : start + size] for start in range(0, len(values), size)]


def _row(one: Finding, version: int) -> dict[str, Any]:
    return {
        "finding_id": one.finding_id,
        "rule_id": one.rule_id,
        "rule_version": one.rule_version,
        "subject": one.subject,
        "behaviour_day": one.behaviour_day,
        "behaviour_from": one.behaviour_from,
        "behaviour_until": one.behaviour_until,
        "clause": one.clause,
        "measure": one.measure,
        "threshold": one.threshold,
        "level": str(one.level),
        "area_code": one.area_code,
        "pharmacy_ids": json.dumps(sorted(one.pharmacy_ids), ensure_ascii=False),
        "line_ids": json.dumps(sorted(one.line_ids), ensure_ascii=False),
        "figures": one.figures or None,
        "content_sha": one.content_sha,
        "data_version": version,
        "gone_at_version": None,
    }


def finding_of(row: Row[Any]) -> Finding:
    """A row as a finding."""
    return Finding(
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        subject=row.subject,
        behaviour_day=row.behaviour_day,
        behaviour_from=row.behaviour_from,
        behaviour_until=row.behaviour_until,
        clause=row.clause,
        measure=row.measure,
        threshold=row.threshold,
        level=Level(row.level),
        area_code=row.area_code,
        pharmacy_ids=tuple(json.loads(row.pharmacy_ids)),
        line_ids=tuple(json.loads(row.line_ids)),
        figures=row.figures or "",
    )
