"""The alert desk: a person moves an alert, and the move is an event row."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from yaotong.alerts.states import Act, Move, Outcome, State, find_move
from yaotong.departments import departments
from yaotong.errors import Conflict, Forbidden, IllegalMove, NotFound, UsageError
from yaotong.store import Connection, alerts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MAX_TEXT_CHARS = 4000


def move_alert(
    workspace: Workspace,
    alert_id: str,
    act: Act,
    *,
    actor: Viewer,
    text: str = "",
    outcome: Outcome | None = None,
    if_match: int | None,
    now: datetime,
) -> int:
    """Make one move and return the new revision.

    `if_match` is the revision the actor saw; Conflict when the alert has moved since. Forbidden,
    IllegalMove and UsageError say why a move is refused; NotFound when the actor's department was
    not told of the alert.
    """
    with workspace.store.write() as connection:
        row = alerts.get(connection, alert_id)
        parts = alerts.parts(connection, alert_id)
        if row is None or actor.department not in parts or not actor.covers(row.area_code):
            raise NotFound(f"没有预警 {alert_id}。")
        move = check_move(row.state, parts[actor.department], act, actor, text, outcome)
        if if_match is not None and if_match != row.revision:
            raise Conflict("这条预警刚刚被别人更新过。请刷新后再操作。")
        return _apply(connection, row, parts, move, actor, text.strip(), outcome, now)


def check_move(state: str, part: str, act: Act, actor: Viewer, text: str, outcome: Outcome | None) -> Move:
    """The move an act stands for, if it may be made; pure."""
    move = find_move(act)
    if move is None:
        raise IllegalMove("这一步只由系统自动作出。")
    if move.part not in ("any", part):
        raise Forbidden("这一步由主办部门作出。" if move.part == "lead" else "这一步由协办部门作出。")
    if move.leader_only and actor.role == "officer":
        raise Forbidden("这一步由本部门负责人作出。")
    if State(state) not in move.sources:
        raise IllegalMove(f"预警现在是“{state}”，不能做“{act}”这一步。")
    if move.needs_text and not text.strip():
        raise UsageError("请写明情况，不能为空。")
    if len(text) > MAX_TEXT_CHARS:
        raise UsageError(f"说明最多 {MAX_TEXT_CHARS} 字，现在 {len(text)} 字。")
    if move.needs_outcome != (outcome is not None):
        raise UsageError(
            "请选择核查结论：属实、误报或无法核实。" if move.needs_outcome else "这一步不填核查结论。"
        )
    return move


def _apply(
    connection: Connection,
    row: Any,
    parts: Mapping[str, str],
    move: Move,
    actor: Viewer,
    text: str,
    outcome: Outcome | None,
    now: datetime,
) -> int:
    before = State(row.state)
    after = move.target or before
    columns: dict[str, Any] = {"state": str(after)}
    if outcome is not None:
        columns["outcome"] = str(outcome)
    revision = alerts.change(connection, row.alert_id, row.revision, columns, at=now)
    seq = alerts.add_event(
        connection,
        row.alert_id,
        at=now,
        actor=actor.username,
        department=actor.department,
        act=move.act,
        sources=(before, after),
        reason=str(outcome or ""),
        text=text,
    )
    _mark(connection, row.alert_id, move.act, actor, text, now)
    known = departments()
    for department in sorted(set(parts) - {actor.department}):
        if move.act is not Act.NOTE:
            alerts.queue(connection, row.alert_id, seq, department, known[department].channels, now)
    return revision


def _mark(connection: Connection, alert_id: str, act: Act, actor: Viewer, text: str, now: datetime) -> None:
    if act is Act.ACCEPT:
        marks: dict[str, Any] = {"accepted_at": now, "accepted_by": actor.username}
    elif act is Act.ANSWER:
        marks = {"answered_at": now, "answer": text}
    else:
        return
    alerts.mark_dispatch(connection, alert_id, actor.department, marks)
