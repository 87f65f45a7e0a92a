"""The difference between two versions of a rule, as far as a viewer may see it."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.departments import departments
from yaotong.gate import backtest_state
from yaotong.reads.alerts import Names, shown_fields
from yaotong.reads.subjects import subject_label
from yaotong.rules.model import Rule
from yaotong.store import Connection, judged, rulestops
from yaotong.store import alerts as alert_rows
from yaotong.viewer import Viewer

_SAME = ("subject", "level", "clause", "measure", "threshold", "area_code")
SHOWN = 60  # rows of a difference on a page


@dataclass(frozen=True, slots=True)
class Told:
    """A would-be alert of one side of a difference. `alert_id` is "" where there is none to open."""

    alert_id: str
    subject: str
    level: str
    measure: float
    threshold: float
    unit: str
    first_day: date
    last_day: date
    area_name: str


@dataclass(frozen=True, slots=True)
class KnownOutcome:
    """A closed alert: what checking found, and whether each version would have told of it."""

    alert_id: str
    subject: str
    outcome: str
    first_day: date
    live: bool
    new: bool


@dataclass(frozen=True, slots=True)
class Backtest:
    """A back-test as far as it has come. `report` is {} until it is finished."""

    state: str
    done: int
    total: int
    started_at: datetime
    finished_at: datetime | None
    data_version: int
    error: str
    report: Mapping[str, Any]
    departments: tuple[str, ...]
    appear: tuple[Told, ...]
    disappear: tuple[Told, ...]
    outcomes: tuple[KnownOutcome, ...]


@dataclass(frozen=True, slots=True)
class ShadowDifference:
    """What a version that runs beside the live one finds that the live one does not, and the reverse."""

    until: date | None  # the last day it has judged; None before its first run
    found: int
    only_shadow: int
    only_live: int
    appear: tuple[Told, ...]
    disappear: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Sight:
    """What a viewer may see of single subjects, and under which names."""

    viewer: Viewer
    rule: Rule
    names: Names
    connection: Connection

    def told(self, one: Mapping[str, Any], *, linked: bool) -> Told:
        """A would-be alert; linked where it is one that exists."""
        shown = shown_fields(self.viewer.department, "lead")
        clause = self.rule.clauses.get(one["clause"])
        return Told(
            alert_id=one["alert_id"] if linked and self._exists(one["alert_id"]) else "",
            subject=self.label(one["subject"], shown),
            level=one["level"],
            measure=one["measure"],
            threshold=one["threshold"],
            unit=clause.unit if clause is not None else "",
            first_day=date.fromisoformat(str(one["first_day"])),
            last_day=date.fromisoformat(str(one["last_day"])),
            area_name=self.names.areas.get(one["area_code"] or "", ""),
        )

    def label(self, subject: str, shown: Collection[str]) -> str:
        """What the subject is called."""
        kind, names = str(self.rule.subject_kind), self.names
        return subject_label(kind, subject, names.shops, names.areas, shown, self.viewer.department)

    def sees(self, one: Mapping[str, Any]) -> bool:
        """Whether it lies in the viewer's area."""
        return self.viewer.covers(one["area_code"])

    def _exists(self, alert_id: str) -> bool:
        return alert_rows.get(self.connection, alert_id) is not None


def backtest_of(row: Any, sight: Sight | None, now: datetime) -> Backtest:
    """A back-test as far as it has come; without single subjects where there is no sight of them."""
    report = json.loads(row.result) if row.result else {}
    state = backtest_state(row.state, row.beat_at, now)
    told = {name for week in report.get("weeks", ()) for side in ("live", "new") for name in week[side]}
    return Backtest(
        state=state,
        done=row.done,
        total=row.total,
        started_at=row.started_at,
        finished_at=row.finished_at,
        data_version=row.data_version,
        error=row.error or ("服务器中断" if state == "failed" else ""),
        report=report,
        departments=tuple(name for name in departments() if name in told),
        appear=_told(report.get("appear", ()), sight, linked=False),
        disappear=_told(report.get("disappear", ()), sight, linked=True),
        outcomes=_outcomes(report.get("outcomes", ()), sight),
    )


def _told(rows: Collection[Mapping[str, Any]], sight: Sight | None, *, linked: bool) -> tuple[Told, ...]:
    if sight is None:
        return ()
    seen = [one for one in rows if sight.sees(one)][:SHOWN]
    return tuple(sight.told(one, linked=linked) for one in seen)


def _outcomes(rows: Collection[Mapping[str, Any]], sight: Sight | None) -> tuple[KnownOutcome, ...]:
    if sight is None:
        return ()
    shown = shown_fields(sight.viewer.department, "lead")
    return tuple(
        KnownOutcome(
            one["alert_id"],
            sight.label(one["subject"], shown),
            one["outcome"],
            date.fromisoformat(one["first_day"]),
            one["live"],
            one["new"],
        )
        for one in rows
        if sight.sees(one)
    )


def shadow_of(connection: Connection, row: Any, sight: Sight, detail: bool) -> ShadowDifference:
    """What a version that shadows the live one finds otherwise."""
    mine, theirs = rulestops.shadow_difference(connection, row.rule_id, row.number)
    mark = judged.marks(connection).get(judged.shadow_name(row.rule_id, row.number))
    return ShadowDifference(
        until=mark.until if mark is not None else None,
        found=rulestops.shadow_count(connection, row.rule_id, row.number),
        only_shadow=len(mine),
        only_live=len(theirs),
        appear=_told([_as_told(one) for one in mine], sight if detail else None, linked=False),
        disappear=_told([_as_told(one) for one in theirs], sight if detail else None, linked=True),
    )


def _as_told(row: Any) -> dict[str, Any]:
    """A finding's row in the words of a report."""
    values = dict(row._mapping)
    return {
        **{
            name: values[name] for name in ("subject", "level", "clause", "measure", "threshold", "area_code")
        },
        "alert_id": values.get("alert_id", ""),
        "first_day": values["behaviour_day"],
        "last_day": values["behaviour_day"],
    }
