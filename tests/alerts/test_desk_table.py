"""The table of moves: every act from every state by every part, permitted exactly where it says."""

from __future__ import annotations

import itertools

import pytest

from yaotong.acts.desk import MAX_TEXT_CHARS, check_move
from yaotong.alerts.states import MOVES, Act, Outcome, State, find_move
from yaotong.errors import Forbidden, IllegalMove, UsageError, YaotongError
from yaotong.viewer import Viewer

LEADER = Viewer("a", "甲", "msa", "330482", "leader")
OFFICER = Viewer("b", "乙", "msa", "330482", "officer")


@pytest.mark.parametrize(("act", "state", "part"), list(itertools.product(Act, State, ("lead", "assist"))))
def test_exactly_the_moves_of_the_table_are_permitted(act: Act, state: State, part: str) -> None:
    move = find_move(act)
    permitted = move is not None and state in move.sources and move.part in ("any", part)
    outcome = Outcome.CONFIRMED if move is not None and move.needs_outcome else None
    if permitted:
        assert check_move(state, part, act, LEADER, "说明", outcome) is move
    else:
        with pytest.raises(YaotongError):
            check_move(state, part, act, LEADER, "说明", outcome)


def test_closing_is_a_leaders_move() -> None:
    assert check_move(State.DISPOSED, "lead", Act.CLOSE, LEADER, "已办结", None).target is State.CLOSED
    with pytest.raises(Forbidden, match="负责人"):
        check_move(State.DISPOSED, "lead", Act.CLOSE, OFFICER, "已办结", None)


def test_a_disposition_says_what_was_found() -> None:
    with pytest.raises(UsageError, match="核查结论"):
        check_move(State.CHECKING, "lead", Act.DISPOSE, OFFICER, "已核查", None)
    with pytest.raises(UsageError, match="不能为空"):
        check_move(State.CHECKING, "lead", Act.DISPOSE, OFFICER, "  ", Outcome.CONFIRMED)


@pytest.mark.parametrize(("length", "fits"), [(MAX_TEXT_CHARS, True), (MAX_TEXT_CHARS + 1, False)])
def test_the_limit_of_a_text_holds_on_both_sides(length: int, fits: bool) -> None:
    if fits:
        assert check_move(State.CHECKING, "lead", Act.NOTE, OFFICER, "字" * length, None)
    else:
        with pytest.raises(UsageError, match=str(MAX_TEXT_CHARS)):
            check_move(State.CHECKING, "lead", Act.NOTE, OFFICER, "字" * length, None)


def test_only_the_system_opens_and_only_a_person_closes() -> None:
    with pytest.raises(IllegalMove, match="系统"):
        check_move(State.DISPATCHED, "lead", Act.OPEN, LEADER, "", None)
    assert [move.target for move in MOVES if move.act is Act.CLOSE] == [State.CLOSED]
    assert not any(move.target is State.CLOSED for move in MOVES if move.act is not Act.CLOSE)
