"""Transfer, consultation, extension, pause, merging, dismissal and reopening, against a real store."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cities import BUILT_AT, city, copy_of
from yaotong import acts
from yaotong.acts.detection import apply
from yaotong.alerts.decide import plan
from yaotong.alerts.states import REOPEN_DAYS, Act, Outcome, Said, State
from yaotong.departments import departments
from yaotong.errors import Forbidden, IllegalMove, NotFound, UsageError
from yaotong.rules.book import book
from yaotong.store import alerts, casework, outbox
from yaotong.viewer import Viewer
from yaotong.workdays import add_workdays
from yaotong.workspace import Workspace

# A Monday at ten, so that working days are plain.
NOW = datetime(2026, 7, 6, 10)
MSA = Viewer("msa", "药监演示员", "msa", "330482", "leader")
PSB = Viewer("psb", "公安演示员", "psb", "330482", "leader")
HC = Viewer("hc", "卫健演示员", "hc", "330482", "leader")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    assert BUILT_AT - timedelta(days=30) < NOW
    return copy_of(city("small"), tmp_path / "home")


@pytest.fixture
def led(small: Workspace) -> str:
    """A dispatched alert that market supervision leads and the police were not told of."""
    with small.store.read() as connection:
        for row in alerts.listing(connection, rule_id="R-M14"):
            if "psb" not in alerts.parts(connection, row["alert_id"]):
                return str(row["alert_id"])
    raise AssertionError("the small city has no such alert")


def do(
    ws: Workspace, alert_id: str, act: Act, actor: Viewer = MSA, *, now: datetime = NOW, **said: Any
) -> None:
    told = Said(**{"text": "情况说明", **said})
    acts.move_alert(ws, alert_id, act, actor=actor, said=told, if_match=None, now=now)


def row_of(ws: Workspace, alert_id: str) -> Any:
    with ws.store.read() as connection:
        return alerts.get(connection, alert_id)


def parts_of(ws: Workspace, alert_id: str) -> dict[str, str]:
    with ws.store.read() as connection:
        return alerts.parts(connection, alert_id)


def waiting(ws: Workspace, alert_id: str) -> set[str]:
    """Departments that have messages of an alert's newest event."""
    with ws.store.read() as connection:
        newest = alerts.events(connection, alert_id)[-1].seq
        due = outbox.due(connection, NOW + timedelta(days=999), ("inbox",))
    return {one.department for one in due if one.alert_id == alert_id and one.event_seq == newest}


def test_a_transfer_has_one_lead_before_and_after(small: Workspace, led: str) -> None:
    do(small, led, Act.ACCEPT)
    do(small, led, Act.TRANSFER, department="psb")
    row = row_of(small, led)
    assert (row.lead, row.state) == ("psb", State.DISPATCHED)
    assert parts_of(small, led)["psb"] == "lead"
    assert parts_of(small, led)["msa"] == "assist"
    assert list(parts_of(small, led).values()).count("lead") == 1
    assert row.close_due == add_workdays(NOW, departments()["psb"].deadlines[row.level].close_days)
    assert "psb" in waiting(small, led)
    with pytest.raises(Forbidden):
        do(small, led, Act.ACCEPT)
    do(small, led, Act.ACCEPT, PSB)
    assert row_of(small, led).state == State.ACCEPTED


def test_a_transfer_to_an_assist_makes_it_the_lead_and_wants_its_signature_anew(
    small: Workspace, led: str
) -> None:
    do(small, led, Act.CONSULT, department="psb")
    assert parts_of(small, led)["psb"] == "assist"
    do(small, led, Act.TRANSFER, department="psb")
    do(small, led, Act.ACCEPT, PSB)
    do(small, led, Act.TRANSFER, PSB, department="msa")
    with small.store.read() as connection:
        told = {one.department: one for one in casework.dispatches(connection, led)}
    assert told["msa"].part == "lead"
    assert told["msa"].accepted_at is None
    assert told["psb"].part == "assist"


def test_advice_is_asked_of_a_department_that_was_not_told(small: Workspace, led: str) -> None:
    with pytest.raises(NotFound):
        do(small, led, Act.ANSWER, PSB)
    do(small, led, Act.CONSULT, department="psb")
    assert waiting(small, led) >= {"psb"}
    do(small, led, Act.ANSWER, PSB, text="未发现涉毒线索")
    with pytest.raises(UsageError, match="已在协办"):
        do(small, led, Act.CONSULT, department="psb")


def test_an_extension_moves_the_deadlines_once(small: Workspace, led: str) -> None:
    before = row_of(small, led)
    do(small, led, Act.PROLONG, days=3)
    after = row_of(small, led)
    for name in ("check_due", "dispose_due", "close_due"):
        assert getattr(after, name) == add_workdays(getattr(before, name), 3)
    assert (after.accept_due, after.state, after.prolonged_days) == (before.accept_due, before.state, 3)
    with pytest.raises(IllegalMove, match="延期过一次"):
        do(small, led, Act.PROLONG, days=1)


def test_a_pause_gives_back_the_working_days_it_took(small: Workspace, led: str) -> None:
    do(small, led, Act.ACCEPT)
    before = row_of(small, led)
    do(small, led, Act.SUSPEND, reason="laboratory")
    assert row_of(small, led).state == State.SUSPENDED
    with pytest.raises(IllegalMove, match="挂起"):
        do(small, led, Act.DISPOSE, outcome=Outcome.CONFIRMED)
    # From a Monday to the Wednesday of the week after: seven working days.
    do(small, led, Act.RESUME, now=NOW + timedelta(days=9))
    after = row_of(small, led)
    assert (after.state, after.suspended_at) == (State.CHECKING, None)
    assert after.dispose_due == add_workdays(before.dispose_due, 7)


