"""Alerts open on a day, and how many moves were made: what the map is drawn from and refreshed by."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pandas as pd
from sqlalchemy import Connection, func, select

from yaotong.alerts.states import State
from yaotong.store.schema import alert, alert_event, dispatch


def open_on(connection: Connection, day: date | None) -> pd.DataFrame:
    """Alerts whose behaviour had begun by `day` and that were not closed on or before it.

    One row per alert with all its columns and `closed_at`; those open now when `day` is None.
    """
    closing = (
        select(alert_event.c.alert_id, func.max(alert_event.c.at).label("closed_at"))
        .where(alert_event.c.to_state == str(State.CLOSED))
        .group_by(alert_event.c.alert_id)
        .subquery()
    )
    query = select(alert, closing.c.closed_at).outerjoin(closing, closing.c.alert_id == alert.c.alert_id)
    if day is None:
        query = query.where(alert.c.state != str(State.CLOSED))
    else:
        end = datetime.combine(day + timedelta(days=1), datetime.min.time())
        still = (alert.c.state != str(State.CLOSED)) | (closing.c.closed_at >= end)
        query = query.where(alert.c.first_day <= day, still)
    columns = [*(column.name for column in alert.c), "closed_at"]
    return pd.DataFrame([dict(row) for row in connection.execute(query).mappings()], columns=columns)


def parts_of(connection: Connection, department: str) -> dict[str, str]:
    """The alerts a department was told of and its part in each: {alert_id: lead|assist}."""
    query = select(dispatch.c.alert_id, dispatch.c.part).where(dispatch.c.department == department)
    return {str(alert_id): str(part) for alert_id, part in connection.execute(query)}


def moves_made(connection: Connection) -> tuple[int, int]:
    """How many events and how many dispatches there are: grows whenever an alert moves."""
    events = connection.execute(select(func.count()).select_from(alert_event)).scalar_one()
    sent = connection.execute(select(func.count()).select_from(dispatch)).scalar_one()
    return int(events), int(sent)
