"""The table of moves: every act from every state by every part, permitted exactly where it says."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from yaotong.alerts.permit import MAX_TEXT_CHARS, check_department, check_move, check_once, check_reopening
from yaotong.alerts.states import (
    MAX_PROLONG_DAYS,
    MOVES,
    REOPEN_DAYS,
    Act,
    Move,
    Outcome,
    Said,
    State,
    find_move,
)
from yaotong.errors import Forbidden, IllegalMove, UsageError, YaotongError
from yaotong.viewer import Viewer

LEADER = Viewer("a", "甲", "msa", "330482", "leader")
OFFICER = Viewer("b", "乙", "msa", "330482", "officer")


SAYABLE = {
    "text": "说明",
    "outcome": Outcome.CONFIRMED,
    "department": "psb",
    "days": 5,
    "into": "0123456789ab",
}


def said_for(move: Move | None) -> Said:
    """All that a move asks for, and nothing else."""
    asked = move.asks if move is not None else frozenset()
    told = {name: value for name, value in SAYABLE.items() if name in asked or name == "text"}
    return Said(**told, reason=move.reasons[0] if move is not None and move.reasons else "")


@pytest.mark.parametrize(("act", "state", "part"), list(itertools.product(Act, State, ("lead", "assist"))))
def test_exactly_the_moves_of_the_table_are_permitted(act: Act, state: State, part: str) -> None:
    move = find_move(act)
    permitted = move is not None and state in move.sources and move.part in ("any", part)
    if permitted:
        assert check_move(state, part, act, LEADER, said_for(move)) is move
    else:
        with pytest.raises(YaotongError):
            check_move(state, part, act, LEADER, said_for(move))


@pytest.mark.parametrize("move", [one for one in MOVES if one.leader_only], ids=lambda one: one.act)
def test_what_is_a_leaders_move_is_refused_to_an_officer(move: Move) -> None:
    part = "assist" if move.part == "assist" else "lead"
    assert check_move(move.sources[0], part, move.act, LEADER, said_for(move)) is move
    with pytest.raises(Forbidden, match="负责人"):
        check_move(move.sources[0], part, move.act, OFFICER, said_for(move))


@pytest.mark.parametrize(
    ("move", "field"),
    [(move, field) for move in MOVES for field in sorted(move.asks)],
    ids=lambda one: str(getattr(one, "act", one)),
)
def test_what_a_move_asks_for_must_be_said(move: Move, field: str) -> None:
    part = "assist" if move.part == "assist" else "lead"
    nothing = {"text": "  ", "outcome": None, "days": None}.get(field, "")
    with pytest.raises(UsageError):
        check_move(move.sources[0], part, move.act, LEADER, replace(said_for(move), **{field: nothing}))


def test_a_disposition_says_what_was_found() -> None:
    with pytest.raises(UsageError, match="核查结论"):
        check_move(State.CHECKING, "lead", Act.DISPOSE, OFFICER, Said("已核查"))
    with pytest.raises(UsageError, match="不填核查结论"):
        check_move(State.CHECKING, "lead", Act.NOTE, OFFICER, Said("已核查", Outcome.CONFIRMED))


@pytest.mark.parametrize(("length", "fits"), [(MAX_TEXT_CHARS, True), (MAX_TEXT_CHARS + 1, False)])
def test_the_limit_of_a_text_holds_on_both_sides(length: int, fits: bool) -> None:
    if fits:
        assert check_move(State.CHECKING, "lead", Act.NOTE, OFFICER, Said("字" * length))
    else:
        with pytest.raises(UsageError, match=str(MAX_TEXT_CHARS)):
            check_move(State.CHECKING, "lead", Act.NOTE, OFFICER, Said("字" * length))


@pytest.mark.parametrize(("days", "fits"), [(0, False), (1, True), (MAX_PROLONG_DAYS, True), (16, False)])
def test_an_extension_has_bounds(days: int, fits: bool) -> None:
    said = Said("等外省回函", days=days)
    if fits:
        assert check_move(State.CHECKING, "lead", Act.PROLONG, LEADER, said)
    else:
        with pytest.raises(UsageError, match=str(MAX_PROLONG_DAYS)):
            check_move(State.CHECKING, "lead", Act.PROLONG, LEADER, said)


def test_an_alert_is_given_more_time_once() -> None:
    check_once(None)
    with pytest.raises(IllegalMove, match="延期过一次"):
        check_once(5)


def test_a_reason_is_one_of_the_moves_own() -> None:
    said = Said("已核对购进票", reason="laboratory")
    assert check_move(State.CHECKING, "lead", Act.SUSPEND, OFFICER, said)
    with pytest.raises(UsageError, match="有合理解释"):
        check_move(State.ACCEPTED, "lead", Act.DISMISS, LEADER, said)


@pytest.mark.parametrize(("days", "fits"), [(REOPEN_DAYS, True), (REOPEN_DAYS + 1, False)])
def test_an_alert_is_reopened_within_a_month(days: int, fits: bool) -> None:
    closed = datetime(2026, 3, 1, 9)
    if fits:
        check_reopening(closed, closed + timedelta(days=days))
    else:
        with pytest.raises(IllegalMove, match=str(REOPEN_DAYS)):
            check_reopening(closed, closed + timedelta(days=days))


def test_an_alert_goes_to_a_department_that_there_is_and_that_does_not_lead_it() -> None:
    parts, known = {"msa": "lead", "psb": "assist"}, ("msa", "psb", "hc")
    check_department(Act.TRANSFER, "psb", parts, known)
    check_department(Act.CONSULT, "hc", parts, known)
    with pytest.raises(UsageError, match="没有部门"):
        check_department(Act.TRANSFER, "fire", parts, known)
    with pytest.raises(UsageError, match="正是主办"):
        check_department(Act.TRANSFER, "msa", parts, known)
    with pytest.raises(UsageError, match="已在协办"):
        check_department(Act.CONSULT, "psb", parts, known)


def test_only_the_system_opens_and_only_a_leader_closes() -> None:
    with pytest.raises(IllegalMove, match="系统"):
        check_move(State.DISPATCHED, "lead", Act.OPEN, LEADER, Said())
    closing = {move.act for move in MOVES if move.target is State.CLOSED}
    assert closing == {Act.CLOSE, Act.DISMISS, Act.MERGE}
    assert all(move.leader_only and move.needs_text for move in MOVES if move.target is State.CLOSED)


def test_an_answer_may_say_what_its_department_found_and_need_not() -> None:
    for outcome in (None, *Outcome):
        assert check_move(State.CHECKING, "assist", Act.ANSWER, OFFICER, Said("已核", outcome))
    with pytest.raises(UsageError, match="不填核查结论"):
        check_move(State.CHECKING, "assist", Act.NOTE, OFFICER, Said("备注", Outcome.CONFIRMED))
    with pytest.raises(UsageError, match="请选择核查结论"):
        check_move(State.CHECKING, "lead", Act.DISPOSE, OFFICER, Said("已核"))
