"""Alerts as they were known at a moment, how far back that is known, and the count of their changes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select

from tests.databases import bare_url, database_url
from tests.store.test_migrations import run
from yaotong.alerts.states import Act, State
from yaotong.errors import Conflict
from yaotong.store import Connection, Store, alerts, migrate, open_alerts, open_store, past
from yaotong.store.schema import alert, alert_event, alert_past

OPENED = datetime(2026, 5, 1, 8)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    migrate(made)
    return made


def row(alert_id: str, **said: Any) -> dict[str, Any]:
    """An alert opened at OPENED for behaviour in April."""
    day, moment = date(2026, 4, 20), datetime(2026, 4, 20, 9)
    due = {f"{step}_due": datetime(2026, 5, 10) for step in ("accept", "check", "dispose", "close")}
    return {
        "alert_id": alert_id, "rule_id": "R-M01", "rule_version": 1, "subject_kind": "pharmacy", "subject": "P0",
        "level": "yellow", "state": "dispatched", "revision": 1, "lead": "msa", "area_code": None, "pharmacy_ids": "[]",
        "clause": "visit", "measure": 3.0, "threshold": 2.0, "first_day": day, "last_day": day, "behaviour_from": moment,
        "behaviour_until": moment, "opened_at": OPENED, "condition_gone": False, "data_version": 1, **due, **said,
    }  # fmt: skip


def event(alert_id: str, seq: int, state: str, at: datetime) -> dict[str, Any]:
    said = {"actor": "x", "department": "msa", "act": "note", "from_state": "", "reason": "", "text": ""}
    return {"alert_id": alert_id, "seq": seq, "at": at, "to_state": state, **said}


def hours(count: float) -> datetime:
    return OPENED + timedelta(hours=count)


def known(store: Store, at: datetime | None, department: str = "") -> dict[str, tuple[str, str, str | None]]:
    """State, level and part of each alert as known at a moment."""
    with store.read() as connection:
        frame = open_alerts.open_on(connection, open_alerts.EVER, department, at)
    part = frame["part"].astype(object).where(frame["part"].notna(), None)
    return dict(zip(frame["alert_id"], zip(frame["state"], frame["level"], part, strict=True), strict=True))


def test_every_row_an_alert_ever_had_is_found_at_its_moments(store: Store) -> None:
    with store.write() as connection:
        alerts.insert_alerts(connection, [row("a"), row("b", opened_at=hours(2))])
        alerts.add_dispatches(
            connection, [{"alert_id": "a", "department": "msa", "part": "lead", "sent_at": hours(3)}]
        )
    for hour, columns in ((1, {"level": "red"}), (4, {"state": "accepted"})):
        with store.write() as connection:
            alerts.change(connection, "a", 1 if hour == 1 else 2, columns, at=hours(hour))
    assert known(store, hours(-1)) == {}
    assert known(store, hours(0.5)) == {"a": ("dispatched", "yellow", None)}
    assert known(store, hours(1), "msa") == {"a": ("dispatched", "red", None)}
    told = {hour: known(store, hours(hour), "msa") for hour in (3, 4)}
    assert told[3] == {"a": ("dispatched", "red", "lead"), "b": ("dispatched", "yellow", None)}
    assert told[4] == known(store, None, "msa")
    assert told[4]["a"] == ("accepted", "red", "lead")


def test_a_refused_change_leaves_no_trace(store: Store) -> None:
    with store.write() as connection:
        alerts.insert_alerts(connection, [row("a")])
        before = past.count(connection)
        with pytest.raises(Conflict):
            alerts.change(connection, "a", 7, {"level": "red"}, at=hours(1))
        assert connection.execute(select(alert_past)).fetchall() == []
        assert past.count(connection) == before


def test_a_closed_alert_was_closed_when_it_was_and_not_when_more_was_said_of_it(store: Store) -> None:
    with store.write() as connection:
        alerts.insert_alerts(connection, [row("a", state="closed")])
        said: dict[str, Any] = {"actor": "x", "department": "msa", "reason": ""}
        alerts.add_event(
            connection, "a", at=hours(5), act=Act.CLOSE, sources=(State.DISPOSED, State.CLOSED), **said
        )
        alerts.add_event(
            connection, "a", at=hours(99), act=Act.VANISH, sources=(State.CLOSED, State.CLOSED), **said
        )
        days = [hours(0).date() + timedelta(days=one) for one in (-1, 0, 1)]
        assert [len(open_alerts.open_on(connection, day)) for day in days] == [1, 0, 0]


def test_alerts_changed_before_rows_were_kept_say_from_when_on_they_are_known(tmp_path: Path) -> None:
    """Opened and never touched: known throughout. Changed: known since the last change, before it by events."""
    store = open_store(bare_url(tmp_path), tmp_path / "facts")
    run(store, "upgrade", "0008")
    with store.write() as connection:
        connection.execute(insert(alert), [row("new"), row("old", revision=3, level="red", state="checking")])
        connection.execute(
            insert(alert_event),
            [event("new", 1, "dispatched", hours(0)), event("old", 1, "dispatched", hours(0))],
        )
        connection.execute(
            insert(alert_event),
            [event("old", 2, "accepted", hours(2)), event("old", 3, "checking", hours(4))],
        )
    migrate(store)
    with store.write() as connection:
        alerts.change(connection, "old", 3, {"level": "orange"}, at=hours(6))
    assert known(store, hours(-1)) == {}
    assert [known(store, hours(one))["old"][:2] for one in (1, 3, 5, 7)] == [
        ("dispatched", "red"),
        ("accepted", "red"),
        ("checking", "red"),
        ("checking", "orange"),
    ]
    assert {known(store, hours(one))["new"][:2] for one in (1, 7)} == {("dispatched", "yellow")}
    with store.read() as connection:
        told = [
            open_alerts.open_on(connection, None, known=hours(one)).set_index("alert_id") for one in (1, 5)
        ]
    assert told[0].loc["old", "unknown_until"] == hours(4)
    assert told[0]["unknown_until"].notna().sum() == 1
    assert told[1]["unknown_until"].isna().all()
    store.engine.dispose()


_SENT = {"alert_id": "a", "department": "psb", "part": "assist", "sent_at": OPENED}
_MOVES: dict[str, Callable[[Connection], object]] = {
    "open": lambda connection: alerts.insert_alerts(connection, [row("b")]),
    "change": lambda connection: alerts.change(connection, "a", 1, {"level": "red"}, at=OPENED),
    "dispatch": lambda connection: alerts.add_dispatches(connection, [_SENT]),
    "event": lambda connection: alerts.add_events(connection, [event("a", 9, "closed", OPENED)]),
}


@pytest.mark.parametrize("move", _MOVES)
def test_the_count_moves_with_every_write_and_not_without(store: Store, move: str) -> None:
    with store.write() as connection:
        alerts.insert_alerts(connection, [row("a")])
        before = past.count(connection)
    with store.write() as connection:
        for nothing in (alerts.insert_alerts, alerts.add_dispatches, alerts.add_events):
            nothing(connection, [])
        assert past.count(connection) == before
        _MOVES[move](connection)
    with store.read() as connection:
        assert past.count(connection) > before
