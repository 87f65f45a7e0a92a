"""The outbox as a log to look through, with the alerts it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from yaotong.store.schema import alert, alert_event, outbox


@dataclass(frozen=True, slots=True)
class Filters:
    """Departments and area somebody may see, and what of that is asked for; "" asks for all."""

    departments: tuple[str, ...]
    area_code: str
    placeless: bool
    state: str = ""
    channel: str = ""


def listing(connection: Connection, filters: Filters, offset: int, limit: int) -> list[Row[Any]]:
    """Messages with their alert's rule, level and event's act, the newest first."""
    query = _joined(
        select(outbox, alert.c.rule_id, alert.c.level, alert_event.c.act).where(_asked(filters))
    ).order_by(outbox.c.written_at.desc(), outbox.c.message_id)
    return list(connection.execute(query.offset(offset).limit(limit)))


def count(connection: Connection, filters: Filters) -> int:
    """How many messages are asked for."""
    query = select(func.count()).select_from(outbox).join(alert, alert.c.alert_id == outbox.c.alert_id)
    return int(connection.execute(query.where(_asked(filters))).scalar_one())


def by_state(connection: Connection, filters: Filters) -> dict[str, int]:
    """Counts by state, whatever state is asked for."""
    query = (
        select(outbox.c.state, func.count())
        .join(alert, alert.c.alert_id == outbox.c.alert_id)
        .where(_seen(filters), _through(filters))
        .group_by(outbox.c.state)
    )
    return {str(row[0]): int(row[1]) for row in connection.execute(query)}


def area_of(connection: Connection, message_id: str) -> Row[Any] | None:
    """A message's channel, department and its alert's area; None when there is no such message."""
    query: Select[Any] = (
        select(outbox.c.channel, outbox.c.department, alert.c.area_code)
        .join(alert, alert.c.alert_id == outbox.c.alert_id)
        .where(outbox.c.message_id == message_id)
    )
    found: Row[Any] | None = connection.execute(query).first()
    return found


def _joined(query: Select[Any]) -> Select[Any]:
    return (
        query.select_from(outbox)
        .join(alert, alert.c.alert_id == outbox.c.alert_id)
        .join(
            alert_event,
            and_(alert_event.c.alert_id == outbox.c.alert_id, alert_event.c.seq == outbox.c.event_seq),
        )
    )


def _asked(filters: Filters) -> ColumnElement[bool]:
    wanted = [_seen(filters), _through(filters)]
    if filters.state:
        wanted.append(outbox.c.state == filters.state)
    return and_(*wanted)


def _through(filters: Filters) -> ColumnElement[bool]:
    return outbox.c.channel == filters.channel if filters.channel else outbox.c.channel.is_not(None)


def _seen(filters: Filters) -> ColumnElement[bool]:
    inside: ColumnElement[bool] = alert.c.area_code.startswith(filters.area_code, autoescape=True)
    if filters.placeless:
        inside = or_(inside, alert.c.area_code.is_(None))
    return and_(outbox.c.department.in_(filters.departments), inside)
