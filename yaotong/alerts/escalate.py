"""When superiors are told that an alert waits: at four fifths of a step's time, and at its end. Pure.

Before that, at half of the time to accept it, the office itself is reminded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from yaotong.alerts.people import Leader
from yaotong.alerts.states import State

PERCENTS = (80, 100)
HALF = 50
# The step that an alert in a state waits for; while it is paused it waits for nobody here.
STEP_OF: dict[State, str] = {
    State.DISPATCHED: "accept",
    State.ACCEPTED: "check",
    State.CHECKING: "dispose",
    State.DISPOSED: "close",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at an alert's clock comes to: how much of its time is used up, and when to look again."""

    percent: int | None
    again_at: datetime | None


def look(clock_from: datetime, due: datetime, now: datetime) -> Look:
    """80 or 100 where so much of the time has gone by, else None; and the next moment that matters."""
    early = _share(clock_from, due, PERCENTS[0])
    if now >= due:
        return Look(PERCENTS[1], None)
    return Look(PERCENTS[0], due) if now >= early else Look(None, early)


def first_look(state: State, clock_from: datetime, due: datetime | None) -> datetime | None:
    """When an alert that has come to a state is first looked at; None when nothing is waited for."""
    if state not in STEP_OF or due is None:
        return None
    return _share(clock_from, due, HALF if STEP_OF[state] == "accept" else PERCENTS[0])


def reminds(state: State, clock_from: datetime, due: datetime, now: datetime) -> bool:
    """Whether the office is to be reminded that nobody signed: from half of the time until superiors hear."""
    if STEP_OF.get(state) != "accept":
        return False
    return _share(clock_from, due, HALF) <= now < _share(clock_from, due, PERCENTS[0])


def _share(clock_from: datetime, due: datetime, percent: int) -> datetime:
    return clock_from + (due - clock_from) * percent / 100


def superiors(percent: int, area_code: str | None, leaders: Sequence[Leader]) -> tuple[Leader, ...]:
    """Whom of a department's leaders to tell: those on the spot first, and at the end those above all."""
    place = area_code or ""
    over = [one for one in leaders if place.startswith(one.area_code)] or list(leaders)
    if not over:
        return ()
    lengths = [len(one.area_code) for one in over]
    wanted = max(lengths) if percent < PERCENTS[1] else min(lengths)
    return tuple(one for one in over if len(one.area_code) == wanted)
