"""Alerts as a report knows them: what each said at the report's moment, and what had happened to it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yaotong.alerts.states import Act, Outcome, State

# Which deadline runs in a state.
_DUE = {
    State.DISPATCHED: "accept_due",
    State.ACCEPTED: "check_due",
    State.CHECKING: "dispose_due",
    State.DISPOSED: "close_due",
}
_JUDGING = (Act.DISPOSE, Act.DISMISS)


@dataclass(frozen=True, slots=True)
class Step:
    """One event of an alert, up to the report's moment."""

    at: datetime
    act: str
    from_state: str
    to_state: str
    reason: str
    department: str


@dataclass(frozen=True, slots=True)
class Part:
    """One department's part in an alert: lead or assist, since when, and when it answered first."""

    department: str
    part: str
    sent_at: datetime
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """One alert as it was known at a moment."""

    alert_id: str
    rule_id: str
    rule_version: int
    kind: str  # statutory | model
    level: str
    state: str
    lead: str
    subject: str
    area_code: str | None
    first_day: date
    last_day: date
    opened_at: datetime
    clock_from: datetime
    due: Mapping[str, datetime]
    outcome: str | None
    merged_into: str | None
    steps: tuple[Step, ...]
    parts: tuple[Part, ...]

    @property
    def open(self) -> bool:
        """Whether nobody has closed it."""
        return self.state != State.CLOSED

    @property
    def running(self) -> datetime | None:
        """The deadline that runs now; None when it is closed or paused."""
        name = _DUE.get(State(self.state))
        return self.due[name] if name else None

    @property
    def closed_at(self) -> datetime | None:
        """When it was closed for the last time; None while it is open."""
        return self._endings[-1].at if self._endings and not self.open else None

    @property
    def handled_at(self) -> datetime | None:
        """When somebody first took it up since its clock began: accepted, dismissed or merged it."""
        taken = (
            one.at
            for one in self.steps
            if one.from_state == State.DISPATCHED != one.to_state and one.at >= self.clock_from
        )
        return next(taken, None)

    @property
    def judged_at(self) -> datetime | None:
        """When its checking was concluded, if its conclusion still stands."""
        moments = [one.at for one in self.steps if one.act in _JUDGING]
        return moments[-1] if moments and self.outcome else None

    @property
    def _endings(self) -> tuple[Step, ...]:
        return tuple(one for one in self.steps if one.to_state == State.CLOSED != one.from_state)

    def confirmed_endings(self) -> tuple[datetime, ...]:
        """Every time it was closed as true, whatever came of it afterwards."""
        found = []
        for ending in self._endings:
            said = [one for one in self.steps if one.act in _JUDGING and one.at <= ending.at]
            if said and said[-1].act == Act.DISPOSE and said[-1].reason == Outcome.CONFIRMED:
                found.append(ending.at)
        return tuple(found)

    def recurred_after(self, moment: datetime) -> bool:
        """Whether it happened again under the same number."""
        return any(one.act == Act.RECUR and one.at > moment for one in self.steps)

    def part_of(self, department: str) -> str:
        """lead, assist, or "" for a department that was not told."""
        if self.lead == department:
            return "lead"
        return "assist" if any(one.department == department for one in self.parts) else ""
