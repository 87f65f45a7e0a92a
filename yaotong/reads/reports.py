"""Daily, weekly and monthly reports (domain §7.5) of a viewer's department and area."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from yaotong.departments import departments
from yaotong.errors import ConfigError
from yaotong.reads import report_data as data
from yaotong.reads import report_desk as desk
from yaotong.reads.report_material import Material, gather
from yaotong.reports.model import Report, Scope, Section
from yaotong.reports.periods import TITLES, Period
from yaotong.reports.veil import veiled
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

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
