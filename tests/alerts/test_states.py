"""The life of an alert as the departments signed it, line by line, and what may be said at each step."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from yaotong.alerts.permit import check_move, check_not_own
from yaotong.alerts.states import (
    DISMISSALS,
    MAX_PROLONG_DAYS,
    MOVES,
    PAUSES,
    REOPEN_DAYS,
    UNVISITED,
    Act,
    Move,
    Outcome,
    Said,
    State,
    find_move,
)
from yaotong.errors import Forbidden, IllegalMove, UsageError
from yaotong.viewer import Viewer

OFFICER = Viewer("b", "乙", "msa", "330482", "officer")
LEADER = Viewer("a", "甲", "msa", "330482", "leader")
OPEN = "dispatched accepted checking suspended disposed"
# Step: who, from where, to where ("=": it stays), what must be said; "!" is the leader's alone.
LIFE = {
    "accept": "lead | dispatched | accepted |",
    "check": "lead | accepted | checking |",
    "dispose": "lead | checking | disposed | text outcome",
    "close": "lead! | disposed | closed | text",
    "return": "lead! | disposed | checking | text",
    "suspend": "lead | accepted checking | suspended | text reason",
    "resume": "lead | suspended | checking | text",
    "prolong": "lead! | dispatched accepted checking disposed | = | text days",
    "transfer": "lead! | dispatched accepted checking | dispatched | text department",
    "merge": "lead! | dispatched accepted checking | closed | text into",
    "dismiss": "lead! | dispatched accepted | closed | text reason",
    "reopen": "lead! | closed | checking | text",
    "consult": f"lead | {OPEN} | = | text department",
    "unvisited": f"lead | {OPEN} | = | text reason",
    "answer": f"assist | {OPEN} | = | text",
    "note": f"any | {OPEN} | = | text",
    "supervise": f"any! | {OPEN} | = | text",
}
BY_THE_SYSTEM = "open extend worsen vanish recur remind escalate join"


def as_line(move: Move) -> tuple[str, set[str], str, set[str]]:
    who = move.part + ("!" if move.leader_only else "")
    return who, {*map(str, move.sources)}, str(move.target or "="), set(move.asks)


@pytest.mark.parametrize("act", LIFE)
def test_a_step_is_as_it_was_signed(act: str) -> None:
    who, sources, target, asks = (one.strip() for one in LIFE[act].split("|"))
    move = find_move(Act(act))
    assert move is not None
    assert move.act == act
    assert as_line(move) == (who, set(sources.split()), target, set(asks.split()))
    assert len(move.sources) == len(set(move.sources))


def test_there_are_no_other_steps() -> None:
    assert sorted(move.act for move in MOVES) == sorted(LIFE)
    assert {*map(str, Act)} == {*LIFE, *BY_THE_SYSTEM.split()}
    assert {*map(str, State)} == {*OPEN.split(), "closed"}
    assert {*map(str, Outcome)} == {"confirmed", "false_alarm", "unverifiable"}


@pytest.mark.parametrize("act", BY_THE_SYSTEM.split())
def test_what_only_the_system_does_is_no_persons_step(act: str) -> None:
    assert find_move(Act(act)) is None
    with pytest.raises(IllegalMove, match=r"^这一步只由系统自动作出。$"):
        check_move(State.DISPATCHED, "lead", Act(act), LEADER, Said("说明"))


def test_reasons_are_of_their_step_alone() -> None:
    reasons: Mapping[str, tuple[str, ...]] = {str(one.act): one.reasons for one in MOVES if one.reasons}
    assert reasons == {"suspend": PAUSES, "dismiss": DISMISSALS, "unvisited": UNVISITED}
    assert PAUSES == ("laboratory", "police", "court", "other_region")
    assert DISMISSALS == ("explained", "data_error", "known_case", "out_of_scope")
    assert set(UNVISITED) == {
        "settled_remotely", "inspected_lately", "shop_shut", "others_inspect", "minor", "put_off",
    }  # fmt: skip
    assert (MAX_PROLONG_DAYS, REOPEN_DAYS) == (15, 30)


@pytest.mark.parametrize("move", MOVES, ids=lambda one: str(one.act))
def test_what_is_asked_is_told_to_the_form(move: Move) -> None:
    assert move.needs_text is ("text" in LIFE[move.act])
    assert move.needs_outcome is (move.act == "dispose")
    assert move.takes_outcome is (move.act in ("dispose", "answer"))


def test_a_step_of_another_department_is_refused_by_whose_it_is() -> None:
    with pytest.raises(Forbidden, match=r"^这一步由主办部门作出。$"):
        check_move(State.DISPATCHED, "assist", Act.ACCEPT, LEADER, Said())
    with pytest.raises(Forbidden, match=r"^这一步由协办部门作出。$"):
        check_move(State.DISPATCHED, "lead", Act.ANSWER, LEADER, Said("说明"))
    with pytest.raises(Forbidden, match=r"^这一步由本部门负责人作出。$"):
        check_move(State.DISPOSED, "lead", Act.CLOSE, OFFICER, Said("说明"))


def test_a_step_out_of_order_is_refused_by_where_the_alert_stands() -> None:
    with pytest.raises(IllegalMove, match=r"^预警现在是“已销号”，不能做“签收”这一步。$"):
        check_move(State.CLOSED, "lead", Act.ACCEPT, LEADER, Said())


@pytest.mark.parametrize(
    ("state", "act", "said", "told"),
    [
        ("checking", Act.NOTE, Said(" \n"), "请写明情况，不能为空。"),
        ("checking", Act.NOTE, Said("字" * 4001), "说明最多 4000 字，现在 4001 字。"),
        ("checking", Act.DISPOSE, Said("已核"), "请选择核查结论：属实、误报或无法核实。"),
        ("checking", Act.NOTE, Said("已核", Outcome.CONFIRMED), "这一步不填核查结论。"),
        ("checking", Act.PROLONG, Said("等函"), "延期应为 1 至 15 个工作日。"),
        ("checking", Act.CONSULT, Said("请看"), "请选择部门。"),
        ("checking", Act.MERGE, Said("同一件"), "请写明并入哪一条预警（编号）。"),
    ],
    ids=["text", "length", "outcome", "no outcome", "days", "department", "into"],
)
def test_what_is_missing_is_told_in_one_sentence(state: str, act: Act, said: Said, told: str) -> None:
    with pytest.raises(UsageError) as error:
        check_move(state, "lead", act, LEADER, said)
    assert str(error.value) == told


def test_reasons_to_choose_from_are_told_in_words() -> None:
    with pytest.raises(UsageError, match=r"^请选择理由：explained（.+）、data_error（.+）、.+（.+）。$"):
        check_move("accepted", "lead", Act.DISMISS, LEADER, Said("说明", reason="laboratory"))


@pytest.mark.parametrize(
    ("kind", "subject", "own"),
    [("account", "b", True), ("account", "a", False), ("pharmacy", "b", False), ("buyer", "b", False)],
)
def test_nobody_handles_what_is_said_of_their_own_account(kind: str, subject: str, own: bool) -> None:
    if own:
        with pytest.raises(Forbidden, match=r"^这条预警说的是您自己的账号，请由别人办理。$"):
            check_not_own(kind, subject, OFFICER)
    else:
        check_not_own(kind, subject, OFFICER)
