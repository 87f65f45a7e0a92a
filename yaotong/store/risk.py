"""Rows behind the risk score: alerts as they stood on a day, and what people said over a score."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.alerts.states import State
from yaotong.risk.formula import Grade
from yaotong.risk.overrides import Override, OverrideReason
from yaotong.store.risk_tables import risk_override
from yaotong.store.schema import alert, alert_event

_COLUMNS = ("alert_id", "rule_id", "level", "area_code", "first_day", "last_day", "pharmacy_ids")
# What an act says of the outcome, where it says it without a choice.
_ENDS: dict[str, str | None] = {"dismiss": "false_alarm", "reopen": None, "recur": None, "transfer": None}
_NOW = ("state", "outcome", "condition_gone")


def alerts_standing(connection: Connection, behaved_by: date, on: date | None) -> pd.DataFrame:
    """Alerts whose behaviour had begun by a day: _COLUMNS, state, outcome and condition_gone.

    As they stand now when `on` is None, else as the moves up to the end of that day had left them; their
    level and last day are those of now.
    """
    columns = [alert.c[name] for name in (*_COLUMNS, *_NOW)]
    rows = connection.execute(select(*columns).where(alert.c.first_day <= behaved_by))
    frame = pd.DataFrame(rows.fetchall(), columns=[*_COLUMNS, *_NOW])
    return frame if on is None else _as_left(frame, _moves_until(connection, on))


def _as_left(frame: pd.DataFrame, moves: dict[str, tuple[str, str | None, bool]]) -> pd.DataFrame:
    untouched = (str(State.DISPATCHED), None, False)
    stood = [moves.get(one, untouched) for one in frame["alert_id"]]
    told = {name: [one[place] for one in stood] for place, name in enumerate(_NOW)}
    return frame.assign(
        **{name: pd.Series(values, frame.index, dtype=object) for name, values in told.items()}
    )


def _moves_until(connection: Connection, day: date) -> dict[str, tuple[str, str | None, bool]]:
    """State, outcome and whether the condition was gone, of each alert that had moved by a day's end."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time())
    moves = alert_event.c
    query = select(moves.alert_id, moves.act, moves.to_state, moves.reason).where(moves.at < end)
    stood: dict[str, tuple[str, str | None, bool]] = {}
    for name, act, state, reason in connection.execute(query.order_by(moves.alert_id, moves.seq)):
        _, outcome, gone = stood.get(name, ("", None, False))
        outcome = reason if act == "dispose" else _ENDS.get(act, outcome)
        gone = act == "vanish" if act in ("vanish", "open", "extend", "worsen") else gone
        stood[name] = (state, outcome, gone)
    return stood


def add(connection: Connection, one: Override) -> int:
    """A new override; its number."""
    kept = {name: getattr(one, name) for name in risk_override.c.keys() if name != "override_id"}  # noqa: SIM118
    kept |= {"reason": str(one.reason), "grade": None if one.grade is None else str(one.grade)}
    result = connection.execute(insert(risk_override).values(**kept))
    (number,) = result.inserted_primary_key or (0,)
    return int(number)


def end(connection: Connection, override_id: int, at: datetime, by: str) -> None:
    """Note that an override no longer counts from a moment on."""
    statement = update(risk_override).where(risk_override.c.override_id == override_id)
    connection.execute(statement.values(ended_at=at, ended_by=by))


def changes(connection: Connection) -> str:
    """Changes whenever an override is given or ended."""
    query = select(func.count(), func.count(risk_override.c.ended_at)).select_from(risk_override)
    given, ended = connection.execute(query).one()
    return f"{given}-{ended}"


def get(connection: Connection, override_id: int) -> Override | None:
    """One override, or None."""
    query = select(risk_override).where(risk_override.c.override_id == override_id)
    row = connection.execute(query).first()
    return None if row is None else _override(row)


def overrides(connection: Connection, license_no: str | None = None) -> list[Override]:
    """All overrides, or a shop's, in the order they were made."""
    query = select(risk_override).order_by(risk_override.c.override_id)
    if license_no is not None:
        query = query.where(risk_override.c.license_no == license_no)
    return [_override(row) for row in connection.execute(query)]


def _override(row: Row[Any]) -> Override:
    told = {**row._mapping, "reason": OverrideReason(row.reason)}
    return Override(**{**told, "grade": None if row.grade is None else Grade(row.grade)})
