"""The KPIs of a viewer's department and area: alerts as known at the period's end, facts as known now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.reads.acted import acted
from yaotong.reads.report_facts import figures, last_whole_day, shop_days, special_sales
from yaotong.reports import acted_kpis, data_kpis, kpis
from yaotong.reports.kpis import Kpi, Letter
from yaotong.reports.periods import Period
from yaotong.reports.stories import Part, Step, Story
from yaotong.rules.book import book
from yaotong.store import inboxes, loads, reporting, tillbook, unmet
from yaotong.till.decide import LIMIT
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_DUES = ("accept_due", "check_due", "dispose_due", "close_due")


@dataclass(frozen=True, slots=True)
class Compared:
    """A figure with the same of the period before, and of the year before where that was asked for."""

    now: Kpi
    before: Kpi
    year_before: Kpi | None = None

    @property
    def change(self) -> float | None:
        """How much it changed since the period before; None where either is unknown."""
        if self.now.value is None or self.before.value is None:
            return None
        return self.now.value - self.before.value


def compared_kpis(
    workspace: Workspace, viewer: Viewer, period: Period, *, now: datetime
) -> tuple[Compared, ...]:
    """Every figure of §7.3 in its order, compared with the period before; a month with last year's too."""
    this = period_kpis(workspace, viewer, period, now=now)
    before = _by_code(period_kpis(workspace, viewer, period.before(), now=now))
    older: Mapping[str, Kpi] = {}
    if period.kind == "monthly":
        older = _by_code(period_kpis(workspace, viewer, period.year_before(), now=now))
    return tuple(Compared(one, before[one.code], older.get(one.code)) for one in this)


def period_kpis(workspace: Workspace, viewer: Viewer, period: Period, *, now: datetime) -> tuple[Kpi, ...]:
    """The figures of one period, in the order of §7.3."""
    moment = period.known_at(now)
    told, known = (stories(workspace, viewer, at, now=now) for at in (moment, now))
    led = [one for one in told if one.lead == viewer.department]
    count, longest = kpis.overdue(led, moment)
    model, statutory, false = kpis.precision(led, period)
    return (
        *kpis.closing(led, period),
        kpis.accepting(led, period),
        *kpis.hours(led, period),
        count,
        longest,
        model,
        statutory,
        false,
        kpis.repeats(led, period),
        *kpis.transfers(letters_of(workspace, viewer, moment), period),
        kpis.answers(told, viewer.department, period, moment),
        kpis.relapse(led, period),
        *_data(workspace, viewer, period, now, known),
        *acted(workspace, viewer, known, period, now=now),
        *data_kpis.untold(),
    )


def stories(workspace: Workspace, viewer: Viewer, moment: datetime, *, now: datetime) -> tuple[Story, ...]:
    """The alerts of a viewer's inbox as they were known at a moment, by their ids."""
    department = viewer.department
    with workspace.store.read() as connection:
        wanted = inboxes.ids(connection, viewer)
        rows = reporting.known_alerts(connection, wanted, min(moment, now))
        events = _grouped(reporting.steps(connection, department, moment))
        sent = _grouped(reporting.parts(connection, department, moment))
    return tuple(
        _story(row, events.get(row.alert_id, ()), sent.get(row.alert_id, ()))
        for row in rows
        if viewer.covers(row.area_code)
    )


def letters_of(workspace: Workspace, viewer: Viewer, moment: datetime) -> list[Letter]:
    """The department's transfers in the viewer's area, and what had come of them by a moment."""
    with workspace.store.read() as connection:
        rows = reporting.letters(connection, viewer.department, moment)
    return [
        Letter(
            row.issued_at,
            row.receipt_due,
            row.receipt_at if row.receipt_at is not None and row.receipt_at <= moment else None,
            reporting.filed_by(row, moment),
        )
        for row in rows
        if viewer.covers(row.area_code)
    ]


def alerts_by_behaviour(told: Sequence[Story], first: date, last: date) -> list[Story]:
    """Those whose behaviour ended on a day from `first` to `last`, whenever it came to light."""
    return [one for one in told if first <= one.last_day <= last]


def _data(
    workspace: Workspace, viewer: Viewer, period: Period, now: datetime, known: Sequence[Story]
) -> tuple[Kpi, ...]:
    last = last_whole_day(period, now)
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
    found = shop_days(workspace, version, period.first, last)
    sold = special_sales(workspace, version, period.first, last)
    own = frozenset(found.of(viewer)["pharmacy_id"])
    mine = sold[(sold["category"] == "") & sold["pharmacy_id"].isin(own)]
    alerts = len(alerts_by_behaviour(known, period.first, period.last))
    told = data_kpis.data_kpis(figures(found, viewer, int(mine["lines"].sum())), alerts)
    return (*told, _stopped(workspace, own, period), _unanswered(workspace, viewer, period))


def _unanswered(workspace: Workspace, viewer: Viewer, period: Period) -> Kpi:
    """Citizens' searches in the viewer's area that did not help; outside all areas is the whole region's."""
    with workspace.store.read() as connection:
        counted = unmet.by_town_and_hour(connection, period.first, period.last)
    mine = counted[[viewer.covers(code or None) for code in counted["area_code"]]]
    return acted_kpis.unanswered(int(mine["searches"].sum()) if len(mine) else None)


def _stopped(workspace: Workspace, own: frozenset[str], period: Period) -> Kpi:
    """What the tills of some pharmacies were told not to sell."""
    with workspace.store.read() as connection:
        rows = tillbook.packs_asked(connection, period.start, period.end)
    asked = [one for one in rows if one.pharmacy_id in own]
    refused = sum(float(one.packs) for one in asked if one.verdict == LIMIT)
    return acted_kpis.stopped(refused, sum(int(one.questions) for one in asked))


def _story(row: Any, events: Sequence[Any], sent: Sequence[Any]) -> Story:
    rule = book().get(row.rule_id)
    steps = tuple(
        Step(one.at, one.act, one.from_state, one.to_state, one.reason, one.department) for one in events
    )
    return Story(
        alert_id=row.alert_id,
        rule_id=row.rule_id,
        rule_version=row.rule_version,
        kind=rule.kind if rule else "model",
        level=row.level,
        state=row.state,
        lead=row.lead,
        subject=row.subject,
        area_code=row.area_code,
        first_day=row.first_day,
        last_day=row.last_day,
        opened_at=row.opened_at,
        clock_from=row.clock_from or row.opened_at,
        due={name: getattr(row, name) for name in _DUES},
        outcome=row.outcome,
        merged_into=row.merged_into,
        steps=steps,
        parts=tuple(_part(one, row.lead, steps) for one in sent),
    )


def _part(one: Any, lead: str, steps: Sequence[Step]) -> Part:
    answered = (step.at for step in steps if step.act == "answer" and step.department == one.department)
    part = "lead" if one.department == lead else "assist"
    return Part(one.department, part, one.sent_at, next(answered, None))


def _grouped(rows: Sequence[Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for row in rows:
        found.setdefault(row.alert_id, []).append(row)
    return found


def _by_code(found: Sequence[Kpi]) -> dict[str, Kpi]:
    return {one.code: one for one in found}
