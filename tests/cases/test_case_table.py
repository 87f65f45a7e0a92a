"""The table of moves of a joint case: every act from every state, by everybody who might try."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import yaotong.departments
from yaotong.cases.decide import (
    MAX_ALERTS,
    MAX_DUE_DAYS,
    MAX_TEXT_CHARS,
    after,
    check_case_move,
    check_proposal,
    may,
    missing_outcomes,
)
from yaotong.cases.model import CaseNumber, CaseSaid, JointCase, Unit
from yaotong.cases.states import CASE_MOVES, LIVE, CaseAct, CaseMove, CaseState, Standing, find_case_move
from yaotong.departments import departments, read_department
from yaotong.errors import ConfigError, Forbidden, IllegalMove, UsageError, YaotongError
from yaotong.terms import TERMS
from yaotong.viewer import Viewer

TODAY = date(2026, 7, 6)
KNOWN = ("msa", "nhsa", "hc", "psb")
OUTCOMES = {"warning": "警告", "fine": "罚款", "recover": "追回"}
SUMS = ("recover",)
SAYABLE = {"text": "说明", "department": "hc", "outcome": "warning", "due": TODAY}


def viewer(department: str, role: str = "leader") -> Viewer:
    return Viewer(department, department, department, "330482", role)


def case_in(state: CaseState, standing: Standing = Standing.AGREED) -> JointCase:
    outcome = "warning" if state in (CaseState.OUTCOMES, CaseState.CLOSED) else None
    units = (Unit("msa", "lead", Standing.AGREED, outcome), Unit("psb", "assist", standing, outcome))
    return JointCase("YT-330482-2026-0001", state, 3, units)


def check(case: JointCase, act: CaseAct, actor: Viewer, said: CaseSaid) -> CaseMove:
    return check_case_move(case, act, actor, said, today=TODAY, outcomes=OUTCOMES, sums=SUMS, known=KNOWN)


def said_for(move: CaseMove | None) -> CaseSaid:
    return CaseSaid(**{name: value for name, value in SAYABLE.items() if move and name in move.asks})


@pytest.mark.parametrize(
    ("act", "state", "who", "standing"),
    list(itertools.product(CaseAct, CaseState, ("msa", "psb", "hc"), Standing)),
)
def test_exactly_the_moves_of_the_table_are_permitted(
    act: CaseAct, state: CaseState, who: str, standing: Standing
) -> None:
    case, move = case_in(state, standing), find_case_move(act, state)
    unit = case.unit(who)
    permitted = (
        move is not None and unit is not None and move.part in ("any", unit.part)
        and unit.standing is move.standing
    )  # fmt: skip
    if permitted:
        assert move is not None
        assert check(case, act, viewer(who), said_for(move)) is move
        assert may(case, move, viewer(who))
    else:
        with pytest.raises((Forbidden, IllegalMove)):
            check(case, act, viewer(who), said_for(move))
        assert move is None or not may(case, move, viewer(who))


@pytest.mark.parametrize("move", [one for one in CASE_MOVES if one.leader_only], ids=lambda one: one.act)
def test_what_binds_a_department_is_its_leaders_to_do(move: CaseMove) -> None:
    case, who = case_in(move.sources[0], move.standing), "psb" if move.part == "assist" else "msa"
    with pytest.raises(Forbidden, match="负责人"):
        check(case, move.act, viewer(who, "officer"), said_for(move))


@pytest.mark.parametrize(
    ("move", "field"), [(move, field) for move in CASE_MOVES for field in sorted(move.asks)],
    ids=lambda one: str(getattr(one, "act", one)),
)  # fmt: skip
def test_what_a_move_asks_for_must_be_said(move: CaseMove, field: str) -> None:
    case = case_in(move.sources[0], move.standing)
    who = "psb" if move.part == "assist" else "msa"
    nothing = None if field == "due" else "  "
    with pytest.raises(UsageError):
        check(case, move.act, viewer(who), replace(said_for(move), **{field: nothing}))


def test_the_case_is_agreed_when_the_last_unit_agrees() -> None:
    units = check_proposal("msa", ("psb", "nhsa"), ["a"], KNOWN)
    assert [(one.department, one.part) for one in units] == [
        ("msa", "lead"), ("nhsa", "assist"), ("psb", "assist"),
    ]  # fmt: skip
    case = JointCase("n", CaseState.PROPOSED, 1, units)
    for who, state in (("psb", CaseState.PROPOSED), ("nhsa", CaseState.AGREED)):
        move = check(case, CaseAct.AGREE, viewer(who), CaseSaid())
        case = after(case, move, who, CaseSaid())
        assert case.state is state
    assert case.revision == 3


def test_one_that_declines_is_out_and_a_case_of_one_waits_for_another() -> None:
    case = JointCase("n", CaseState.PROPOSED, 1, check_proposal("msa", ("psb",), ["a"], KNOWN))
    said = CaseSaid(text="不属管辖")
    alone = after(case, check(case, CaseAct.DECLINE, viewer("psb"), said), "psb", said)
    assert (alone.state, len(alone.active)) == (CaseState.PROPOSED, 1)
    invited = CaseSaid(department="nhsa")
    more = after(alone, check(alone, CaseAct.INVITE, viewer("msa"), invited), "msa", invited)
    agreed = after(more, check(more, CaseAct.AGREE, viewer("nhsa"), CaseSaid()), "nhsa", CaseSaid())
    assert agreed.state is CaseState.AGREED
    assert {one.department for one in agreed.active} == {"msa", "nhsa"}


def test_who_declined_may_be_asked_again_and_who_is_in_may_not() -> None:
    case = case_in(CaseState.PROPOSED, Standing.DECLINED)
    assert check(case, CaseAct.INVITE, viewer("msa"), CaseSaid(department="psb")).act is CaseAct.INVITE
    with pytest.raises(UsageError, match="已在本案"):
        check(case_in(CaseState.PROPOSED), CaseAct.INVITE, viewer("msa"), CaseSaid(department="psb"))
    with pytest.raises(UsageError, match="没有部门"):
        check(case, CaseAct.INVITE, viewer("msa"), CaseSaid(department="nobody"))


@pytest.mark.parametrize("missing", [(), ("msa",), ("psb",), ("msa", "psb")])
def test_it_closes_only_when_each_has_entered_its_own(missing: tuple[str, ...]) -> None:
    case = case_in(CaseState.OUTCOMES)
    for one in missing:
        unit = case.unit(one)
        assert unit is not None
        case = case.with_unit(replace(unit, outcome=None))
    assert set(missing_outcomes(case)) == set(missing)
    if not missing:
        assert check(case, CaseAct.CLOSE, viewer("msa"), CaseSaid(text="结案")).target is CaseState.CLOSED
        return
    with pytest.raises(IllegalMove, match="处理结果"):
        check(case, CaseAct.CLOSE, viewer("msa"), CaseSaid(text="结案"))


def test_who_declined_owes_no_outcome() -> None:
    case = case_in(CaseState.OUTCOMES).with_unit(Unit("hc", "assist", Standing.DECLINED))
    assert missing_outcomes(case) == ()


def test_rectification_must_be_done_before_the_outcomes() -> None:
    case = replace(case_in(CaseState.RECTIFYING), unfinished=1)
    with pytest.raises(IllegalMove, match="1 项整改"):
        check(case, CaseAct.CONCLUDE, viewer("msa"), CaseSaid(text="完"))
    done = replace(case, unfinished=0)
    assert check(done, CaseAct.CONCLUDE, viewer("msa"), CaseSaid(text="完")).target is CaseState.OUTCOMES


def test_an_outcome_is_one_of_the_departments_own() -> None:
    case = case_in(CaseState.OUTCOMES)
    with pytest.raises(UsageError, match="处理结果"):
        check(case, CaseAct.ENTER, viewer("msa"), CaseSaid(text="x", outcome="filed"))


@pytest.mark.parametrize(
    ("outcome", "fen", "fits"),
    [
        ("recover", 1, True),
        ("recover", None, False),
        ("recover", 0, False),
        ("fine", None, True),
        ("fine", 1, False),
    ],
)
def test_a_sum_comes_with_the_outcomes_that_have_one(outcome: str, fen: int | None, fits: bool) -> None:
    case, said = case_in(CaseState.OUTCOMES), CaseSaid(text="x", outcome=outcome, fen=fen)
    if fits:
        assert check(case, CaseAct.ENTER, viewer("msa"), said).act is CaseAct.ENTER
        return
    with pytest.raises(UsageError, match="金额"):
        check(case, CaseAct.ENTER, viewer("msa"), said)


@pytest.mark.parametrize(
    ("days", "fits"), [(-1, False), (0, True), (MAX_DUE_DAYS, True), (MAX_DUE_DAYS + 1, False)]
)
def test_a_date_lies_ahead_and_not_too_far(days: int, fits: bool) -> None:
    said = CaseSaid(text="补正台账", due=TODAY + timedelta(days=days))
    if fits:
        assert check(case_in(CaseState.ON_SITE), CaseAct.TASK, viewer("msa"), said).act is CaseAct.TASK
        return
    with pytest.raises(UsageError, match="期限"):
        check(case_in(CaseState.ON_SITE), CaseAct.TASK, viewer("msa"), said)


@pytest.mark.parametrize(("length", "fits"), [(MAX_TEXT_CHARS, True), (MAX_TEXT_CHARS + 1, False)])
def test_a_text_has_an_end(length: int, fits: bool) -> None:
    said = CaseSaid(text="长" * length)
    if fits:
        assert check(case_in(CaseState.ON_SITE), CaseAct.NOTE, viewer("msa"), said)
        return
    with pytest.raises(UsageError, match="最多"):
        check(case_in(CaseState.ON_SITE), CaseAct.NOTE, viewer("msa"), said)


@pytest.mark.parametrize(
    ("others", "alerts", "word"),
    [
        ((), ["a"], "2 个以上"), (("msa",), ["a"], "2 个以上"), (("psb",), [], "至少选择一条"),
        (("zzz",), ["a"], "没有部门"), (("psb",), [str(one) for one in range(MAX_ALERTS + 1)], "最多"),
    ],
)  # fmt: skip
def test_a_proposal_that_is_none(others: tuple[str, ...], alerts: list[str], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        check_proposal("msa", others, alerts, KNOWN)


def test_a_proposal_at_its_largest() -> None:
    assert len(check_proposal("msa", KNOWN, [str(one) for one in range(MAX_ALERTS)], KNOWN)) == 4


@given(st.data())
def test_no_walk_ends_before_everybody_decided(data: st.DataObject) -> None:
    """Whatever is tried in whatever order: closed means two or more units, each agreed and with an outcome."""
    case = JointCase("n", CaseState.PROPOSED, 1, check_proposal("msa", ("psb", "hc"), ["a"], KNOWN))
    for _ in range(20):
        act, who = data.draw(st.sampled_from(list(CaseAct))), data.draw(st.sampled_from(KNOWN))
        said = CaseSaid(text="x", due=TODAY, outcome="fine", department=data.draw(st.sampled_from(KNOWN)))
        try:
            move = check(case, act, viewer(who), said)
        except YaotongError:
            continue
        before, case = case, after(case, move, who, said)
        assert case.revision == before.revision + 1
    if case.state is CaseState.CLOSED:
        assert all(one.outcome and one.standing is Standing.AGREED for one in case.active)
    if case.state not in (CaseState.PROPOSED, CaseState.WITHDRAWN):
        assert len(case.active) >= 2


def test_every_state_is_reached_and_every_word_is_in_the_glossary() -> None:
    targets = {one.target for one in CASE_MOVES if one.target}
    assert set(CaseState) - targets == {CaseState.PROPOSED, CaseState.AGREED}
    assert {f"case.{one}" for one in CaseState} | {f"case_act.{one}" for one in CaseAct} <= set(TERMS)
    assert {f"standing.{one}" for one in Standing} <= set(TERMS)
    assert all(state in LIVE for move in CASE_MOVES if move.target for state in move.sources)


def test_how_a_number_reads() -> None:
    assert str(CaseNumber("330482", 2026, 7)) == "YT-330482-2026-0007"


def test_each_department_has_its_own_outcomes_and_those_of_all() -> None:
    known = departments()
    assert {"warning", "fine", "revoke"} <= set(known["msa"].outcomes)
    assert {"recover", "suspend_settlement", "end_contract"} <= set(known["nhsa"].outcomes)
    assert {"prescription_review", "notice"} <= set(known["hc"].outcomes)
    assert {"filed", "not_filed"} <= set(known["psb"].outcomes)
    assert all({"no_breach", "other"} <= set(one.outcomes) for one in known.values())
    assert not set(known["psb"].outcomes) & set(known["msa"].outcomes) - {"no_breach", "other"}


@pytest.mark.parametrize("wrong", ['warning = "警告"', 'warning = ["警告"]', 'other = ["别的", "other"]'])
def test_outcomes_that_are_written_wrong_are_refused_by_name(tmp_path: Path, wrong: str) -> None:
    path = tmp_path / "zzz.toml"
    text = (Path(yaotong.departments.__file__).parent / "hc.toml").read_text("utf-8")
    path.write_text(f"{text.partition('[outcomes]')[0]}[outcomes]\n{wrong}\n", "utf-8")
    with pytest.raises(ConfigError, match=r"zzz\.toml.*outcomes"):
        read_department(path)
