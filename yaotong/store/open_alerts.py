"""Alerts open on a day as they are, or were known at a moment: what the map is drawn from."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Integer,
    String,
    Subquery,
    Text,
    and_,
    case,
    func,
    null,
    select,
    true,
)

from yaotong.alerts.states import State
from yaotong.store import past
from yaotong.store.registry import frame_of
from yaotong.store.schema import alert, alert_event, dispatch

EVER = date.max
_KIND: dict[type, str] = {String: "str", Text: "str", Integer: "int64", Float: "float64", Boolean: "bool"}
_KIND[DateTime] = "datetime64[us]"
# What a column holds must not hang on the rows that happen to be in it: frames are compared.
_KINDS = {one.name: _KIND[type(one.type)] for one in alert.c if type(one.type) in _KIND}
_KINDS |= {one.name: "Int64" for one in alert.c if type(one.type) is Integer and one.nullable}
_KINDS |= {"part": "str", "closed_at": "datetime64[us]", "unknown_until": "datetime64[us]"}


def open_on(
    connection: Connection, day: date | None, department: str = "", known: datetime | None = None
) -> pd.DataFrame:
    """Alerts whose behaviour had begun by `day` and that were not closed on or before it.

    One row per alert with all its columns, `closed_at`, the department's `part` (lead, assist; NA when it
    was not told) and `unknown_until`. Those open now when `day` is None; all there are when it is EVER.
    With `known`, all this as it was known at that moment; `unknown_until` is the moment up to which no row
    tells what an alert then said, so that its oldest one speaks.
    """
    said = past.known_at(known).subquery()
    closing = _closing(known)
    told = and_(
        dispatch.c.alert_id == said.c.alert_id,
        dispatch.c.department == department,
        _by(dispatch.c.sent_at, known),
    )
    is_open = said.c.state != str(State.CLOSED)
    # What was closed and opened again has not ended.
    closed_at = case((is_open, null()), else_=closing.c.closed_at).label("closed_at")
    query = (
        select(said, closed_at, dispatch.c.part)
        .outerjoin(closing, closing.c.alert_id == said.c.alert_id)
        .outerjoin(dispatch, told)
    )
    if day is None:
        query = query.where(is_open)
    elif day != EVER:
        end = datetime.combine(day + timedelta(days=1), datetime.min.time())
        query = query.where(said.c.first_day <= day, is_open | (closing.c.closed_at >= end))
    return frame_of(connection.execute(query)).astype(_KINDS)


def parts_of(connection: Connection, department: str) -> dict[str, str]:
    """The alerts a department was told of and its part in each: {alert_id: lead|assist}."""
    query = select(dispatch.c.alert_id, dispatch.c.part).where(dispatch.c.department == department)
    return {str(alert_id): str(part) for alert_id, part in connection.execute(query)}


def _closing(known: datetime | None) -> Subquery:
    """When each closed alert was closed; what is said of it later closes nothing."""
    return (
        select(alert_event.c.alert_id, func.max(alert_event.c.at).label("closed_at"))
        .where(
            alert_event.c.to_state == str(State.CLOSED),
            alert_event.c.from_state != str(State.CLOSED),
            _by(alert_event.c.at, known),
        )
        .group_by(alert_event.c.alert_id)
        .subquery()
    )


def _by(moment: ColumnElement[datetime], known: datetime | None) -> ColumnElement[bool]:
    return true() if known is None else moment <= known
