"""How far each rule has come: what it judged need not be judged again until something changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, delete, insert, select

from yaotong.store.schema import judged


@dataclass(frozen=True, slots=True)
class Mark:
    """A rule, as `rule_key` tells it, has judged every day to `until` on the facts of a data version."""

    rule_key: str
    data_version: int
    until: date


def shadow_name(rule_id: str, number: int) -> str:
    """The name under which it is noted how far a version has come that runs beside the live one."""
    return f"{rule_id}/{number}"


def marks(connection: Connection) -> dict[str, Mark]:
    """How far each rule has come, by its id."""
    rows = connection.execute(select(judged))
    return {row.rule_id: Mark(row.rule_key, row.data_version, row.until) for row in rows}


def forget(connection: Connection, rule_id: str) -> None:
    """A rule has judged nothing: the next run judges all days."""
    connection.execute(delete(judged).where(judged.c.rule_id == rule_id))


def mark(connection: Connection, rule_id: str, reached: Mark) -> None:
    """Note how far a rule has come."""
    connection.execute(delete(judged).where(judged.c.rule_id == rule_id))
    connection.execute(
        insert(judged).values(
            rule_id=rule_id,
            rule_key=reached.rule_key,
            data_version=reached.data_version,
            until=reached.until,
        )
    )
