"""Route an alert: one lead, its assists, the office on the spot, and how long each step may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from yaotong.alerts.model import Finding
from yaotong.alerts.people import Office
from yaotong.codes import Level
from yaotong.departments import Department, lead_of
from yaotong.workdays import add_workdays, in_office_hours


class Wish(Protocol):
    """A rule's wish that a department be told: structurally `rules.model.Assist`."""

    @property
    def department(self) -> str: ...
    def wanted(self, level_rank: int, measure: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sending:
    """One department told of an alert, and in which part."""

    department: str
    part: str  # lead | assist
    office_code: str | None


@dataclass(frozen=True, slots=True)
class Due:
    """When each step must be done, counted from the dispatch."""

    accept: datetime
    check: datetime
    dispose: datetime
    close: datetime


def route(
    finding: Finding, wishes: Sequence[Wish], known: Mapping[str, Department], offices: Sequence[Office]
) -> tuple[Sending, ...]:
    """Whom an alert goes to: exactly one lead first, then the assists by name."""
    lead = lead_of(finding.rule_id, known)
    told = {one.department_id for one in known.values() if one.assists_rule(finding.rule_id)}
    told |= {one.department for one in wishes if one.wanted(finding.level.rank, finding.measure)}
    told = (told & set(known)) - {lead.department_id}
    parts = [(lead.department_id, "lead"), *((one, "assist") for one in sorted(told))]
    return tuple(Sending(name, part, office_of(name, finding.area_code, offices)) for name, part in parts)


def due(finding: Finding, lead: Department, dispatched_at: datetime) -> Due:
    """The deadlines of an alert of this gravity under its lead's clocks."""
    return due_at(finding.level, lead, dispatched_at)


def due_at(level: Level, lead: Department, dispatched_at: datetime) -> Due:
    """The deadlines of a level, under a lead's clocks, from a moment on."""
    limit = lead.deadlines[level]
    minutes = limit.minutes(in_hours=in_office_hours(dispatched_at))
    return Due(
        accept=dispatched_at + timedelta(minutes=minutes),
        check=add_workdays(dispatched_at, limit.check_days),
        dispose=add_workdays(dispatched_at, limit.dispose_days),
        close=add_workdays(dispatched_at, limit.close_days),
    )


def office_of(department: str, area_code: str | None, offices: Sequence[Office]) -> str | None:
    """The department's office with the smallest area that holds the place; the county's own otherwise."""
    place = area_code or ""
    fitting = [
        one
        for one in offices
        if one.department == department and (place.startswith(one.area_code) or not place)
    ]
    if not fitting:
        return None
    wanted = max if place else min
    return wanted(fitting, key=lambda one: (len(one.area_code), one.office_code)).office_code
