"""Versions of rules as rows: their states by compare-and-set, their events, their back-tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.errors import Conflict, NotFound
from yaotong.rules.model import Rule
from yaotong.store.rule_tables import rule_backtest, rule_version, rule_version_event


@dataclass(frozen=True, slots=True)
class Tuned:
    """A version's number and its tuned values."""

    number: int
    values: Mapping[str, float]

    def of(self, rule: Rule) -> Rule:
        """The rule as this version has it; ConfigError when the code no longer takes the values."""
        return rule.at(self.number, self.values)


def live(connection: Connection) -> dict[str, Tuned]:
    """The tuned version that is live, by rule; a rule that is not here runs as its code says."""
    query = select(rule_version).where(rule_version.c.state == "live")
    return {row.rule_id: _tuned(row) for row in connection.execute(query)}


def in_force(connection: Connection, rule: Rule, number: int | None = None) -> Rule:
    """The rule as it is live, or as the version that a finding names has it."""
    query = select(rule_version).where(rule_version.c.rule_id == rule.rule_id)
    if number is None:
        row = connection.execute(query.where(rule_version.c.state == "live")).first()
    else:
        row = connection.execute(query.where(rule_version.c.number == number)).first()
    return rule if row is None else _tuned(row).of(rule)


def shadows(connection: Connection) -> dict[str, list[Tuned]]:
    """The versions that run beside the live one, by rule."""
    query = select(rule_version).where(rule_version.c.shadow).order_by(rule_version.c.number)
    found: dict[str, list[Tuned]] = {}
    for row in connection.execute(query):
        found.setdefault(row.rule_id, []).append(_tuned(row))
    return found


def version(connection: Connection, rule_id: str, number: int) -> Row[Any]:
    """One version's row; NotFound when there is none."""
    query = select(rule_version).where(rule_version.c.rule_id == rule_id, rule_version.c.number == number)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"规则 {rule_id} 没有第 {number} 版。")
    return row


def versions(connection: Connection, rule_id: str) -> list[Row[Any]]:
    """All versions of a rule, the newest first."""
    query = select(rule_version).where(rule_version.c.rule_id == rule_id)
    return list(connection.execute(query.order_by(rule_version.c.number.desc())).fetchall())


def add_version(connection: Connection, rule: Rule, columns: Mapping[str, Any]) -> int:
    """A new version at revision 1, numbered after all there were; the code's own version counts."""
    newest = connection.execute(
        select(func.max(rule_version.c.number)).where(rule_version.c.rule_id == rule.rule_id)
    ).scalar()
    number = max(newest or 0, rule.version) + 1
    connection.execute(
        insert(rule_version).values(rule_id=rule.rule_id, number=number, shadow=False, revision=1, **columns)
    )
    return number


def change(connection: Connection, row: Row[Any], columns: Mapping[str, Any]) -> None:
    """Set columns if the version still stands at the row's revision; Conflict when it does not."""
    result = connection.execute(
        update(rule_version)
        .where(
            rule_version.c.rule_id == row.rule_id,
            rule_version.c.number == row.number,
            rule_version.c.revision == row.revision,
        )
        .values(revision=row.revision + 1, **columns)
    )
    if result.rowcount != 1:
        raise Conflict("这个版本刚刚被别人更新过。请刷新后再操作。")


def add_event(
    connection: Connection,
    rule_id: str,
    number: int,
    *,
    at: datetime,
    actor: str,
    step: str,
    states: tuple[str, str],
    text: str = "",
) -> None:
    """Append what happened to a version."""
    table = rule_version_event
    newest = select(func.coalesce(func.max(table.c.seq), 0)).where(
        table.c.rule_id == rule_id, table.c.number == number
    )
    seq = int(connection.execute(newest).scalar_one()) + 1
    before, after = states
    connection.execute(
        insert(table).values(
            rule_id=rule_id,
            number=number,
            seq=seq,
            at=at,
            actor=actor,
            step=step,
            from_state=before,
            to_state=after,
            text=text,
        )
    )


def happened(
    connection: Connection, row: Row[Any], step: str, after: str, actor: str, at: datetime, text: str = ""
) -> None:
    """Append what moved a version from where its row says it stands."""
    add_event(
        connection,
        row.rule_id,
        row.number,
        at=at,
        actor=actor,
        step=step,
        states=(row.state, after),
        text=text,
    )


def events(connection: Connection, rule_id: str, number: int) -> list[Row[Any]]:
    """What happened to a version, oldest first."""
    table = rule_version_event
    query = select(table).where(table.c.rule_id == rule_id, table.c.number == number)
    return list(connection.execute(query.order_by(table.c.seq)).fetchall())


def start_backtest(connection: Connection, columns: Mapping[str, Any]) -> int:
    """A back-test that begins; its id."""
    result = connection.execute(insert(rule_backtest).values(state="running", done=0, total=0, **columns))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def note_backtest(connection: Connection, backtest_id: int, columns: Mapping[str, Any]) -> bool:
    """Write how a running back-test goes; False when it is no longer running."""
    table = rule_backtest
    result = connection.execute(
        update(table).where(table.c.backtest_id == backtest_id, table.c.state == "running").values(**columns)
    )
    return result.rowcount == 1


def backtest(connection: Connection, rule_id: str, number: int) -> Row[Any] | None:
    """The newest back-test of a version."""
    table = rule_backtest
    query = select(table).where(table.c.rule_id == rule_id, table.c.number == number)
    return connection.execute(query.order_by(table.c.backtest_id.desc())).first()


def running(connection: Connection) -> list[Row[Any]]:
    """The back-tests that are said to be running."""
    return list(
        connection.execute(select(rule_backtest).where(rule_backtest.c.state == "running")).fetchall()
    )


def values_of(row: Row[Any]) -> dict[str, float]:
    """The tuned values of a version's row."""
    return {str(name): float(value) for name, value in json.loads(row.tuned).items()}


def _tuned(row: Row[Any]) -> Tuned:
    return Tuned(row.number, values_of(row))
