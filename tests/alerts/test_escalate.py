"""When superiors are told, whom, and that each share of a step's time is told of once."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.alerts.escalate import Look, first_look, look, reminds, superiors
from yaotong.alerts.people import Leader
from yaotong.alerts.states import State

START = datetime(2026, 3, 2, 8)
DUE = START + timedelta(minutes=100)
LEADERS = [
    Leader("县局", "msa", "330482"),
    Leader("当湖所", "msa", "330482001"),
    Leader("乍浦所", "msa", "330482101"),
]


@pytest.mark.parametrize(
    ("minutes", "seen"),
    [
        (79, Look(None, START + timedelta(minutes=80))),
        (80, Look(80, DUE)),
        (99, Look(80, DUE)),
        (100, Look(100, None)),
        (5000, Look(100, None)),
    ],
)
def test_four_fifths_and_the_end_on_both_sides(minutes: int, seen: Look) -> None:
    assert look(START, DUE, START + timedelta(minutes=minutes)) == seen


@given(st.integers(1, 10_000), st.lists(st.integers(0, 20_000), min_size=1, max_size=30))
def test_whenever_one_looks_each_share_is_told_of_once_at_most(length: int, moments: list[int]) -> None:
    due = START + timedelta(minutes=length)
    again, told = first_look(State.DISPATCHED, START, due), []
    for minutes in sorted(moments):
        now = START + timedelta(minutes=minutes)
        if again is None or again > now:
            continue
        seen = look(START, due, now)
        told += [seen.percent] if seen.percent else []
        assert seen.again_at is None or seen.again_at > now
        again = seen.again_at
    assert told in ([], [80], [100], [80, 100])
    assert (max(moments) >= length) == (100 in told)


def test_nothing_is_waited_for_while_an_alert_is_paused_or_closed() -> None:
    assert first_look(State.SUSPENDED, START, DUE) is None
    assert first_look(State.CLOSED, START, DUE) is None
    assert first_look(State.CHECKING, START, DUE) == START + timedelta(minutes=80)


@pytest.mark.parametrize(
    ("percent", "area", "names"),
    [
        (80, "330482001", ["当湖所"]),
        (80, "330482101", ["乍浦所"]),
        (80, "330482002", ["县局"]),
        (100, "330482001", ["县局"]),
        (100, None, ["县局"]),
    ],
)
def test_the_leader_on_the_spot_first_and_the_one_above_at_the_end(
    percent: int, area: str | None, names: list[str]
) -> None:
    assert [one.display_name for one in superiors(percent, area, LEADERS)] == names


def test_where_there_is_no_leader_nobody_is_named() -> None:
    assert superiors(80, "330482001", []) == ()


@pytest.mark.parametrize(
    ("minutes", "reminded"), [(0, False), (49, False), (50, True), (79, True), (80, False), (500, False)]
)
def test_half_of_the_time_to_accept_and_until_superiors_hear(minutes: int, *, reminded: bool) -> None:
    now = START + timedelta(minutes=minutes)
    assert reminds(State.DISPATCHED, START, DUE, now) is reminded
    assert not any(reminds(one, START, DUE, now) for one in State if one is not State.DISPATCHED)


def test_an_alert_to_be_accepted_is_looked_at_from_half_of_its_time() -> None:
    assert first_look(State.DISPATCHED, START, DUE) == START + timedelta(minutes=50)
    assert first_look(State.ACCEPTED, START, DUE) == START + timedelta(minutes=80)