def test_a_pause_within_one_day_moves_nothing(small: Workspace, led: str) -> None:
    do(small, led, Act.ACCEPT)
    before = row_of(small, led)
    do(small, led, Act.SUSPEND, reason="police")
    do(small, led, Act.RESUME, now=NOW + timedelta(hours=5))
    assert row_of(small, led).close_due == before.close_due


def test_a_dismissal_counts_as_a_false_alarm(small: Workspace, led: str) -> None:
    do(small, led, Act.DISMISS, reason="explained", text="已核对召回通知，本店未进过这批")
    row = row_of(small, led)
    assert (row.state, row.outcome) == (State.CLOSED, "false_alarm")
    with small.store.read() as connection:
        assert alerts.events(connection, led)[-1].reason == "explained"


def test_one_alert_is_merged_into_another_of_the_same_lead(small: Workspace, led: str) -> None:
    with small.store.read() as connection:
        rows = alerts.listing(connection)
        told = {row["alert_id"]: alerts.parts(connection, row["alert_id"]) for row in rows}
    other = next(row["alert_id"] for row in rows if row["lead"] == "msa" and row["alert_id"] != led)
    foreign = next(row["alert_id"] for row in rows if row["lead"] != "msa" and "msa" in told[row["alert_id"]])
    for into, why in ((led, "自己"), ("0" * 12, "没有预警"), (foreign, "同一部门")):
        with pytest.raises(UsageError, match=why):
            do(small, led, Act.MERGE, into=into)
    revision = row_of(small, other).revision
    do(small, led, Act.MERGE, into=other)
    assert (row_of(small, led).state, row_of(small, led).merged_into) == (State.CLOSED, other)
    with small.store.read() as connection:
        said = alerts.events(connection, other)[-1]
    assert (said.act, said.reason, said.to_state) == ("merge", led, row_of(small, other).state)
    assert row_of(small, other).revision == revision + 1
    with pytest.raises(UsageError, match="已销号"):
        do(small, other, Act.MERGE, into=led)


@pytest.mark.parametrize(("days", "fits"), [(REOPEN_DAYS, True), (REOPEN_DAYS + 1, False)])
def test_a_closed_alert_is_reopened_within_a_month(small: Workspace, led: str, days: int, fits: bool) -> None:
    do(small, led, Act.DISMISS, reason="explained")
    then = NOW + timedelta(days=days)
    if not fits:
        with pytest.raises(IllegalMove):
            do(small, led, Act.REOPEN, now=then)
        return
    do(small, led, Act.REOPEN, now=then, text="药店后来承认")
    row = row_of(small, led)
    assert (row.state, row.outcome) == (State.CHECKING, None)
    assert row.check_due > then


def test_supervision_is_marked_and_told(small: Workspace, led: str) -> None:
    do(small, led, Act.CONSULT, department="psb")
    do(small, led, Act.SUPERVISE, PSB, text="请于周五前反馈")
    assert row_of(small, led).supervised_at == NOW
    assert "msa" in waiting(small, led)
    assert row_of(small, led).state == State.DISPATCHED


@pytest.fixture
def recurred(small: Workspace, led: str) -> str:
    """The alert closed, and then behaviour of the same subject on the next day of its period."""
    do(small, led, Act.DISMISS, reason="explained")
    rule = book()["R-M14"]
    with small.store.write() as connection:
        known = alerts.known(connection, "R-M14", [row_of(small, led).subject])
        mine = [one for one in known if one.alert_id == led]
        again = _a_day_apart(mine[0].findings[-1], mine[0].first_day)
        decided = plan([again], [], mine, 10_000)
        apply(connection, rule, decided, NOW + timedelta(days=3))
    return led


def _a_day_apart(finding: Any, first_day: date) -> Any:
    from dataclasses import replace

    return replace(finding, behaviour_day=first_day - timedelta(days=1))


def test_behaviour_after_closing_opens_the_alert_again(small: Workspace, recurred: str) -> None:
    row = row_of(small, recurred)
    assert (row.state, row.outcome, row.condition_gone) == (State.DISPATCHED, None, False)
    assert row.close_due > NOW + timedelta(days=3)
    with small.store.read() as connection:
        said = alerts.events(connection, recurred)[-1]
    assert (said.act, said.from_state, said.to_state) == ("recur", "closed", "dispatched")
    assert "msa" in waiting(small, recurred)
    do(small, recurred, Act.ACCEPT, now=NOW + timedelta(days=4))
    assert len(json.loads(row.pharmacy_ids)) >= 1


def test_what_an_assist_found_is_kept_beside_what_the_lead_finds(small: Workspace, led: str) -> None:
    do(small, led, Act.CONSULT, department="psb")
    do(small, led, Act.ANSWER, PSB, outcome=Outcome.FALSE_ALARM)
    with small.store.read() as connection:
        told = {one.department: one for one in casework.dispatches(connection, led)}
        newest = alerts.events(connection, led)[-1]
    assert (told["psb"].outcome, told["msa"].outcome) == ("false_alarm", None)
    assert (newest.act, newest.reason) == ("answer", "false_alarm")
    assert row_of(small, led).outcome is None
    do(small, led, Act.ANSWER, PSB)
    with small.store.read() as connection:
        again = {one.department: one.outcome for one in casework.dispatches(connection, led)}
    assert again["psb"] is None, "the last answer counts, and it names no outcome"
