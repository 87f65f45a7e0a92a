"""Run the cases of a rule's page: the tables a regulator reads become facts, and the rule judges them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from yaotong.facts import Facts, Window
from yaotong.rules.builder import facts_from
from yaotong.rules.case_feeds import days_of, feeds_of, licence_of
from yaotong.rules.model import Rule
from yaotong.rules.page import Case, Page, Rows
from yaotong.rules.run import run_rule

AREA = "330482001"
_MOST_DAYS, _MOST_TIMES = 800, 500
_LOOKS = {"次数": "many", "深夜": "night", "辖区外": "outside"}
_NOTICE_KINDS = {
    "促销": "promotion",
    "停业": "closure",
    "假期": "holiday",
    "故障": "outage",
    "开学": "school",
}


@dataclass(frozen=True, slots=True)
class CaseResult:
    """How one case went; `fires` is what it says must happen."""

    title: str
    passed: bool
    message: str
    fires: bool


def run_page(rule: Rule, page: Page) -> list[CaseResult]:
    """Run every case of a page, in its order."""
    return [run_case(rule, case) for case in page.cases]


def run_case(rule: Rule, case: Case) -> CaseResult:
    """Judge one case over all days its lines span, or the window its `窗口` table names."""
    facts, window = facts_of(case)
    frame = run_rule(rule, facts, window)
    if not case.fires:
        told = "" if frame.empty else f"不该有，却有 {len(frame)} 条：{frame.iloc[0]['subject']}"
        return CaseResult(case.title, frame.empty, told, False)
    mine = frame[frame["subject"] == case.subject]
    if mine.empty:
        told = f"应有 {case.subject}，实有 {'、'.join(sorted(set(frame['subject']))) or '无'}"
        return CaseResult(case.title, False, told, True)
    best = float(mine["measure"].max())
    same = case.measure is not None and abs(best - case.measure) < 1e-6
    return CaseResult(case.title, same, "" if same else f"数值应为 {case.measure}，实为 {best:g}", True)


def facts_of(case: Case) -> tuple[Facts, Window]:
    """The facts of a case's tables and the window to judge."""
    sales = [line for row in case.tables.get("销售", ()) for line in _lines(row)]
    for number, line in enumerate(sales):
        line["sale_id"] = f"{number:06d}"
        line["line_id"] = f"{line['pharmacy_id']}/{number:06d}"
    feeds = feeds_of(case.tables)
    looks = [_look(row) for row in case.tables.get("查看", ())]
    days = [line["sold_at"].date() for line in sales] + days_of(feeds) + [one["day"] for one in looks]
    given = [_span(row) for row in case.tables.get("窗口", ())]
    since, until = given[0] if given else (min(days), max(days))
    facts = facts_from(
        sales=sales,
        **feeds,
        drugs=[_drug(row) for row in case.tables.get("药品", ())],
        pharmacies=_shops(
            case.tables.get("药店", ()), [*sales, *(row for each in feeds.values() for row in each)]
        ),
        recalls=[_recall(row) for row in case.tables.get("召回", ())],
        notices=[_notice(row) for row in case.tables.get("公告", ())],
        suppliers=[_supplier(row) for row in case.tables.get("供货企业", ())],
        browsing=looks,
        cross_matches=[_match(row) for row in case.tables.get("跨区命中", ())],
        since=min(days) - timedelta(days=7),
        until=max(until, *days),
    )
    return facts, Window(since, until)


def _span(row: Mapping[str, str]) -> tuple[date, date]:
    since, until = date.fromisoformat(row["起"]), date.fromisoformat(row["止"])
    if not 0 <= (until - since).days < _MOST_DAYS:
        raise ValueError(f"窗口应有 1 到 {_MOST_DAYS} 天。")
    return since, until


