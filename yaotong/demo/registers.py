"""The small feeds beside shops and sales: departments and the calendar."""

from __future__ import annotations

from datetime import timedelta

from yaotong.demo.plan import Plan
from yaotong.demo.regions import PINGHU, Region

_COUNTY = (
    ("msa", "{name}市场监督管理局"),
    ("nhsa", "{insurer}"),
    ("hc", "{name}卫生健康局"),
    ("psb", "{name}公安局"),
)
_FESTIVALS = {
    "New Year's Day": "元旦",
    "Spring Festival": "春节",
    "Tomb-sweeping Day": "清明节",
    "Labour Day": "劳动节",
    "Dragon Boat Festival": "端午节",
    "Mid-autumn Festival": "中秋节",
    "National Day": "国庆节",
}
_TERM_STARTS = ((9, 1, "秋季学期开学（示意）"), (3, 2, "春季学期开学（示意）"))


def departments(region: Region = PINGHU) -> list[dict[str, str]]:
    """Four county departments and a market-supervision office in every town; telephones are invented."""
    rows = [
        _department(
            f"{region.code}-{role}",
            name.format(name=region.name, insurer=region.insurer),
            role,
            region.code,
            "",
            f"{region.phones}-85010{place}00",
        )
        for place, (role, name) in enumerate(_COUNTY)
    ]
    offices = [
        _department(
            f"{town.area_code}-msa",
            f"{region.name}市场监督管理局{town.area_name.removesuffix('街道').removesuffix('镇')}市场监督管理所",
            "msa",
            town.area_code,
            f"{region.code}-msa",
            f"{region.phones}-850110{place:02d}",
        )
        for place, town in enumerate(region.towns, start=1)
    ]
    return rows + offices


def _department(
    code: str, name: str, role: str, area_code: str, parent_code: str, phone: str
) -> dict[str, str]:
    return {
        "department_code": code,
        "department_name": name,
        "role": role,
        "area_code": area_code,
        "parent_code": parent_code,
        "phone": phone,
    }


def calendar(plan: Plan, notices: list[dict[str, str]]) -> list[dict[str, str]]:
    """Statutory holidays, term starts and the stories' notices, by date."""
    rows = [*_holidays(plan), *_terms(plan), *notices]
    return sorted(rows, key=lambda row: (row["date_from"], row["kind"], row["scope"]))


def _notice(first: str, last: str, kind: str, name: str) -> dict[str, str]:
    return {"date_from": first, "date_until": last, "scope": "", "kind": kind, "name": name}


def _holidays(plan: Plan) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = []
    for day, name in zip(plan.dates, plan.holidays, strict=True):
        if name is None:
            continue
        title = _FESTIVALS.get(name, name)
        yesterday = (day - timedelta(days=1)).isoformat()
        if rows and rows[-1]["name"] == title and rows[-1]["date_until"] == yesterday:
            rows[-1]["date_until"] = day.isoformat()
        else:
            rows.append(_notice(day.isoformat(), day.isoformat(), "holiday", title))
    return rows


def _terms(plan: Plan) -> list[dict[str, str]]:
    return [
        _notice(day.isoformat(), day.isoformat(), "school", name)
        for day in plan.dates
        for month, number, name in _TERM_STARTS
        if (day.month, day.day) == (month, number)
    ]
