"""Findings to alerts: identity, cool-down, closed alerts, vanished conditions, any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.alerts.decide import Plan, period_of, plan
from yaotong.alerts.model import Change, Finding, KnownAlert, alert_id_of
from yaotong.alerts.states import Act, State
from yaotong.codes import Level

DAY0 = date(2026, 1, 5)  # a Monday
COOLDOWN = 7


def found(day: int, *, subject: str = "s", level: Level = Level.ORANGE, measure: float = 3.0) -> Finding:
    moment = datetime(2026, 1, 5, 9) + timedelta(days=day)
    return Finding(
        rule_id="R-M01",
        rule_version=1,
        subject=subject,
        behaviour_day=moment.date(),
        behaviour_from=moment,
        behaviour_until=moment,
        clause="packs",
        measure=measure,
        threshold=2.0,
        level=level,
        area_code="330482001",
        pharmacy_ids=("p1",),
        line_ids=(f"p1/{day}",),
    )


def known(*findings: Finding, state: State = State.DISPATCHED, gone: bool = False) -> KnownAlert:
    period = period_of(findings[0].behaviour_day, COOLDOWN)
    return KnownAlert(
        alert_id=alert_id_of(findings[0].rule_id, findings[0].subject, period),
        subject=findings[0].subject,
        state=state,
        level=min((one.level for one in findings), key=lambda one: one.rank),
        first_day=findings[0].behaviour_day,
        last_day=findings[-1].behaviour_day,
        condition_gone=gone,
        findings=findings,
    )


def after(change: Change) -> KnownAlert:
    """The alert as it stands once a change has been applied."""
    return KnownAlert(
        change.alert_id,
        change.findings[0].subject,
        State.DISPATCHED,
        change.gravest.level,
        change.columns()["first_day"],
        change.columns()["last_day"],
        change.act is Act.VANISH,
        change.findings,
    )


def test_findings_of_one_period_are_one_alert_and_of_two_periods_two() -> None:
    inside = plan([found(0), found(COOLDOWN - 1)], [], [], COOLDOWN)
    beyond = plan([found(COOLDOWN - 1), found(COOLDOWN)], [], [], COOLDOWN)
    assert [change.act for change in inside.changes] == [Act.OPEN]
    assert len(inside.changes[0].findings) == 2
    assert beyond.count(Act.OPEN) == 2


@pytest.mark.parametrize("days", [1, 7, 30])
def test_periods_follow_one_another_without_gap(days: int) -> None:
    starts = [period_of(DAY0 + timedelta(days=one), days) for one in range(90)]
    assert all(
        start <= DAY0 + timedelta(days=one) < start + timedelta(days=days) for one, start in enumerate(starts)
    )
    assert period_of(DAY0, 7) == DAY0


def test_the_same_findings_again_change_nothing() -> None:
    first = found(0)
    assert plan([first], [], [known(first)], COOLDOWN) == Plan(())


def test_new_evidence_extends_quietly_and_a_graver_level_is_told() -> None:
    first = found(0)
    quiet = plan([found(2)], [], [known(first)], COOLDOWN).changes[0]
    loud = plan([found(2, level=Level.RED)], [], [known(first)], COOLDOWN).changes[0]
    assert (quiet.act, quiet.told) == (Act.EXTEND, False)
    assert (loud.act, loud.told) == (Act.WORSEN, True)
    assert loud.gravest.level is Level.RED


def test_a_corrected_finding_is_told_apart_from_new_evidence() -> None:
    first = found(0)
    change = plan([found(0, measure=5.0)], [], [known(first)], COOLDOWN).changes[0]
    assert (change.act, change.reason) == (Act.EXTEND, "evidence_changed")
    assert change.columns()["measure"] == 5.0


def test_a_closed_alert_takes_back_its_own_days_quietly_and_is_opened_again_by_others() -> None:
    closed = known(found(1), found(4), state=State.CLOSED)
    inside = plan([found(2)], [], [closed], COOLDOWN).changes[0]
    assert (inside.act, inside.alert_id, inside.told) == (Act.EXTEND, closed.alert_id, False)
    for day in (0, 5):
        again = plan([found(day)], [], [closed], COOLDOWN).changes[0]
        assert (again.act, again.alert_id, again.told) == (Act.RECUR, closed.alert_id, True)
        assert len(again.findings) == 3
    later = plan([found(COOLDOWN)], [], [closed], COOLDOWN).changes[0]
    assert later.act is Act.OPEN
    assert later.alert_id != closed.alert_id


def test_a_vanished_condition_is_marked_once_and_never_closes() -> None:
    first = found(0)
    change = plan([], [first.finding_id], [known(first)], COOLDOWN).changes[0]
    assert (change.act, change.told) == (Act.VANISH, True)
    assert plan([], [first.finding_id], [known(first, gone=True)], COOLDOWN) == Plan(())


def test_losing_one_of_two_findings_keeps_the_alert() -> None:
    first, second = found(0), found(1)
    change = plan([], [first.finding_id], [known(first, second)], COOLDOWN).changes[0]
    assert change.act is Act.EXTEND
    assert change.findings == (second,)


def test_alert_ids_come_from_labels_and_behaviour_not_from_runs() -> None:
    assert alert_id_of("R-M01", "s", DAY0) == alert_id_of("R-M01", "s", DAY0)
    assert (
        len(
            {
                alert_id_of("R-M01", "s", DAY0),
                alert_id_of("R-M01", "t", DAY0),
                alert_id_of("R-P01", "s", DAY0),
            }
        )
        == 3
    )


def test_behaviour_cannot_end_before_it_starts() -> None:
    with pytest.raises(ValueError, match="ends before"):
        Finding(
            "R-M01",
            1,
            "s",
            DAY0,
            datetime(2026, 1, 2),
            datetime(2026, 1, 1),
            "c",
            1,
            1,
            Level.RED,
            None,
            (),
            (),
        )


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 60)), unique=True, max_size=30), st.randoms()
)
def test_any_order_of_findings_opens_the_same_alerts(days: list[tuple[str, int]], random: object) -> None:
    findings = [found(day, subject=subject) for subject, day in days]
    shuffled = findings[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plan(findings, [], [], COOLDOWN) == plan(shuffled, [], [], COOLDOWN)


@given(st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=25))
def test_days_in_any_order_end_like_one_run(days: list[int]) -> None:
    alerts: dict[str, KnownAlert] = {}
    for day in days:
        for change in plan([found(day)], [], list(alerts.values()), COOLDOWN).changes:
            alerts[change.alert_id] = after(change)
    whole = {
        change.alert_id: after(change) for change in plan([found(d) for d in days], [], [], COOLDOWN).changes
    }
    assert alerts == whole


SECOND = replace(found(1), rule_version=2)


@pytest.mark.parametrize(
    ("news", "gone", "alert", "version", "act", "reason", "told"),
    [
        ([found(0)], [], None, 1, Act.OPEN, "new_finding", True),
        ([found(1)], [], known(found(0)), 1, Act.EXTEND, "new_evidence", False),
        ([found(0, measure=5)], [], known(found(0)), 1, Act.EXTEND, "evidence_changed", False),
        # A new version of the rule said so, and no line did.
        ([found(0, measure=5)], [], known(found(0)), 2, Act.EXTEND, "rule_changed", False),
        ([found(0), found(1)], [], known(found(0)), 2, Act.EXTEND, "new_evidence", False),
        ([], [found(0)], known(found(0), found(1)), 2, Act.EXTEND, "rule_changed", False),
        ([found(1, level=Level.RED)], [], known(found(0)), 1, Act.WORSEN, "level_up", True),
        ([], [found(0)], known(found(0)), 1, Act.VANISH, "condition_gone", True),
        ([], [found(0)], known(found(0)), 2, Act.VANISH, "rule_changed", True),
        ([], [found(0)], known(found(0), state=State.CLOSED), 1, Act.VANISH, "condition_gone", True),
        # What a new version would not have made is history, once it is closed.
        ([], [found(0)], known(found(0), state=State.CLOSED), 2, Act.VANISH, "rule_changed", False),
        ([], [SECOND], known(SECOND), 2, Act.VANISH, "condition_gone", True),
        ([found(3)], [], known(found(0), state=State.CLOSED), 1, Act.RECUR, "recurred", True),
    ],
)
def test_a_change_says_of_which_alert_what_why_and_whether_it_is_told(
    news: list[Finding],
    gone: list[Finding],
    alert: KnownAlert | None,
    version: int,
    act: Act,
    reason: str,
    told: bool,
) -> None:
    stands = [] if alert is None else [alert]
    (change,) = plan(news, [one.finding_id for one in gone], stands, COOLDOWN, version).changes
    expected = known(found(0)).alert_id
    assert (change.alert_id, change.act, change.reason, change.told) == (expected, act, reason, told)
    left = {one.finding_id for one in (alert.findings if alert else ())} - {one.finding_id for one in gone}
    after_it = left | {one.finding_id for one in news} or {one.finding_id for one in gone}
    assert {one.finding_id for one in change.findings} == after_it


@pytest.mark.parametrize("day", [1, 2, 3, 5])
def test_a_closed_alert_keeps_its_own_days_and_an_open_one_takes_the_others(day: int) -> None:
    closed = replace(known(found(1), found(3), state=State.CLOSED), alert_id="closed")
    opened = replace(known(found(5)), alert_id="open")
    news = replace(found(day), clause="mg")
    (change,) = plan([news], [], [closed, opened], COOLDOWN).changes
    assert change.alert_id == ("open" if day == 5 else "closed")


def test_subjects_do_not_share_their_changes() -> None:
    changes = plan([found(0), found(0, subject="t")], [], [], COOLDOWN).changes
    assert [one.alert_id for one in changes] == [
        alert_id_of("R-M01", name, period_of(DAY0, COOLDOWN)) for name in ("s", "t")
    ]
