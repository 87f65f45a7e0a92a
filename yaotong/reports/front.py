"""What stands at the head of every report's file: period, scope, moment, number, check sum."""

from __future__ import annotations

from yaotong.reports.model import Mark, Report

RULE = "预警是线索，不是结论；处置由人作出。未知写“无数据”，不写零。"


def front(report: Report, mark: Mark) -> tuple[tuple[str, str], ...]:
    """(name, value) pairs in their order."""
    scope = report.scope
    return (
        ("期间", report.period.title),
        ("范围", f"{scope.department_zh} · {scope.area_name}（{scope.area_code}）"),
        ("所知", f"截至 {report.known_at:%Y-%m-%d %H:%M}，数据版本 {report.data_version}"),
        ("编号", mark.number),
        ("取用", f"{mark.department_zh} {mark.reader} {mark.at:%Y-%m-%d %H:%M}"),
        ("内容校验", f"SHA-256 {report.digest}"),
        ("说明", RULE),
    )
