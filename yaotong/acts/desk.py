"""The alert desk: a person moves an alert, and the move is an event row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.acts.muting import settle_some
from yaotong.alerts.effects import Standing, anew, effect, with_look
from yaotong.alerts.permit import check_department, check_move, check_not_own, check_once, check_reopening
from yaotong.alerts.route import office_of
from yaotong.alerts.states import Act, Move, Outcome, Said, State
from yaotong.codes import Level
from yaotong.departments import departments
from yaotong.errors import Conflict, NotFound, UsageError
from yaotong.store import Connection, alerts
from yaotong.store.offices import read_offices
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class _Moving:
    """One move in the making: the alert's row, who was told in which part, who says what, and when."""

    connection: Connection
    row: Any
    parts: Mapping[str, str]
    actor: Viewer
    said: Said
    now: datetime

    @property
    def alert_id(self) -> str:
        return str(self.row.alert_id)


def move_alert(
    workspace: Workspace,
    alert_id: str,
    act: Act,
    *,
    actor: Viewer,
    text: str = "",
    outcome: Outcome | None = None,
    said: Said | None = None,
    if_match: int | None,
    now: datetime,
) -> int:
    """Make one move and return the new revision.

    `said` is what the move asks for; text and outcome may be given alone. `if_match` is the revision the
    actor saw; Conflict when the alert has moved since. Forbidden, IllegalMove and UsageError say why a
    move is refused; NotFound when the actor's department was not told of the alert.
    """
    told = said or Said(text=text, outcome=outcome)
    with workspace.store.write() as connection:
        row = alerts.get(connection, alert_id)
        parts = alerts.parts(connection, alert_id)
        if row is None or actor.department not in parts or not actor.covers(row.area_code):
            raise NotFound(f"没有预警 {alert_id}。")
        check_not_own(row.subject_kind, row.subject, actor)
        move = check_move(row.state, parts[actor.department], act, actor, told)
        if if_match is not None and if_match != row.revision:
            raise Conflict("这条预警刚刚被别人更新过。请刷新后再操作。")
        moving = _Moving(connection, row, parts, actor, told, now)
        _check_against(moving, move)
        revision = _apply(moving, move)
        settle_some(connection, [row.rule_id], row.subject)
        return revision


def _check_against(moving: _Moving, move: Move) -> None:
    """What only the alert itself, or another one, can tell."""
    if "department" in move.asks:
        check_department(move.act, moving.said.department, moving.parts, list(departments()))
    if move.act is Act.PROLONG:
        check_once(moving.row.prolonged_days)
    if move.act is Act.REOPEN:
        check_reopening(alerts.closed_at(moving.connection, moving.alert_id), moving.now)
    if move.act is Act.MERGE:
        _check_merge(moving)


def _check_merge(moving: _Moving) -> None:
    into, actor = alerts.get(moving.connection, moving.said.into), moving.actor
    told = {} if into is None else alerts.parts(moving.connection, moving.said.into)
    if into is None or actor.department not in told or not actor.covers(into.area_code):
        raise UsageError(f"没有预警 {moving.said.into}，或没有派发给本部门。")
    if into.alert_id == moving.alert_id:
        raise UsageError("不能并入自己。")
    if State(into.state) is State.CLOSED:
        raise UsageError(f"预警 {into.alert_id} 已销号，不能再并入。")
    if into.lead != moving.row.lead:
        raise UsageError("只能并入同一部门主办的预警；别的部门主办的，请用“会商”或联合办案。")


def _apply(moving: _Moving, move: Move) -> int:
    connection, row, said, now = moving.connection, moving.row, moving.said, moving.now
    before = State(row.state)
    after = move.target or before
    columns = {"state": str(after), **_columns(moving, move)}
    if after is not before or "close_due" in columns:
        columns = with_look(after, row._mapping, columns)
    revision = alerts.change(connection, row.alert_id, row.revision, columns, at=now)
    seq = alerts.add_event(
        connection,
        row.alert_id,
        at=now,
        actor=moving.actor.username,
        department=moving.actor.department,
        act=move.act,
        sources=(before, after),
        reason=_reason(said),
        text=said.text.strip(),
        origin=moving.actor.origin,
    )
    _mark(moving, move.act)
    _hand_over(moving, move.act)
    if move.act is not Act.NOTE:
        _tell(moving, move.act, seq)
    if move.act is Act.MERGE:
        _note_merge(moving)
    return revision


def _columns(moving: _Moving, move: Move) -> dict[str, Any]:
    row, known = moving.row, departments()
    if move.act is Act.TRANSFER:
        to = moving.said.department
        return {"lead": to, **anew(Level(row.level), known[to], moving.now)}
    standing = Standing(Level(row.level), row.check_due, row.dispose_due, row.close_due, row.suspended_at)
    return effect(move.act, standing, moving.said, known[row.lead], moving.now)


def _reason(said: Said) -> str:
    """What the event row tells beside the text: the one thing that was chosen."""
    days = "" if said.days is None else str(said.days)
    return str(said.outcome or said.reason or said.department or said.into or days)


def _mark(moving: _Moving, act: Act) -> None:
    if act is Act.ACCEPT:
        marks: dict[str, Any] = {"accepted_at": moving.now, "accepted_by": moving.actor.username}
    elif act is Act.ANSWER:
        said = moving.said
        outcome = None if said.outcome is None else str(said.outcome)
        marks = {"answered_at": moving.now, "answer": said.text.strip(), "outcome": outcome}
    else:
        return
    alerts.mark_dispatch(moving.connection, moving.alert_id, moving.actor.department, marks)


def _hand_over(moving: _Moving, act: Act) -> None:
    """Another lead, or one more assist; who led before goes on as an assist."""
    to = moving.said.department
    if act is Act.TRANSFER:
        alerts.set_part(moving.connection, moving.alert_id, str(moving.row.lead), "assist")
    if act in (Act.TRANSFER, Act.CONSULT):
        office = office_of(to, moving.row.area_code, read_offices(moving.connection))
        part = "lead" if act is Act.TRANSFER else "assist"
        alerts.dispatch_to(moving.connection, moving.alert_id, to, part, office, moving.now)


def _tell(moving: _Moving, act: Act, seq: int) -> None:
    """Everybody who was told of the alert but who moves it; and whom it is handed to."""
    handed = {moving.said.department} if act in (Act.TRANSFER, Act.CONSULT) else set()
    known = departments()
    for department in sorted((set(moving.parts) | handed) - {moving.actor.department}):
        alerts.queue(
            moving.connection, moving.alert_id, seq, department, known[department].channels, moving.now
        )


def _note_merge(moving: _Moving) -> None:
    """The alert that goes on says what was merged into it."""
    into: Any = alerts.get(moving.connection, moving.said.into)
    alerts.change(moving.connection, into.alert_id, into.revision, {}, at=moving.now)
    alerts.add_event(
        moving.connection,
        into.alert_id,
        at=moving.now,
        actor=moving.actor.username,
        department=moving.actor.department,
        act=Act.MERGE,
        sources=(State(into.state), State(into.state)),
        reason=moving.alert_id,
        text=moving.said.text.strip(),
        origin=moving.actor.origin,
    )
