"""Alerts as they were known at a moment: what each said before it was changed, and a count of all changes.

An alert says what its row says since `since_at`, or since `opened_at` where that is NULL. A change copies
the row to `alert_past` with the moment it ends. Alerts that were changed before rows were kept are known
only from their last change on: for an earlier moment their oldest row speaks, with the state that their
events tell, and says so (`unknown_until`).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CompoundSelect,
    Connection,
    DateTime,
    Select,
    Table,
    case,
    cast,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from yaotong.alerts.states import State
from yaotong.store import counters
from yaotong.store.schema import alert, alert_event, alert_past

_ALERTS = "alerts"


def moved(connection: Connection) -> None:
    """Note that something about alerts changed."""
    counters.add_one(connection, _ALERTS)


def count(connection: Connection) -> int:
    """How often something about alerts changed: never the same again after a change."""
    return counters.value(connection, _ALERTS)


def not_before(table: Table, at: datetime) -> ColumnElement[datetime]:
    """`at`, or since when the row stands where that is later: a clock set back ends no row too early."""
    given = literal(at, DateTime())
    return case((_since(table) > given, _since(table)), else_=given)


def keep(connection: Connection, alert_id: str, revision: int, at: datetime) -> None:
    """Copy the row that is about to be changed; nothing when the alert does not stand at `revision`."""
    row = select(alert, not_before(alert, at)).where(
        alert.c.alert_id == alert_id, alert.c.revision == revision
    )
    names = [*(one.name for one in alert.c), "until_at"]
    connection.execute(insert(alert_past).from_select(names, row))


def known_at(moment: datetime | None) -> Select[Any] | CompoundSelect[Any]:
    """The alerts as known at a moment, or as they are now: alert's columns, and `unknown_until`."""
    if moment is None:
        return select(alert, _never())
    current = select(alert, _never()).where(_since(alert) <= moment)
    earlier = select(*_said(alert_past), _never()).where(
        _since(alert_past) <= moment, alert_past.c.until_at > moment
    )
    oldest = exists().where(alert_past.c.alert_id == alert.c.alert_id)
    older = alert_past.alias()
    same = older.c.alert_id == alert_past.c.alert_id
    still_older = exists().where(same, older.c.revision < alert_past.c.revision)
    return union_all(
        current, earlier, _unrecorded(alert, ~oldest, moment), _unrecorded(alert_past, ~still_older, moment)
    )


def _unrecorded(table: Table, is_oldest: ColumnElement[bool], moment: datetime) -> Select[Any]:
    """Alerts that there were, but of which no row tells what they then said: the oldest row and the state."""
    columns = [_state_at(table, moment) if one.name == "state" else one for one in _said(table)]
    return select(*columns, table.c.since_at.label("unknown_until")).where(
        table.c.opened_at <= moment, table.c.since_at > moment, is_oldest
    )


def _state_at(table: Table, moment: datetime) -> ColumnElement[str]:
    told = (
        select(alert_event.c.to_state)
        .where(alert_event.c.alert_id == table.c.alert_id, alert_event.c.at <= moment)
        .order_by(alert_event.c.seq.desc())
        .limit(1)
        .scalar_subquery()
    )
    return func.coalesce(told, str(State.DISPATCHED)).label("state")


def _said(table: Table) -> list[ColumnElement[Any]]:
    return [table.c[one.name] for one in alert.c]


def _since(table: Table) -> ColumnElement[datetime]:
    return func.coalesce(table.c.since_at, table.c.opened_at)


def _never() -> ColumnElement[Any]:
    return cast(null(), DateTime()).label("unknown_until")
