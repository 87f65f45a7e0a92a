"""Make, try, approve and publish versions of rules: the only way to change what a rule's values are."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from yaotong.acts.recording import note
from yaotong.acts.shadows import end_shadow, end_version
from yaotong.departments import departments, lead_of
from yaotong.errors import Conflict, NotFound, UsageError
from yaotong.gate import MAX_TEXT_CHARS, Step, VersionState, check_owner, check_step
from yaotong.reads.standing import standing_of, version_key
from yaotong.rules.book import book
from yaotong.rules.model import Parameter, Rule
from yaotong.rules.trial import Trial, holding, lacking, readable, trial
from yaotong.store import Connection, rulebook
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

_ENDS = (VersionState.REFUSED, VersionState.WITHDRAWN, VersionState.RETIRED)


def make_version(
    workspace: Workspace,
    rule_id: str,
    *,
    values: Mapping[str, float],
    cases: str,
    why: str,
    actor: Viewer,
    now: datetime,
    only_holding: bool = False,
) -> int:
    """Draft a version; its number. UsageError, Forbidden and NotFound say why there is none.

    `only_holding` leaves out the cases that do not hold under these values.
    """
    rule = _known(rule_id)
    check_owner(lead_of(rule_id, departments()).department_id, actor)
    columns = _content(rule, values, cases, why, only_holding)
    with workspace.store.write() as connection:
        _check_other_than_live(connection, rule, values)
        columns |= {"author": actor.username, "state": str(VersionState.DRAFT), "made_at": now}
        number = rulebook.add_version(connection, rule, columns)
        row = rulebook.version(connection, rule_id, number)
        rulebook.happened(connection, row, str(Step.MAKE), row.state, actor.username, now, why.strip())
        _note(connection, actor, row, Step.MAKE, now, why)
    return number


def edit_version(
    workspace: Workspace,
    rule_id: str,
    number: int,
    *,
    values: Mapping[str, float],
    cases: str,
    why: str,
    actor: Viewer,
    now: datetime,
    only_holding: bool = False,
    if_match: int | None = None,
) -> None:
    """Change a version that is not out yet: it is a draft again, and what it had proved is void."""
    rule = _known(rule_id)
    content = _content(rule, values, cases, why, only_holding)
    with workspace.store.write() as connection:
        row, after = _checked(connection, rule_id, number, Step.EDIT, actor, why, if_match, now)
        _check_other_than_live(connection, rule, values)
        columns = {**content, "state": str(after), "trial": None, "approved_by": None}
        rulebook.change(connection, row, columns)
        rulebook.happened(connection, row, str(Step.EDIT), str(after), actor.username, now, why.strip())
        _note(connection, actor, row, Step.EDIT, now, why)
        end_shadow(connection, rulebook.version(connection, rule_id, number))


def try_values(rule_id: str, values: Mapping[str, float], cases: str) -> Trial:
    """Run cases under values, and keep nothing."""
    rule = _known(rule_id)
    return trial(rule.at(rule.version + 1, tuned_of(rule, values)), cases)


def try_version(workspace: Workspace, rule_id: str, number: int, *, actor: Viewer, now: datetime) -> str:
    """Run a draft's cases and keep how they went; why it stays a draft, "" when it is tested now."""
    rule = _known(rule_id)
    with workspace.store.read() as connection:
        seen, _ = _checked(connection, rule_id, number, Step.TEST, actor, "", None, now)
    done = trial(rule.at(number, rulebook.values_of(seen)), seen.cases)
    why = lacking(done)
    with workspace.store.write() as connection:
        row, after = _checked(connection, rule_id, number, Step.TEST, actor, "", seen.revision, now)
        after = VersionState(row.state) if why else after
        kept = {"key": version_key(row), "results": [asdict(one) for one in done.results]}
        rulebook.change(connection, row, {"state": str(after), "trial": json.dumps(kept, ensure_ascii=False)})
        rulebook.happened(connection, row, str(Step.TEST), str(after), actor.username, now, why)
    return why


