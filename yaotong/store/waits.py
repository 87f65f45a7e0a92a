"""Waits after failures, as rows that all workers share."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from yaotong.store.access_tables import sign_in_wait as table


def get(connection: Connection, kind: str, key: str) -> Row[Any] | None:
    """What is kept of a key, or None."""
    return connection.execute(select(table).where(table.c.kind == kind, table.c.key == key)).first()


def put(
    connection: Connection, kind: str, key: str, failures: int, last_at: datetime, until: datetime
) -> None:
    """Keep what came of an attempt."""
    values = {"failures": failures, "last_at": last_at, "until": until}
    here = (table.c.kind == kind) & (table.c.key == key)
    if not connection.execute(update(table).where(here).values(**values)).rowcount:
        connection.execute(insert(table).values(kind=kind, key=key, **values))


def clear(connection: Connection, keys: list[tuple[str, str]]) -> int:
    """Forget keys; how many there were."""
    found = 0
    for kind, key in keys:
        found += connection.execute(delete(table).where(table.c.kind == kind, table.c.key == key)).rowcount
    return found


def forget(connection: Connection, before: datetime) -> None:
    """Let go what nobody failed at for long."""
    connection.execute(delete(table).where(table.c.last_at < before))
