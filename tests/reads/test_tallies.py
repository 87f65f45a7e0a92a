"""Counts that are kept say at every moment, and after every change, what counting anew says."""

from __future__ import annotations

import contextlib
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

from tests.cities import city, copy_of
from yaotong import acts
from yaotong.alerts.silence import Mute
from yaotong.alerts.states import Act, Said
from yaotong.errors import YaotongError
from yaotong.reads.tallies import SOON, tallies_of
from yaotong.store import inboxes
from yaotong.store.desk_tables import desk_line
from yaotong.store.rulestops import pause, resume
from yaotong.store.schema import alert
from yaotong.store.silences import put_mutes
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOW = datetime(2026, 7, 6, 10)
MSA = Viewer("msa", "", "msa", "330482", "leader")
VIEWERS = (MSA, Viewer("hc", "", "hc", "330482", "officer"), Viewer("t", "", "msa", "330482001", "officer"))


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def told(rows: Any) -> list[tuple[Any, ...]]:
    """Without how long they hold."""
    return sorted(tuple(row)[:9] for row in rows)


def anew(connection: Any, viewer: Viewer, now: datetime, muted: bool) -> Any:
    today = datetime.combine(now.date(), datetime.min.time())
    return inboxes.counts(connection, viewer, now=now, soon=now + SOON, today=today, muted=muted)


def assert_true(ws: Workspace, now: datetime) -> None:
    with ws.store.read() as connection:
        for viewer in VIEWERS:
            for muted in (False, True):
                kept = tallies_of(connection, viewer, now, muted=muted)
                assert told(kept) == told(anew(connection, viewer, now, muted)), (viewer, muted, now)


def dues(ws: Workspace) -> list[datetime]:
    with ws.store.read() as connection:
        return sorted(set(connection.execute(select(desk_line.c.due).where(desk_line.c.due > NOW)).scalars()))


def test_they_are_those_counted_anew_at_every_hour_and_after_every_change(ws: Workspace) -> None:
    chance, now = random.Random(3), NOW
    with ws.store.read() as connection:
        ids = list(connection.execute(select(alert.c.alert_id).order_by(alert.c.alert_id)).scalars())
        rules = list(connection.execute(select(alert.c.rule_id).distinct()).scalars())
    muted: dict[str, Mute | None] = {}
    for _ in range(60):
        step = chance.randrange(5)
        with ws.store.write() as connection:
            if step == 0:
                pause(connection, chance.choice(rules), 9, 1, now)
            elif step == 1:
                resume(connection, chance.choice(rules), "msa", now)
            elif step == 2:
                after = {one: Mute(now.date(), None, chance.choice(ids)) for one in chance.sample(ids, 3)}
                put_mutes(connection, muted, after)
                muted = dict(after)
        if step == 3:
            with contextlib.suppress(YaotongError):  # it was accepted before, or is another's
                one, said = chance.choice(ids), Said(text="受理")
                acts.move_alert(ws, one, Act.ACCEPT, actor=MSA, said=said, if_match=None, now=now)
        if step == 4:
            now += timedelta(minutes=chance.choice((1, 50, 700)))
        assert_true(ws, now)


@pytest.mark.parametrize("before", [timedelta(0), SOON])
def test_an_hour_that_changes_one_is_no_minute_too_late(ws: Workspace, before: timedelta) -> None:
    tick = timedelta(microseconds=1)
    for due in dues(ws)[:6]:
        for now in (due - before - tick, due - before, due - before + tick):
            assert_true(ws, now)


def test_midnight_ends_what_is_new_of_the_day(ws: Workspace) -> None:
    midnight = datetime(2026, 7, 7)
    for now in (midnight - timedelta(microseconds=1), midnight, NOW):
        assert_true(ws, now)


def test_nothing_is_counted_again_while_nothing_changed(ws: Workspace) -> None:
    asked: list[str] = []
    event.listen(
        ws.store.engine,
        "before_cursor_execute",
        lambda _c, _u, statement, _p, _x, _m: asked.append(statement),
    )
    with ws.store.read() as connection:
        tallies_of(connection, MSA, NOW)
        first = len([one for one in asked if "desk_line" in one])
        tallies_of(connection, MSA, NOW)
        assert first == 1
        assert len([one for one in asked if "desk_line" in one]) == first
    with ws.store.write() as connection:
        pause(connection, "R-M01", 9, 1, NOW)
    with ws.store.read() as connection:
        tallies_of(connection, MSA, NOW)
    assert len([one for one in asked if "desk_line" in one]) == first + 1
