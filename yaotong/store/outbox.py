"""The outbox: messages that are due, and what became of each try."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from yaotong.store.rulestops import paused_rules
from yaotong.store.schema import alert, alert_event, outbox
from yaotong.viewer import SYSTEM


def due(connection: Connection, now: datetime, channels: Sequence[str], limit: int = 500) -> list[Row[Any]]:
    """Messages of some channels whose time has come, oldest first.

    What a paused rule has to say waits; what people say about its alerts does not.
    """
    waiting = (
        select(alert_event.c.alert_id)
        .join(alert, alert.c.alert_id == alert_event.c.alert_id)
        .where(
            alert_event.c.alert_id == outbox.c.alert_id,
            alert_event.c.seq == outbox.c.event_seq,
            alert_event.c.actor == SYSTEM.username,
            alert.c.rule_id.in_(paused_rules()),
        )
        .exists()
    )
    query = (
        select(outbox)
        .where(outbox.c.state == "due", outbox.c.next_at <= now, outbox.c.channel.in_(channels), ~waiting)
        .order_by(outbox.c.next_at, outbox.c.message_id)
        .limit(limit)
    )
    return list(connection.execute(query).fetchall())


def note(connection: Connection, message_id: str, attempts: int, columns: dict[str, Any]) -> bool:
    """Write the outcome of a try if nobody else tried since; False when somebody did."""
    result = connection.execute(
        update(outbox)
        .where(outbox.c.message_id == message_id, outbox.c.attempts == attempts, outbox.c.state == "due")
        .values(attempts=attempts + 1, **columns)
    )
    return result.rowcount == 1


def of_alert(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """Every message of an alert, whatever became of it, in the order of its events."""
    query = select(outbox).where(outbox.c.alert_id == alert_id)
    return list(connection.execute(query.order_by(outbox.c.event_seq, outbox.c.message_id)).fetchall())