def move_version(
    workspace: Workspace,
    rule_id: str,
    number: int,
    step: Step,
    *,
    actor: Viewer,
    text: str = "",
    if_match: int | None = None,
    now: datetime,
) -> None:
    """Approve, refuse, publish, withdraw, retire, or run beside the live version; errors tell why not."""
    if step in (Step.EDIT, Step.TEST, Step.BACKTEST):
        raise UsageError("这一步要用它自己的页面。")
    _known(rule_id)
    with workspace.store.write() as connection:
        row, after = _checked(connection, rule_id, number, step, actor, text, if_match, now)
        if step is Step.PUBLISH:
            _supersede(connection, rule_id, number, now)
        rulebook.change(connection, row, {"state": str(after), **_marks(step, actor, now)})
        rulebook.happened(connection, row, str(step), str(after), actor.username, now, text.strip())
        _note(connection, actor, row, step, now, text)
        row = rulebook.version(connection, rule_id, number)
        if after in _ENDS:
            end_version(connection, row, now)
        elif step in (Step.PUBLISH, Step.UNSHADOW):
            end_shadow(connection, row)


def _note(connection: Connection, actor: Viewer, row: Any, step: Step, now: datetime, text: str) -> None:
    why = f"{step} {text.strip()}".strip()
    note(connection, actor, "rule_move", f"rule:{row.rule_id} {row.number}", now=now, why=why)


def _known(rule_id: str) -> Rule:
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    return book()[rule_id]


def _checked(
    connection: Connection,
    rule_id: str,
    number: int,
    step: Step,
    actor: Viewer,
    text: str,
    if_match: int | None,
    now: datetime,
) -> tuple[Any, VersionState]:
    """The version's row and the state the step leads to, if it may be taken."""
    row = rulebook.version(connection, rule_id, number)
    after = check_step(standing_of(connection, row, now), step, actor, text)
    if if_match is not None and if_match != row.revision:
        raise Conflict("这个版本刚刚被别人更新过。请刷新后再操作。")
    return row, after


def _marks(step: Step, actor: Viewer, now: datetime) -> dict[str, Any]:
    if step is Step.APPROVE:
        return {"approved_by": actor.username}
    if step is Step.PUBLISH:
        return {"live_at": now}
    return {"shadow": True} if step is Step.SHADOW else {}


def _supersede(connection: Connection, rule_id: str, number: int, now: datetime) -> None:
    """The version that was live makes way."""
    tuned = rulebook.live(connection).get(rule_id)
    if tuned is None:
        return
    row = rulebook.version(connection, rule_id, tuned.number)
    after = str(VersionState.RETIRED)
    rulebook.change(connection, row, {"state": after, "ended_at": now})
    rulebook.happened(
        connection, row, str(Step.SUPERSEDE), after, SYSTEM.username, now, f"由第 {number} 版接替"
    )


def _content(
    rule: Rule, values: Mapping[str, float], cases: str, why: str, only_holding: bool
) -> dict[str, Any]:
    """The columns that a person fills in, checked."""
    if not why.strip():
        raise UsageError("请写明为什么改，不能为空。")
    if len(why) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(why)} 字。")
    tuned = tuned_of(rule, values)
    text = cases.replace("\r\n", "\n").strip() + "\n"
    tried = rule.at(rule.version + 1, tuned)
    text = holding(tried, text) if only_holding else text
    readable(tried, text)
    return {"tuned": json.dumps(tuned), "cases": text, "why": why.strip()}


def tuned_of(rule: Rule, values: Mapping[str, float]) -> dict[str, float]:
    """The values that differ from the code's; UsageError for one that may not be."""
    known = {one.name: one for one in rule.parameters}
    for name, value in values.items():
        if name not in known:
            raise UsageError(f"规则 {rule.rule_id} 没有参数 {name}。")
        _check_value(known[name], value)
    return {name: value for name, value in values.items() if value != known[name].default}


def _check_value(one: Parameter, value: float) -> None:
    if one.statutory:
        if value != one.default:
            raise UsageError(f"{one.meaning_zh}（{one.name}）由法律规定，不能改。")
        return
    if not math.isfinite(value) or not one.low <= value <= one.high:
        bounds = f"{one.low:g} 到 {one.high:g} {one.unit}"
        raise UsageError(f"{one.meaning_zh}（{one.name}）应在 {bounds}之间，不能是 {value:g}。")
    if one.whole and not float(value).is_integer():
        raise UsageError(f"{one.meaning_zh}（{one.name}）应为整数，不能是 {value:g}。")


def _check_other_than_live(connection: Connection, rule: Rule, values: Mapping[str, float]) -> None:
    live = rulebook.in_force(connection, rule)
    if rule.values(tuned_of(rule, values)) == live.values():
        raise UsageError("这组数值与上线版相同，没有改动。")
