"""The alerts behind a figure of a report, asked for by an address of the inbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from webapp import asking
from webapp.context import current_viewer, current_workspace
from yaotong import clock
from yaotong.reads.reports import alerts_behind
from yaotong.reports.periods import period_asked

SIDES_ZH = {"hits": "计入分子的", "rest": "未计入分子的", "base": "计入分母的"}


@dataclass(frozen=True, slots=True)
class Behind:
    """What an inbox is narrowed to: a figure's name, the side, the period, the alerts, and the address."""

    name: str
    side_zh: str
    period: str
    ids: frozenset[str]
    asked: Mapping[str, str]


def alerts_of_figure(given: Mapping[str, str]) -> Behind | None:
    """The alerts that an address asks for by `kpi`, `report`, `day` and `side`; None when it does not."""
    code = given.get("kpi", "")
    if not code:
        return None
    now, kind, side = clock.now(), given.get("report", "weekly"), given.get("side", "base")
    period = period_asked(kind, asking.day(given, "day"), now.date())
    kpi, ids = alerts_behind(current_workspace(), current_viewer(), period, code, side, now=now)
    asked = {"kpi": code, "report": kind, "day": str(period.first), "side": side}
    return Behind(kpi.name, SIDES_ZH[side], period.title, ids, asked)
