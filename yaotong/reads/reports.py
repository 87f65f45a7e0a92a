"""Daily, weekly and monthly reports (domain §7.5) of a viewer's department and area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from yaotong.departments import departments
from yaotong.errors import ConfigError, UsageError
from yaotong.reads import report_data as data
from yaotong.reads import report_desk as desk
from yaotong.reads.coverage import coverage_view
from yaotong.reads.kpis import Compared, period_kpis
from yaotong.reads.report_map import map_section
from yaotong.reads.report_material import Material, gather
from yaotong.reports.kpis import Kpi
from yaotong.reports.model import Report, Scope, Section, shown
from yaotong.reports.periods import TITLES, Period
from yaotong.reports.veil import HIDDEN, hides, veiled
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

SIDES = ("hits", "rest", "base")
TILES = (
    "closing", "on_time", "accepting", "overdue", "precision_model", "precision_statutory", "answers",
    "relapse", "connected", "traced", "on_duty", "per_thousand",
)  # fmt: skip
DAILY_KPIS = (
    "accepting", "overdue", "overdue_longest", "connected", "complete", "timely", "traced", "per_thousand",
)  # fmt: skip

_SECTIONS: Mapping[str, tuple[Callable[[Material], Section], ...]] = {
    "daily": (
        lambda one: desk.kpi_section(one, DAILY_KPIS),
        data.sales_section,
        desk.alert_section,
        data.silent_section,
        desk.top_section,
        desk.red_section,
    ),
    "weekly": (
        desk.kpi_section,
        data.town_section,
        data.sales_section,
        desk.alert_section,
        desk.low_section,
        desk.department_section,
        desk.transfer_section,
        data.inspection_section,
        data.quality_section,
        data.silent_section,
        desk.focus_section,
    ),
    "monthly": (
        desk.kpi_section,
        desk.alert_section,
        data.sales_section,
        data.town_section,
        map_section,
        desk.department_section,
        desk.low_section,
        desk.repeated_section,
        desk.typical_section,
        desk.transfer_section,
        data.inspection_section,
        desk.change_section,
        desk.meeting_section,
    ),
}


def report(workspace: Workspace, viewer: Viewer, period: Period, *, now: datetime) -> Report:
    """The report; ConfigError for a viewer whose department there is not."""
    return report_of(gather(workspace, viewer, period, now=now))


def report_of(one: Material) -> Report:
    """The report of what was gathered; where only counts may be seen, the small ones are hidden."""
    scope = scope_of(one)
    made = Report(
        title=f"药店联合监管{TITLES[one.period.kind]}",
        period=one.period,
        scope=scope,
        data_version=one.version,
        known_at=one.now,
        sections=tuple(section(one) for section in _SECTIONS[one.period.kind]),
    )
    return veiled(made) if one.counts_only else made


def scope_of(one: Material) -> Scope:
    """Whose report it is."""
    known, viewer = departments(), one.viewer
    if viewer.department not in known:
        raise ConfigError(
            f"账号 {viewer.username} 的部门“{viewer.department}”不存在，报告没有范围。"
            f"可选：{'、'.join(known)}。请改账号的部门。"
        )
    name = one.names.areas.get(viewer.area_code, viewer.area_code)
    return Scope(viewer.department, known[viewer.department].name_zh, viewer.area_code, name)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure of a page: its value as text, numerator over denominator, and the alerts behind it.

    `sides` are those that there are of hits, rest and base, and how many. `fault`: it misses its target.
    """

    code: str
    name: str
    definition: str
    value: str
    made_of: str
    before: str
    why: str
    few: bool
    fault: bool
    sides: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """A report and its figures as tiles; `newest`: the last day with any sale, when the period is later."""

    report: Report
    tiles: tuple[Tile, ...]
    newest: date | None = None


def preview(workspace: Workspace, viewer: Viewer, period: Period, *, now: datetime) -> Preview:
    """What a page shows of a report."""
    one = gather(workspace, viewer, period, now=now)
    tiles = tuple(_tile(some, one.counts_only) for some in one.kpis if some.now.code in TILES)
    newest = coverage_view(workspace, viewer).as_of
    return Preview(report_of(one), tiles, newest if newest is not None and newest < period.first else None)


def alerts_behind(
    workspace: Workspace, viewer: Viewer, period: Period, code: str, side: str, *, now: datetime
) -> tuple[Kpi, frozenset[str]]:
    """A figure and the alerts on one side of it; UsageError for a figure or a side there is not."""
    found = {one.code: one for one in period_kpis(workspace, viewer, period, now=now)}
    if code not in found or side not in SIDES:
        raise UsageError(f"没有指标“{code}”或它的一侧“{side}”。")
    return found[code], _side(found[code], side)


def _side(kpi: Kpi, side: str) -> frozenset[str]:
    return {"hits": kpi.hits, "rest": kpi.base - kpi.hits, "base": kpi.base}[side]


def _tile(some: Compared, counts_only: bool) -> Tile:
    kpi, before = some.now, some.before
    hidden, past = (counts_only and hides(one.num, one.den) for one in (kpi, before))
    parts = [shown(one) for one in (kpi.num, kpi.den) if one is not None]
    return Tile(
        code=kpi.code,
        name=kpi.name,
        definition=kpi.definition,
        value=HIDDEN if hidden else desk.said(kpi),
        made_of="" if hidden else " / ".join(parts),
        before=HIDDEN if past else desk.said(before),
        why=kpi.why,
        few=kpi.few,
        fault=kpi.meets is False and not hidden,
        # Who may see counts only is led to no list of a small one.
        sides=() if hidden else tuple((side, len(found)) for side in SIDES if (found := _side(kpi, side))),
    )
