"""Tell superiors of alerts whose time runs out; each is told once for each share of each step's time.

Before them, at half of the time to accept, the office on duty is reminded, once.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from yaotong.alerts.duty import on_duty
from yaotong.alerts.escalate import STEP_OF, look, reminds, superiors
from yaotong.alerts.people import Leader, Shift
from yaotong.alerts.states import Act, State
from yaotong.departments import departments
from yaotong.store import Connection, accounts, alerts, deadlines, duty
from yaotong.terms import term
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace

_PART = 500


def escalate(workspace: Workspace, *, now: datetime) -> int:
    """Look at every alert whose moment has come; how many were told of.

    Only those are read whose next moment lies before `now`, whatever else is open.
    """
    told = 0
    while _any(workspace, now):
        with workspace.store.write() as connection:
            leaders, shifts = accounts.leaders(connection), duty.at(connection, now)
            for row in deadlines.due(connection, now, _PART):
                told += _one(connection, row, leaders, shifts, now)
    return told


def _any(workspace: Workspace, now: datetime) -> bool:
    """Whether there is anything to look at: asked without keeping others from writing."""
    with workspace.store.read() as connection:
        return bool(deadlines.due(connection, now, 1))


def _one(
    connection: Connection, row: Any, leaders: Sequence[Leader], shifts: Sequence[Shift], now: datetime
) -> bool:
    state = State(row.state)
    step = STEP_OF.get(state)
    if step is None:
        deadlines.look_again(connection, row.alert_id, None)
        return False
    seen = look(row.clock_from, getattr(row, f"{step}_due"), now)
    deadlines.look_again(connection, row.alert_id, seen.again_at)
    if seen.percent is None:
        return _remind(connection, row, state, shifts, now)
    _say(connection, row, step, seen.percent, leaders, now)
    return True


def _remind(connection: Connection, row: Any, state: State, shifts: Sequence[Shift], now: datetime) -> bool:
    """Tell the office that half of the time is gone; once for each time the alert waits to be accepted."""
    if not reminds(state, row.clock_from, row.accept_due, now):
        return False
    told = alerts.events(connection, row.alert_id)
    if any(one.act == Act.REMIND and one.at >= row.clock_from for one in told):
        return False
    on = "、".join(on_duty(shifts, row.lead, row.area_code, now))
    text = f"{term('reason.half_time')}，值班 {on or '（未排班）'}"
    _tell(connection, row, Act.REMIND, "half_time", text, now)
    return True


def _say(
    connection: Connection, row: Any, step: str, percent: int, leaders: Sequence[Leader], now: datetime
) -> None:
    mine = [one for one in leaders if one.department == row.lead]
    names = "、".join(one.display_name for one in superiors(percent, row.area_code, mine))
    text = f"{term(f'act.{step}')}时限已用 {percent}%，报 {names or '（没有负责人账号）'}"
    _tell(connection, row, Act.ESCALATE, f"{step}.{percent}", text, now)


def _tell(connection: Connection, row: Any, act: Act, reason: str, text: str, now: datetime) -> None:
    """An event that moves nothing, and a message to the lead."""
    state = State(row.state)
    seq = alerts.add_event(
        connection,
        row.alert_id,
        at=now,
        actor=SYSTEM.username,
        department=SYSTEM.department,
        act=act,
        sources=(state, state),
        reason=reason,
        text=text,
    )
    alerts.queue(connection, row.alert_id, seq, row.lead, departments()[row.lead].channels, now)
