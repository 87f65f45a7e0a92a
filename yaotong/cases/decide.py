"""Whether a person may make a move of a case, what is missing when not, and what comes of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import date, timedelta

from yaotong.cases.model import CaseSaid, JointCase, Unit
from yaotong.cases.states import MIN_UNITS, CaseAct, CaseMove, CaseState, Standing, find_case_move
from yaotong.errors import Forbidden, IllegalMove, UsageError
from yaotong.terms import term
from yaotong.viewer import Viewer

MAX_TEXT_CHARS = 4000
MAX_ALERTS = 50
# A date for a task lies at most so far ahead.
MAX_DUE_DAYS = 366


def check_proposal(
    department: str, others: Collection[str], alert_ids: Collection[str], known: Collection[str]
) -> tuple[Unit, ...]:
    """The units of a new case, the proposer's leading; UsageError tells what is wrong with it."""
    if not alert_ids:
        raise UsageError("请至少选择一条预警。")
    if len(alert_ids) > MAX_ALERTS:
        raise UsageError(f"一个案件最多 {MAX_ALERTS} 条预警，现在 {len(alert_ids)} 条。")
    strange = sorted(set(others) - set(known))
    if strange:
        raise UsageError(f"没有部门“{strange[0]}”。可选：{'、'.join(known)}。")
    asked = [one for one in known if one in set(others) - {department}]
    if 1 + len(asked) < MIN_UNITS:
        raise UsageError(f"联合办案要有 {MIN_UNITS} 个以上的部门，请至少再选一个部门。")
    mine = Unit(department, "lead", Standing.AGREED)
    return (mine, *(Unit(one, "assist") for one in asked))


def check_case_move(
    case: JointCase,
    act: CaseAct,
    actor: Viewer,
    said: CaseSaid,
    *,
    today: date,
    outcomes: Collection[str],
    sums: Collection[str],
    known: Collection[str],
) -> CaseMove:
    """The move an act stands for, if it may be made.

    `outcomes` are those the actor's department has, `sums` those of them that come with a sum of money.
    """
    unit = case.unit(actor.department)
    if unit is None:
        raise Forbidden("本部门不是这个案件的办案单位。")
    move = find_case_move(act, case.state)
    if move is None:
        raise IllegalMove(
            f"案件现在是“{term(f'case.{case.state}')}”，不能做“{term(f'case_act.{act}')}”这一步。"
        )
    _check_who(move, unit, actor)
    _check_said(move, said, today)
    if "outcome" in move.asks:
        _check_outcome(said, outcomes, sums)
    if "department" in move.asks:
        _check_invited(case, said.department, known)
    _check_ready(case, act)
    return move


def after(case: JointCase, move: CaseMove, department: str, said: CaseSaid) -> JointCase:
    """The case as it stands once the move is made, at its next revision."""
    changed = case
    own = case.unit(department)
    if own is not None and move.act in _SAYS:
        changed = case.with_unit(replace(own, standing=_SAYS[move.act]))
    if own is not None and move.act is CaseAct.ENTER:
        changed = case.with_unit(replace(own, outcome=said.outcome))
    if move.act is CaseAct.INVITE:
        changed = case.with_unit(Unit(said.department, "assist"))
    state = move.target or (_all_agreed(changed) if move.act in _SAYS else case.state)
    return replace(changed, state=state, revision=case.revision + 1)


def missing_outcomes(case: JointCase) -> tuple[str, ...]:
    """The departments whose own outcome is not entered yet."""
    return tuple(one.department for one in case.active if not one.outcome)


def may(case: JointCase, move: CaseMove, actor: Viewer) -> bool:
    """Whether a page may offer a move: what will be said with it is not known yet."""
    unit = case.unit(actor.department)
    if unit is None or case.state not in move.sources:
        return False
    try:
        _check_who(move, unit, actor)
        _check_ready(case, move.act)
    except (Forbidden, IllegalMove):
        return False
    return True


_SAYS = {CaseAct.AGREE: Standing.AGREED, CaseAct.DECLINE: Standing.DECLINED}


def _all_agreed(case: JointCase) -> CaseState:
    """Proposed until nobody is still asked, and at least two departments are in it."""
    settled = all(one.standing is Standing.AGREED for one in case.active)
    return CaseState.AGREED if settled and len(case.active) >= MIN_UNITS else CaseState.PROPOSED


def _check_who(move: CaseMove, unit: Unit, actor: Viewer) -> None:
    if move.part not in ("any", unit.part):
        raise Forbidden("这一步由牵头单位作出。" if move.part == "lead" else "这一步由受邀的办案单位作出。")
    if move.leader_only and not actor.leads:
        raise Forbidden("这一步由本部门负责人作出。")
    if unit.standing is not move.standing:
        told = term(f"standing.{unit.standing}")
        raise IllegalMove(f"本部门对参加本案的意见是“{told}”，不能做“{term(f'case_act.{move.act}')}”这一步。")


def _check_said(move: CaseMove, said: CaseSaid, today: date) -> None:
    if "text" in move.asks and not said.text.strip():
        raise UsageError("请写明情况，不能为空。")
    if len(said.text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(said.text)} 字。")
    if "due" in move.asks and said.due is None:
        raise UsageError("请写明期限。")
    if said.due is not None and not today <= said.due <= today + timedelta(days=MAX_DUE_DAYS):
        raise UsageError(f"期限应在今天至 {MAX_DUE_DAYS} 天之内。")


def _check_outcome(said: CaseSaid, outcomes: Collection[str], sums: Collection[str]) -> None:
    if said.outcome not in outcomes:
        raise UsageError(f"请从本部门的处理结果中选一个：{'、'.join(outcomes)}。")
    if said.outcome in sums and not said.fen:
        raise UsageError("这个处理结果要写明金额（元）。")
    if said.outcome not in sums and said.fen is not None:
        raise UsageError("这个处理结果没有金额，请把金额留空。")


def _check_invited(case: JointCase, department: str, known: Collection[str]) -> None:
    if department not in known:
        raise UsageError(f"没有部门“{department}”。可选：{'、'.join(known)}。")
    there = case.unit(department)
    if there is not None and there.standing is not Standing.DECLINED:
        raise UsageError("这个部门已在本案之中。")


def _check_ready(case: JointCase, act: CaseAct) -> None:
    """What must be done before a case goes on."""
    if act is CaseAct.CONCLUDE and case.unfinished:
        raise IllegalMove(f"还有 {case.unfinished} 项整改没有完成，不能转入处理。")
    missing = missing_outcomes(case) if act is CaseAct.CLOSE else ()
    if missing:
        raise IllegalMove(f"还有 {len(missing)} 个部门没有录入处理结果，不能结案：{'、'.join(missing)}。")