def _lines(row: Mapping[str, str]) -> list[dict[str, Any]]:
    """The sales of one row; "2026-01-05..2026-02-28 10:00" is one on every day, 笔数 times 20 min apart.

    笔隔 gives other seconds apart; 录入 and 到达 are a moment, or "+30" for so many minutes after the sale.
    """
    spans = re.fullmatch(r"(\S+?)(?:\.\.(\S+))? (\d\d:\d\d(?::\d\d)?)", row["时间"])
    if spans is None:
        raise ValueError(f"案例中的时间 {row['时间']!r} 应为“日期 时:分”或“日期..日期 时:分”。")
    first = date.fromisoformat(spans[1])
    last = date.fromisoformat(spans[2] or spans[1])
    times = int(row.get("笔数") or 1)
    if (last - first).days >= _MOST_DAYS or times > _MOST_TIMES:
        raise ValueError(f"一行最多 {_MOST_DAYS} 天、每天 {_MOST_TIMES} 笔。")
    wanted = {int(one) for one in row.get("星期", "").split("、") if one}
    moments = [
        datetime.fromisoformat(f"{first + timedelta(days=offset)} {spans[3]}")
        for offset in range((last - first).days + 1)
        if not wanted or (first + timedelta(days=offset)).isoweekday() in wanted
    ]
    base = {
        "pharmacy_id": row["药店"],
        "drug_code": row.get("药品") or "普通药",
        "quantity": float(row.get("数量") or 1),
        "buyer_key": row.get("购药人") or None,
        "buyer_region": row.get("证件地区") or None,
        "buyer_age_years": int(row["年龄"]) if row.get("年龄") else None,
        "prescription_no": row.get("处方号") or None,
        "batch_no": row.get("批号") or None,
        "trace_code": row.get("追溯码") or None,
        "settlement_id": row.get("结算号") or None,
        "prescriber_key": row.get("医师") or None,
        "pharmacist_id": row.get("药师") or None,
        "channel": row.get("渠道") or None,
        "seal_id": row.get("封签") or None,
        "paid_by_insurance": True if row.get("结算号") else None,
        "unit_price_fen": round(float(row["单价"]) * 100) if row.get("单价") else None,
    }
    gap = timedelta(seconds=float(row.get("笔隔") or 1200))
    sold = [at + gap * one for at in moments for one in range(times)]
    return [
        {
            **base,
            "sold_at": at,
            "recorded_at": _after(row.get("录入"), at),
            "arrived_at": _after(row.get("到达"), at),
        }
        for at in sold
    ]


def _after(text: str | None, sold_at: datetime) -> datetime | None:
    """A moment as written, or the sale's and so many minutes."""
    if not text:
        return None
    return sold_at + timedelta(minutes=float(text)) if text.startswith("+") else datetime.fromisoformat(text)


def _drug(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "drug_code": row["药品"],
        "drug_name": row["药品"],
        "categories": f"|{row['类别'].replace('、', '|')}|",
        "active_mg_per_pack": float(row["毫克"]) if row.get("毫克") else None,
        "limit_per_sale": float(row["限量"]) if row.get("限量") else None,
        "product_code": row.get("标识码") or None,
        **({"valid_from": date.fromisoformat(row["启用"])} if row.get("启用") else {}),
        **({"valid_to": date.fromisoformat(row["停用"])} if row.get("停用") else {}),
    }


def _shops(rows: Rows, lines: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Shops of the table, and every shop that only lines name."""
    named = [
        {
            "pharmacy_id": row["药店"],
            "area_code": row.get("区域") or AREA,
            "chain": row.get("连锁") or None,
            "status": row.get("状态") or "active",
            "lon": float(row["经度"]) if row.get("经度") else None,
            "lat": float(row["纬度"]) if row.get("纬度") else None,
            **licence_of(row),
        }
        for row in rows
    ]
    known = {one["pharmacy_id"] for one in named}
    others = dict.fromkeys(
        line["pharmacy_id"] for line in lines if line.get("pharmacy_id") not in {None, *known}
    )
    return [*named, *({"pharmacy_id": one, "area_code": AREA, "status": "active"} for one in others)]


def _recall(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "batch_no": row["批号"],
        "drug_code": row["药品"],
        "effective_at": datetime.fromisoformat(row["生效"]),
        "level": row.get("级别") or "2",
    }


def _supplier(row: Mapping[str, str]) -> dict[str, Any]:
    given = {"valid_from": row.get("发证"), "valid_to": row.get("有效期至")}
    return {
        "uscc": row["供货单位"],
        "name": row["供货单位"],
        **{name: date.fromisoformat(day) for name, day in given.items() if day},
    }


def _match(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "token": row["命中号"],
        "buyer_key": row["购药人"],
        "region": row.get("地区") or "310116",
        "categories": f"|{row['类别'].replace('、', '|')}|",
        "window_since": date.fromisoformat(row["起"]),
        "window_until": date.fromisoformat(row["止"]),
        "measure": row.get("计量") or "packs",
        "total": float(row["合计"]),
        "threshold": float(row["阈值"]),
    }


def _look(row: Mapping[str, str]) -> dict[str, Any]:
    """Looks at people by one account; as many kinds of a day, as many rows."""
    began = datetime.fromisoformat(row["起"])
    return {
        "actor": row["账号"],
        "kind": _LOOKS[row["情形"]],
        "day": began.date(),
        "began": began,
        "ended": datetime.fromisoformat(row["止"]) if row.get("止") else began,
        "views": int(row["次数"]),
    }


def _notice(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        "date_from": date.fromisoformat(row["起"]),
        "date_until": date.fromisoformat(row["止"]),
        "scope": row.get("范围") or None,
        "kind": _NOTICE_KINDS[row["种类"]],
        "name": row["种类"],
    }


# Who reads each table: the columns it asks for are those the table may have.
READERS: Mapping[str, Callable[..., Any]] = {
    "销售": _lines,
    "药品": _drug,
    "药店": _shops,
    "召回": _recall,
    "供货企业": _supplier,
    "公告": _notice,
    "跨区命中": _match,
    "查看": _look,
    "窗口": _span,
}
