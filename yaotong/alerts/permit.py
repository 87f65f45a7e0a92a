"""Whether a person may make a move, and what is missing when not. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from yaotong.alerts.states import MAX_PROLONG_DAYS, REOPEN_DAYS, Act, Move, Said, State, find_move
from yaotong.errors import Forbidden, IllegalMove, UsageError
from yaotong.terms import term
from yaotong.viewer import Viewer

MAX_TEXT_CHARS = 4000


def check_move(state: str, part: str, act: Act, actor: Viewer, said: Said) -> Move:
    """The move an act stands for, if it may be made."""
    move = find_move(act)
    if move is None:
        raise IllegalMove("这一步只由系统自动作出。")
    if move.part not in ("any", part):
        raise Forbidden("这一步由主办部门作出。" if move.part == "lead" else "这一步由协办部门作出。")
    if move.leader_only and not actor.leads:
        raise Forbidden("这一步由本部门负责人作出。")
    if State(state) not in move.sources:
        raise IllegalMove(f"预警现在是“{term(f'state.{state}')}”，不能做“{term(f'act.{act}')}”这一步。")
    _check_text(move, said)
    _check_outcome(move, said)
    _check_choices(move, said)
    return move


def check_not_own(subject_kind: str, subject: str, actor: Viewer) -> None:
    """Forbidden to a person whom an alert is about: nobody handles what is said of their own account."""
    if subject_kind == "account" and subject == actor.username:
        raise Forbidden("这条预警说的是您自己的账号，请由别人办理。")


def _check_text(move: Move, said: Said) -> None:
    if move.needs_text and not said.text.strip():
        raise UsageError("请写明情况，不能为空。")
    if len(said.text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(said.text)} 字。")


def _check_outcome(move: Move, said: Said) -> None:
    if move.needs_outcome and said.outcome is None:
        raise UsageError("请选择核查结论：属实、误报或无法核实。")
    if said.outcome is not None and not move.takes_outcome:
        raise UsageError("这一步不填核查结论。")


def _check_choices(move: Move, said: Said) -> None:
    if "reason" in move.asks and said.reason not in move.reasons:
        choices = "、".join(f"{one}（{term(f'reason.{one}')}）" for one in move.reasons)
        raise UsageError(f"请选择理由：{choices}。")
    if "days" in move.asks and not (said.days is not None and 1 <= said.days <= MAX_PROLONG_DAYS):
        raise UsageError(f"延期应为 1 至 {MAX_PROLONG_DAYS} 个工作日。")
    if "department" in move.asks and not said.department:
        raise UsageError("请选择部门。")
    if "into" in move.asks and not said.into:
        raise UsageError("请写明并入哪一条预警（编号）。")


def check_department(act: Act, department: str, parts: Mapping[str, str], known: Collection[str]) -> None:
    """UsageError tells why an alert cannot be handed to a department, or it be asked for advice."""
    if department not in known:
        raise UsageError(f"没有部门“{department}”。可选：{'、'.join(known)}。")
    if parts.get(department) == "lead":
        raise UsageError("这个部门正是主办部门。")
    if act is Act.CONSULT and department in parts:
        raise UsageError("这个部门已在协办之列，可以直接请它反馈。")


def check_once(prolonged_days: int | None) -> None:
    """IllegalMove when an alert was given more time before."""
    if prolonged_days is not None:
        raise IllegalMove(f"已经延期过一次（{prolonged_days} 个工作日），不能再延。")


def check_reopening(closed_at: datetime | None, now: datetime) -> None:
    """IllegalMove when an alert was closed too long ago to be reopened."""
    if closed_at is None or now - closed_at > timedelta(days=REOPEN_DAYS):
        raise IllegalMove(f"销号超过 {REOPEN_DAYS} 天的预警不能重新打开；再次发生会另成预警。")
