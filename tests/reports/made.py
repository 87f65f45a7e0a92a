"""Alerts and reports made by hand for tests."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from yaotong.reports.model import Chart, Mark, Report, Scope, Section, Table
from yaotong.reports.periods import Period, period_of
from yaotong.reports.stories import Part, Step, Story

WEEK = period_of("weekly", date(2026, 6, 24))  # 22 to 28 June
MONDAY = WEEK.start
DUES = ("accept_due", "check_due", "dispose_due", "close_due")


def at(days: float) -> datetime:
    """A moment so many days after the week began."""
    return MONDAY + timedelta(days=days)


def step(days: float, act: str, before: str, after: str, reason: str = "", department: str = "msa") -> Step:
    return Step(at(days), act, before, after, reason, department)


def closed(days: float, outcome: str = "confirmed") -> tuple[Step, ...]:
    """Disposed an hour before it was closed."""
    return (
        step(days - 1 / 24, "dispose", "checking", "disposed", outcome),
        step(days, "close", "disposed", "closed"),
    )


def story(alert_id: str = "a", **given: Any) -> Story:
    """An open alert of market supervision, opened before the week, due in its middle."""
    parts: dict[str, Any] = {
        "rule_id": "R-M01",
        "rule_version": 1,
        "kind": "model",
        "level": "orange",
        "state": "dispatched",
        "lead": "msa",
        "subject": f"shop-{alert_id}",
        "area_code": "330482001",
        "first_day": date(2026, 6, 20),
        "last_day": date(2026, 6, 20),
        "opened_at": at(-1),
        "clock_from": at(-1),
        "due": dict.fromkeys(DUES, at(3)),
        "outcome": None,
        "merged_into": None,
        "steps": (),
        "parts": (Part("msa", "lead", at(-1)),),
    }
    return Story(alert_id=alert_id, **{**parts, **given})


def done(alert_id: str, days: float, outcome: str = "confirmed", **given: Any) -> Story:
    """An alert that was closed so many days into the week."""
    return story(alert_id, state="closed", outcome=outcome, steps=closed(days, outcome), **given)


NASTY = ("=1+1", "+cmd", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "甲\x00乙", "<b>&\"'", "甲" * 300)


def report(*rows: tuple[Any, ...], period: Period = WEEK) -> Report:
    """A report with one table of given rows, one chart with a gap and one note."""
    table = Table("表", ("名", "数", "率"), rows, shares=(2,))
    chart = Chart("图", ("一", "二", "三"), (("盒", (1.0, None, 3.0)),), "盒", marked=frozenset({"三"}))
    return Report(
        "药店联合监管周报",
        period,
        Scope("msa", "市场监督管理局（药监）", "330482", "平湖市"),
        7,
        at(8),
        (Section("节", (table,), (chart,), ("注",)), Section("空节", (Table("空表", ("名",), ()),))),
    )


MARK = Mark("YT-BG-msa-2026-0001", "药监演示员", "市场监督管理局（药监）", datetime(2026, 6, 30, 8, 0))
