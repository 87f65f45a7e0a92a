"""Figures of §7.3 that speak of the data and the shops, and those that nothing here can tell yet. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from yaotong.reports.kpis import Kpi, ratio

TIMELY_HOURS = 24


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts over the active shops of a scope in a period. Hours are None where nobody sends shifts.

    `days_due` are shop days on which sales are due, `days_reported` those with any.
    """

    shops: int = 0
    reporting: int = 0
    days_due: int = 0
    days_reported: int = 0
    lines: int = 0
    timely: int = 0
    traced: int = 0
    special: int = 0
    open_hours: float | None = None
    absent_hours: float | None = None


def data_kpis(figures: Figures, alerts: int) -> tuple[Kpi, ...]:
    """10 接入率 and what comes with it, 11 药师在岗率, 13 每千笔特药销售预警数.

    `alerts`: how many by their day of behaviour.
    """
    connected = ("connected", "接入率", "期内有销售明细的药店 / 在营药店")
    complete = ("complete", "数据完整率", "有销售明细的店日 / 应报的店日（公告停业除外）")
    timely = ("timely", "数据及时率", f"售出后 {TIMELY_HOURS} 小时内收到的销售行 / 销售行")
    traced = ("traced", "追溯码采集率", "有追溯码的销售行 / 销售行")
    lines, nothing = figures.lines, "本期没有销售明细"
    return (
        ratio(connected, figures.reporting, figures.shops, why="辖区没有在营药店", target=0.98),
        ratio(complete, figures.days_reported, figures.days_due, why="本期没有应报的店日"),
        ratio(timely, figures.timely, lines, why=nothing),
        ratio(traced, figures.traced, lines, why=nothing, target=0.95),
        _on_duty(figures),
        _per_thousand(figures, alerts),
    )


def _on_duty(figures: Figures) -> Kpi:
    told = ("on_duty", "药师在岗率", "药师在岗的营业小时 / 营业小时（上报在岗的药店）")
    if figures.open_hours is None or figures.absent_hours is None:
        return Kpi(told[0], told[1], "%", told[2], better="high", why="没有药店上报药师在岗")
    present = round(figures.open_hours - figures.absent_hours, 1)
    return ratio(told, present, round(figures.open_hours, 1), why="上报在岗的药店没有营业时间")


def _per_thousand(figures: Figures, alerts: int) -> Kpi:
    told = ("per_thousand", "每千笔特药销售预警数", "条", "行为日在期内的预警 × 1000 / 特药销售行")
    if not figures.special:
        return Kpi(*told, why="本期没有特药销售")
    value = round(1000 * alerts / figures.special, 2)
    return Kpi(*told, value, alerts, figures.special)


def untold() -> tuple[Kpi, ...]:
    """16: what no data here can tell, with why."""
    return (Kpi("hotline", "12345 满意率", "%", "满意的 / 办结的诉求", why="没有 12345 的数据源"),)
