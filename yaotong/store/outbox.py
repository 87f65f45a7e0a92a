"""The outbox: messages that are due, and what became of each try."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    tuple_,
    update,
)

from yaotong.codes import Level
from yaotong.store import desklines
from yaotong.store.delivery_tables import receiver
from yaotong.store.rulestops import paused_rules
from yaotong.store.schema import alert, alert_event, outbox
from yaotong.store.silences import muted_alerts
from yaotong.viewer import SYSTEM

Lane = tuple[str, str]  # channel, department


def due(connection: Connection, now: datetime, channels: Sequence[str], limit: int = 500) -> list[Row[Any]]:
    """Messages of some channels whose time has come, oldest first."""
    return _oldest(connection, _ready(now) & outbox.c.channel.in_(channels), limit)


def due_in(connection: Connection, lanes: Sequence[Lane], now: datetime, limit: int = 500) -> list[Row[Any]]:
    """Messages to some receivers whose time has come, oldest first.

    What a paused rule or a muted alert has to say waits; what people say about them does not.
    """
    if not lanes:
        return []
    return _oldest(connection, _ready(now) & tuple_(outbox.c.channel, outbox.c.department).in_(lanes), limit)


def due_of(connection: Connection, lane: Lane, now: datetime, limit: int) -> list[Row[Any]]:
    """Messages to one receiver whose time has come, oldest first."""
    return _oldest(connection, _ready(now) & _in(lane), limit)


def levelled(connection: Connection, lane: Lane, now: datetime, limit: int) -> list[Row[Any]]:
    """What is due to one receiver, with `level` of the alert: gravest first, then oldest."""
    query = (
        select(outbox, alert.c.level)
        .join(alert, alert.c.alert_id == outbox.c.alert_id)
        .where(_ready(now), _in(lane))
    )
    rank = case({str(one): one.rank for one in Level}, value=alert.c.level)
    return list(
        connection.execute(query.order_by(rank, outbox.c.written_at, outbox.c.message_id).limit(limit))
    )


def hold(connection: Connection, holds: Iterable[tuple[str, datetime, str]]) -> None:
    """Hold messages back: (id, until when, why). They are still due, and no try of theirs is counted."""
    rows = [{"one": one, "until": until, "why": why} for one, until, why in holds]
    if rows:
        mine = (outbox.c.message_id == bindparam("one")) & (outbox.c.state == "due")
        values: dict[str, Any] = {"next_at": bindparam("until"), "held_for": bindparam("why")}
        connection.execute(update(outbox).where(mine).values(**values), rows)


def let_go(connection: Connection, lane: Lane) -> None:
    """Look anew at what is held back for a receiver: its hours may have changed."""
    held = (outbox.c.state == "due") & outbox.c.held_for.is_not(None)
    connection.execute(update(outbox).where(_in(lane), held).values(next_at=outbox.c.written_at))


def held(connection: Connection, now: datetime) -> list[Row[Any]]:
    """What is held back: channel, department, held_for, number, until (the earliest)."""
    keys = (outbox.c.channel, outbox.c.department, outbox.c.held_for)
    waiting = (outbox.c.state == "due") & (outbox.c.next_at > now) & outbox.c.held_for.is_not(None)
    query = select(*keys, func.count().label("number"), func.min(outbox.c.next_at).label("until"))
    return list(connection.execute(query.where(waiting).group_by(*keys).order_by(*keys)))


def lanes(connection: Connection, now: datetime, among: Iterable[Lane]) -> list[Lane]:
    """Receivers that something is due to, and that neither rest, are gone nor are served by anybody."""
    wanted = list(among)
    if not wanted:
        return []
    column = tuple_(outbox.c.channel, outbox.c.department)
    free = or_(receiver.c.channel.is_(None), _free(now))
    query = (
        select(outbox.c.channel, outbox.c.department)
        .outerjoin(receiver, and_(*(receiver.c[one] == outbox.c[one] for one in ("channel", "department"))))
        .where(_ready(now), column.in_(wanted), free)
        .distinct()
    )
    return sorted((row.channel, row.department) for row in connection.execute(query))


def note(connection: Connection, message_id: str, attempts: int, columns: dict[str, Any]) -> bool:
    """Write the outcome of a try if nobody else tried since; False when somebody did."""
    result = connection.execute(
        update(outbox)
        .where(outbox.c.message_id == message_id, outbox.c.attempts == attempts, outbox.c.state == "due")
        .values(attempts=attempts + 1, **columns)
    )
    if result.rowcount == 1 and columns.get("state") == "sent":
        desklines.arrive(connection, message_id)
    return result.rowcount == 1


def bring_forward(connection: Connection, lane: Lane, now: datetime, most_attempts: int) -> int:
    """Let what failed while a receiver was down be tried now, unless few tries are left; how many."""
    waiting = (outbox.c.state == "due") & (outbox.c.next_at > now) & (outbox.c.attempts > 0)
    result = connection.execute(
        update(outbox).where(_in(lane), waiting, outbox.c.attempts <= most_attempts).values(next_at=now)
    )
    return result.rowcount


def again(connection: Connection, message_id: str, now: datetime) -> bool:
    """Let a dead message be tried from the start, under its own id; False when there is no such one."""
    dead = (outbox.c.message_id == message_id) & (outbox.c.state == "dead")
    result = connection.execute(
        update(outbox)
        .where(dead)
        .values(state="due", attempts=0, next_at=now, last_error=None, held_for=None)
    )
    return result.rowcount == 1


def get(connection: Connection, message_id: str) -> Row[Any] | None:
    """One message, or None."""
    return connection.execute(select(outbox).where(outbox.c.message_id == message_id)).first()


def counts(connection: Connection) -> dict[str, int]:
    """How many messages are due, sent and dead."""
    query = select(outbox.c.state, func.count()).group_by(outbox.c.state)
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def _oldest(connection: Connection, wanted: ColumnElement[bool], limit: int) -> list[Row[Any]]:
    query = select(outbox).where(wanted).order_by(outbox.c.written_at, outbox.c.message_id).limit(limit)
    return list(connection.execute(query).fetchall())


def _in(lane: Lane) -> ColumnElement[bool]:
    return and_(outbox.c.channel == lane[0], outbox.c.department == lane[1])


def _ready(now: datetime) -> ColumnElement[bool]:
    # A muted alert is in the inbox like any other; it calls nobody outside.
    muted = and_(outbox.c.channel != "inbox", alert.c.alert_id.in_(muted_alerts()))
    waiting = (
        select(alert_event.c.alert_id)
        .join(alert, alert.c.alert_id == alert_event.c.alert_id)
        .where(
            alert_event.c.alert_id == outbox.c.alert_id,
            alert_event.c.seq == outbox.c.event_seq,
            alert_event.c.actor == SYSTEM.username,
            or_(alert.c.rule_id.in_(paused_rules()), muted),
        )
        .exists()
    )
    return and_(outbox.c.state == "due", outbox.c.next_at <= now, ~waiting)


def _free(now: datetime) -> ColumnElement[bool]:
    def past(column: Any) -> ColumnElement[bool]:
        return or_(column.is_(None), column <= now)

    return and_(receiver.c.gone_at.is_(None), past(receiver.c.resting_until), past(receiver.c.leased_until))


def of_alert(connection: Connection, alert_id: str) -> list[Row[Any]]:
    """Every message of an alert, whatever became of it, in the order of its events."""
    query = select(outbox).where(outbox.c.alert_id == alert_id)
    return list(connection.execute(query.order_by(outbox.c.event_seq, outbox.c.message_id)).fetchall())
