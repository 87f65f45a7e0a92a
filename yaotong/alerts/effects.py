"""What a move changes in an alert's own columns, beside its state. Pure: the alert and what was said in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.alerts.escalate import STEP_OF, first_look
from yaotong.alerts.route import due_at
from yaotong.alerts.states import Act, Outcome, Said, State
from yaotong.codes import Level
from yaotong.departments import Department
from yaotong.workdays import add_workdays, workdays_between

_STEPS = ("check_due", "dispose_due", "close_due")


@dataclass(frozen=True, slots=True)
class Standing:
    """What effects need to know of the alert: its level, its deadlines and since when it is paused."""

    level: Level
    check_due: datetime
    dispose_due: datetime
    close_due: datetime
    suspended_at: datetime | None

    def later(self, days: int) -> dict[str, Any]:
        """The deadlines so many working days later."""
        return {name: add_workdays(getattr(self, name), days) for name in _STEPS}


def effect(act: Act, standing: Standing, said: Said, lead: Department, now: datetime) -> dict[str, Any]:
    """The columns a move sets; `lead` is the department that leads after it."""
    made = _EFFECTS.get(act)
    return {} if made is None else made(standing, said, lead, now)


def anew(level: Level, lead: Department, now: datetime) -> dict[str, Any]:
    """What an alert says that starts again: all its deadlines, and nothing of how it ended."""
    limits = due_at(level, lead, now)
    told: dict[str, Any] = {
        f"{step}_due": getattr(limits, step) for step in ("accept", "check", "dispose", "close")
    }
    cleared = dict.fromkeys(("outcome", "merged_into", "suspended_at", "prolonged_days"))
    return {**told, **cleared, "clock_from": now}


def with_look(state: State, before: Mapping[str, Any], columns: Mapping[str, Any]) -> dict[str, Any]:
    """Columns, with the moment at which the alert is looked at first in the state it comes to."""
    after = {**before, **columns}
    due = after.get(f"{STEP_OF[state]}_due") if state in STEP_OF else None
    start = after["clock_from"] or after["opened_at"]
    return {**columns, "remind_at": first_look(state, start, due)}


def _disposed(_: Standing, said: Said, __: Department, ___: datetime) -> dict[str, Any]:
    return {"outcome": str(said.outcome)}


def _dismissed(_: Standing, __: Said, ___: Department, ____: datetime) -> dict[str, Any]:
    return {"outcome": str(Outcome.FALSE_ALARM)}


def _merged(_: Standing, said: Said, __: Department, ___: datetime) -> dict[str, Any]:
    return {"merged_into": said.into}


def _again(standing: Standing, _: Said, lead: Department, now: datetime) -> dict[str, Any]:
    return anew(standing.level, lead, now)


def _suspended(_: Standing, __: Said, ___: Department, now: datetime) -> dict[str, Any]:
    return {"suspended_at": now}


def _resumed(standing: Standing, _: Said, __: Department, now: datetime) -> dict[str, Any]:
    """The clock stood still: what was left of each deadline is left still."""
    since = standing.suspended_at or now
    return {**standing.later(workdays_between(since.date(), now.date())), "suspended_at": None}


def _prolonged(standing: Standing, said: Said, _: Department, __: datetime) -> dict[str, Any]:
    days = said.days or 0
    return {**standing.later(days), "prolonged_days": days}


def _supervised(_: Standing, __: Said, ___: Department, now: datetime) -> dict[str, Any]:
    return {"supervised_at": now}


_EFFECTS: Mapping[Act, Callable[[Standing, Said, Department, datetime], dict[str, Any]]] = {
    Act.DISPOSE: _disposed,
    Act.DISMISS: _dismissed,
    Act.MERGE: _merged,
    Act.REOPEN: _again,
    Act.SUSPEND: _suspended,
    Act.RESUME: _resumed,
    Act.PROLONG: _prolonged,
    Act.SUPERVISE: _supervised,
}
