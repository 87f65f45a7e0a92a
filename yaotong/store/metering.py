"""Figures for whoever watches the system: how fresh, how much waits, how the last run went. Cheap to ask."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from yaotong.store import audit
from yaotong.store.schema import alert, load, outbox


def taken_at(connection: Connection) -> dict[str, datetime]:
    """When each feed last changed what is known; feeds that never did are not among them."""
    query = select(load.c.feed, func.max(load.c.arrived_at)).where(load.c.data_version.is_not(None))
    return {str(feed): at for feed, at in connection.execute(query.group_by(load.c.feed))}


def waiting(connection: Connection, now: datetime) -> dict[str, int]:
    """Messages: `due` now, `held` until later, and `dead`."""
    late = outbox.c.next_at <= now
    query = select(outbox.c.state, late, func.count()).where(outbox.c.state.in_(("due", "dead")))
    found = {"due": 0, "held": 0, "dead": 0}
    for state, is_late, number in connection.execute(query.group_by(outbox.c.state, late)):
        found["dead" if state == "dead" else "due" if is_late else "held"] += number
    return found


def oldest_due(connection: Connection, now: datetime) -> datetime | None:
    """Since when the message that waits longest should have gone out; None when none waits."""
    query = select(func.min(outbox.c.next_at)).where(outbox.c.state == "due", outbox.c.next_at <= now)
    found: datetime | None = connection.execute(query).scalar()
    return found


def open_alerts(connection: Connection) -> dict[str, int]:
    """Alerts that are not closed, by level."""
    query = select(alert.c.level, func.count()).where(alert.c.state != "closed").group_by(alert.c.level)
    return {str(level): number for level, number in connection.execute(query)}


def last_run(connection: Connection) -> Row[Any] | None:
    """The audit row of the last detection run; None before the first."""
    return audit.newest(connection, "detect")
