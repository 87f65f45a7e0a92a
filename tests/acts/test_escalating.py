"""Deadlines that run out are told of once, to the lead, with the superiors' names."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.acts.escalating import escalate
from yaotong.alerts.people import Shift
from yaotong.alerts.states import Act, Said
from yaotong.store import alerts, duty, outbox
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def told(workspace: Workspace, alert_id: str) -> list[str]:
    """What superiors were told of an alert so far."""
    with workspace.store.read() as connection:
        return [one.reason for one in alerts.events(connection, alert_id) if one.act == "escalate"]


def one_of(workspace: Workspace) -> Any:
    with workspace.store.read() as connection:
        return alerts.get(connection, alerts.listing(connection, rule_id="R-M14")[0]["alert_id"])


def step(workspace: Workspace, alert_id: str, act: Act, now: datetime, **said: Any) -> None:
    told = Said(**{"text": "说明", **said})
    acts.move_alert(workspace, alert_id, act, actor=MSA, said=told, if_match=None, now=now)


def test_an_alert_that_nobody_signs_for_is_told_of_at_both_marks_and_once(small: Workspace) -> None:
    row = one_of(small)
    length = row.accept_due - row.clock_from
    early = row.clock_from + length * 0.8
    escalate(small, now=early - timedelta(seconds=1))
    assert told(small, row.alert_id) == []
    for _ in range(2):
        escalate(small, now=early)
    assert told(small, row.alert_id) == ["accept.80"]
    for _ in range(2):
        escalate(small, now=row.accept_due)
    assert told(small, row.alert_id) == ["accept.80", "accept.100"]
    escalate(small, now=row.accept_due + timedelta(days=99))
    assert told(small, row.alert_id) == ["accept.80", "accept.100"]
    assert one_of(small).revision == row.revision
    with small.store.read() as connection:
        assert "药监" in alerts.events(connection, row.alert_id)[-1].text


def test_after_a_long_stillness_only_the_end_is_told(small: Workspace) -> None:
    row = one_of(small)
    escalate(small, now=row.accept_due + timedelta(days=30))
    assert told(small, row.alert_id) == ["accept.100"]


def test_the_clock_of_the_next_step_begins_when_a_step_is_done(small: Workspace) -> None:
    row = one_of(small)
    step(small, row.alert_id, Act.ACCEPT, BUILT_AT)
    escalate(small, now=row.accept_due)
    assert told(small, row.alert_id) == []
    escalate(small, now=row.check_due)
    assert told(small, row.alert_id) == ["check.100"]
    step(small, row.alert_id, Act.NOTE, row.check_due)
    assert escalate(small, now=row.check_due) == 0


def test_a_paused_alert_calls_nobody_and_an_extended_one_later(small: Workspace) -> None:
    row = one_of(small)
    step(small, row.alert_id, Act.ACCEPT, BUILT_AT)
    step(small, row.alert_id, Act.SUSPEND, BUILT_AT, reason="laboratory")
    escalate(small, now=row.close_due + timedelta(days=30))
    assert told(small, row.alert_id) == []
    resumed = BUILT_AT + timedelta(days=40)
    step(small, row.alert_id, Act.RESUME, resumed)
    step(small, row.alert_id, Act.PROLONG, resumed, days=15)
    later = one_of(small)
    escalate(small, now=later.dispose_due - timedelta(minutes=1))
    assert told(small, row.alert_id) == ["dispose.80"]
    escalate(small, now=later.dispose_due)
    assert told(small, row.alert_id) == ["dispose.80", "dispose.100"]


def reminders(workspace: Workspace, alert_id: str) -> list[Any]:
    with workspace.store.read() as connection:
        return [one for one in alerts.events(connection, alert_id) if one.act == "remind"]


def test_the_office_is_reminded_once_at_half_of_the_time_to_accept(small: Workspace) -> None:
    row = one_of(small)
    half = row.clock_from + (row.accept_due - row.clock_from) / 2
    escalate(small, now=half - timedelta(seconds=1))
    assert reminders(small, row.alert_id) == []
    for moment in (half, half, half + timedelta(minutes=1)):
        escalate(small, now=moment)
    (told,) = reminders(small, row.alert_id)
    assert (told.at, told.reason, told.actor) == (half, "half_time", "system")
    with small.store.read() as connection:
        sent = [one for one in outbox.of_alert(connection, row.alert_id) if one.event_seq == told.seq]
    assert {(one.department, one.channel, one.state) for one in sent} == {
        (row.lead, "inbox", "due"),
        (row.lead, "webhook", "due"),
    }
    assert one_of(small).revision == row.revision
    escalate(small, now=row.accept_due)
    assert len(reminders(small, row.alert_id)) == 1


def test_what_is_signed_for_is_not_reminded_of(small: Workspace) -> None:
    row = one_of(small)
    step(small, row.alert_id, Act.ACCEPT, BUILT_AT)
    escalate(small, now=row.clock_from + (row.accept_due - row.clock_from) / 2)
    assert reminders(small, row.alert_id) == []


def test_a_reminder_names_who_is_on_duty_to_the_office_alone(small: Workspace) -> None:
    row = one_of(small)
    half = row.clock_from + (row.accept_due - row.clock_from) / 2
    since, until = BUILT_AT - timedelta(days=1), BUILT_AT + timedelta(days=30)
    with small.store.write() as connection:
        duty.replace(connection, [Shift(row.lead, "330482", since, until, "msa-danghu")])
    escalate(small, now=half)
    (told,) = reminders(small, row.alert_id)
    assert told.text == "时限过半，尚未签收，值班 msa-danghu"
