"""The publish gate: each step's every condition, on both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from yaotong.errors import Forbidden, IllegalMove, UsageError, YaotongError
from yaotong.gate import (
    DEAD_AFTER,
    STEPS,
    Proof,
    Standing,
    Step,
    VersionState,
    allowed_steps,
    backtest_state,
    check_step,
)
from yaotong.viewer import SYSTEM, Viewer

AUTHOR = Viewer("lin", "林", "msa", "330482", "officer")
LEADER = Viewer("wang", "王", "msa", "330482", "leader")
OFFICER = Viewer("zhao", "赵", "msa", "330482", "officer")
STRANGER = Viewer("qian", "钱", "psb", "330482", "leader")
WHOLE = Proof(fires=1, stays=1, wrong=0, backtest="finished", fresh=True)
S = VersionState


def at(state: VersionState, proof: Proof = WHOLE, **more: object) -> Standing:
    approved = "wang" if state in (S.APPROVED, S.LIVE) else None
    return replace(Standing(state, "lin", "msa", approved, proof=proof), **more)  # type: ignore[arg-type]


def test_the_way_from_a_draft_to_live() -> None:
    assert check_step(at(S.DRAFT, Proof()), Step.TEST, AUTHOR) is S.TESTED
    assert check_step(at(S.TESTED, replace(WHOLE, backtest="")), Step.BACKTEST, AUTHOR) is S.TESTED
    assert check_step(at(S.BACKTESTED), Step.APPROVE, LEADER) is S.APPROVED
    assert check_step(at(S.APPROVED), Step.PUBLISH, LEADER) is S.LIVE
    assert check_step(at(S.LIVE), Step.RETIRE, LEADER, "不再需要") is S.RETIRED


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", list(S))
def test_no_step_is_taken_by_another_department_or_by_the_system(step: Step, state: VersionState) -> None:
    for actor, error in ((STRANGER, Forbidden), (SYSTEM, IllegalMove)):
        with pytest.raises(error):
            check_step(at(state), step, actor, "理由")


@pytest.mark.parametrize("step", [Step.MAKE, Step.MEASURE, Step.SUPERSEDE])
def test_what_the_system_does_no_person_does(step: Step) -> None:
    with pytest.raises(IllegalMove, match="系统"):
        check_step(at(S.TESTED), step, LEADER)


SOURCES = {
    Step.EDIT: {S.DRAFT, S.TESTED, S.BACKTESTED, S.APPROVED},
    Step.TEST: {S.DRAFT},
    Step.BACKTEST: {S.TESTED, S.BACKTESTED, S.APPROVED},
    Step.SHADOW: {S.TESTED, S.BACKTESTED, S.APPROVED},
    Step.UNSHADOW: {S.TESTED, S.BACKTESTED, S.APPROVED},
    Step.APPROVE: {S.BACKTESTED},
    Step.REFUSE: {S.BACKTESTED, S.APPROVED},
    Step.PUBLISH: {S.APPROVED},
    Step.WITHDRAW: {S.DRAFT, S.TESTED, S.BACKTESTED, S.APPROVED},
    Step.RETIRE: {S.LIVE},
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", list(S))
def test_from_where_each_step_may_be_taken(step: Step, state: VersionState) -> None:
    actor = AUTHOR if step is Step.EDIT else LEADER
    standing = at(state, shadow=step is Step.UNSHADOW)
    if state in SOURCES[step]:
        check_step(standing, step, actor, "理由")
    else:
        with pytest.raises(IllegalMove):
            check_step(standing, step, actor, "理由")


@pytest.mark.parametrize(
    ("step", "state", "may", "may_not"),
    [
        (Step.EDIT, S.DRAFT, [AUTHOR], [LEADER, OFFICER]),
        (Step.TEST, S.DRAFT, [AUTHOR, LEADER, OFFICER], []),
        (Step.BACKTEST, S.TESTED, [AUTHOR, LEADER, OFFICER], []),
        (Step.APPROVE, S.BACKTESTED, [LEADER], [AUTHOR, OFFICER]),
        (Step.REFUSE, S.BACKTESTED, [LEADER], [AUTHOR, OFFICER]),
        (Step.PUBLISH, S.APPROVED, [LEADER], [AUTHOR, OFFICER]),
        (Step.WITHDRAW, S.TESTED, [AUTHOR, LEADER], [OFFICER]),
        (Step.RETIRE, S.LIVE, [LEADER], [AUTHOR, OFFICER]),
    ],
)
def test_who_may(step: Step, state: VersionState, may: list[Viewer], may_not: list[Viewer]) -> None:
    for actor in may:
        check_step(at(state), step, actor, "理由")
        assert step in allowed_steps(at(state), actor)
    for actor in may_not:
        with pytest.raises(Forbidden):
            check_step(at(state), step, actor, "理由")
        assert step not in allowed_steps(at(state), actor)


def test_nobody_approves_their_own_not_even_the_head() -> None:
    own = at(S.BACKTESTED, author="wang")
    with pytest.raises(Forbidden, match="另一人"):
        check_step(own, Step.APPROVE, LEADER)
    other = Viewer("sun", "孙", "msa", "330482", "admin")
    assert check_step(own, Step.APPROVE, other) is S.APPROVED


@pytest.mark.parametrize("approved_by", [None, "lin"])
def test_without_a_second_person_nothing_is_published(approved_by: str | None) -> None:
    with pytest.raises(IllegalMove, match="另一人"):
        check_step(at(S.APPROVED, approved_by=approved_by), Step.PUBLISH, LEADER)


@pytest.mark.parametrize("step", [Step.APPROVE, Step.PUBLISH])
@pytest.mark.parametrize(
    ("lack", "said"),
    [
        ({"fires": 0}, "一个触发"),
        ({"stays": 0}, "一个不触发"),
        ({"wrong": 1}, "不符"),
        ({"backtest": ""}, "没有完成"),
        ({"backtest": "running"}, "没有完成"),
        ({"backtest": "failed"}, "没有完成"),
        ({"fresh": False}, "重新回测"),
    ],
)
def test_what_has_not_proved_itself_goes_no_further(step: Step, lack: dict[str, object], said: str) -> None:
    state = S.BACKTESTED if step is Step.APPROVE else S.APPROVED
    with pytest.raises(IllegalMove, match=said):
        check_step(at(state, replace(WHOLE, **lack)), step, LEADER)  # type: ignore[arg-type]
    check_step(at(state), step, LEADER)


def test_one_back_test_at_a_time() -> None:
    with pytest.raises(IllegalMove, match="正在进行"):
        check_step(at(S.TESTED, replace(WHOLE, backtest="running")), Step.BACKTEST, AUTHOR)
    check_step(at(S.TESTED, replace(WHOLE, backtest="failed")), Step.BACKTEST, AUTHOR)


def test_a_shadow_is_switched_on_once_and_off_once() -> None:
    assert check_step(at(S.TESTED), Step.SHADOW, OFFICER) is S.TESTED
    assert check_step(at(S.TESTED, shadow=True), Step.UNSHADOW, OFFICER) is S.TESTED
    for shadow, step in ((True, Step.SHADOW), (False, Step.UNSHADOW)):
        with pytest.raises(IllegalMove, match="已经"):
            check_step(at(S.TESTED, shadow=shadow), step, OFFICER)


@pytest.mark.parametrize(
    ("text", "fits"), [("", False), ("  ", False), ("理由", True), ("字" * 4000, True), ("字" * 4001, False)]
)
def test_refusing_and_retiring_want_a_reason(text: str, fits: bool) -> None:
    for state, step in ((S.BACKTESTED, Step.REFUSE), (S.LIVE, Step.RETIRE)):
        if fits:
            check_step(at(state), step, LEADER, text)
        else:
            with pytest.raises(UsageError):
                check_step(at(state), step, LEADER, text)


def test_what_is_offered_is_what_succeeds() -> None:
    for state in S:
        for actor in (AUTHOR, LEADER, OFFICER, STRANGER):
            offered = allowed_steps(at(state), actor)
            for step in STEPS:
                try:
                    check_step(at(state), step, actor, "理由")
                except YaotongError:
                    assert step not in offered
                else:
                    assert step in offered


def test_a_back_test_without_a_sign_of_life_has_failed() -> None:
    beat = datetime(2026, 7, 1, 9, 0)
    assert backtest_state("running", beat, beat + DEAD_AFTER) == "running"
    assert backtest_state("running", beat, beat + DEAD_AFTER + timedelta(seconds=1)) == "failed"
    assert backtest_state("finished", beat, beat + timedelta(days=300)) == "finished"
