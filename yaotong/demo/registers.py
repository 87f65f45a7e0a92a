"""The small feeds beside shops and sales: departments and the calendar."""

from __future__ import annotations

from datetime import date, timedelta

from yaotong.demo.identifiers import uscc
from yaotong.demo.plan import Plan
from yaotong.demo.regions import PINGHU, Region

PERMIT_ENDED = 20  # days before the city's last day on which two permits end
LAPSED, RENEWED, UNREGISTERED = 4, 5, 6  # numbers of suppliers; the last is in no register
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


_PERMITTED = ("九州医药", "同德药业", "华安医药", "康泰药业")


def suppliers(plan: Plan) -> list[dict[str, str]]:
    """The wholesalers of the city (invented): one renewed its permit in the last months, and one did not."""
    ends = plan.until - timedelta(days=PERMIT_ENDED)
    rows = [
        _supplier(plan, number, name, date(2023, 4, 1), date(2028, 3, 31))
        for number, name in enumerate(_PERMITTED)
    ]
    renewed = _supplier(plan, RENEWED, "百川医药", date(2021, 1, 1), ends)
    again = {**renewed, "valid_from": f"{ends + timedelta(days=1)}", "valid_to": "2031-12-31"}
    return [*rows, _supplier(plan, LAPSED, "中诚药业", date(2021, 1, 1), ends), renewed, again]


def supplier_code(plan: Plan, number: int) -> str:
    """The credit code of a supplier of the city."""
    return uscc(80_001 + number, plan.region.code)


def _supplier(plan: Plan, number: int, name: str, since: date, until: date) -> dict[str, str]:
    return {
        "uscc": supplier_code(plan, number),
        "name": f"{plan.region.name.removesuffix('市').removesuffix('区')}{name}（虚构）",
        "permit_no": f"{plan.region.licences[0]}AA{plan.region.licences[1]}{number:04d}",
        "kind": "wholesaler",
        "valid_from": since.isoformat(),
        "valid_to": until.isoformat(),
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
