"""When each open alert is next to be looked at: the clock of escalation, read by its index alone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from yaotong.store.schema import alert


def due(connection: Connection, now: datetime, limit: int) -> list[Row[Any]]:
    """Alerts to be looked at by now, the earliest first."""
    query = select(alert).where(alert.c.remind_at <= now).order_by(alert.c.remind_at, alert.c.alert_id)
    return list(connection.execute(query.limit(limit)).fetchall())


def look_again(connection: Connection, alert_id: str, at: datetime | None) -> None:
    """Set when an alert is next looked at. It says nothing to a reader, so its revision stays."""
    connection.execute(update(alert).where(alert.c.alert_id == alert_id).values(remind_at=at))
