"""Sections of a report that speak of sales, shops and data."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from yaotong.codes import CATEGORIES
from yaotong.reads.coverage import coverage_view
from yaotong.reads.report_material import Material
from yaotong.reports.model import Cell, Chart, Section, Table
from yaotong.reports.periods import Period
from yaotong.terms import TERMS

# How many periods a trend shows.
TREND = {"daily": 14, "weekly": 8, "monthly": 6}
LISTED = 20
_NOWHERE = "镇街不详"


def sales_section(one: Material) -> Section:
    """Special drugs sold: by category, compared with the period before, and their trend."""
    period, before = one.period, one.period.before()
    now, old = (one.special(some.first, some.last) for some in (period, before))
    rows: list[tuple[Cell, ...]] = []
    for code in ["", *sorted(set(now["category"]) | set(old["category"]))[1:]]:
        mine, theirs = now[now["category"] == code], old[old["category"] == code]
        name = CATEGORIES[code] if code else "特药合计"
        packs, past = int(mine["packs"].sum()), int(theirs["packs"].sum())
        rows.append(
            (name, mine["pharmacy_id"].nunique(), int(mine["lines"].sum()), packs, past, packs - past)
        )
    table = Table(
        "特药销售",
        ("类别", "药店（家）", "销售行", "盒", "上期盒", "增减"),
        tuple(rows) if len(now) or len(old) else (),
        empty="本期与上期都没有特药销售。",
        widths=(30, 14, 14, 14, 14, 14),
    )
    notes = ("退货不计；一种药有几个类别的，各类都计，合计只计一次。",)
    return Section("特药销售", (table,), (_trend(one),), notes)


def _trend(one: Material) -> Chart:
    """Packs in each of the last periods; one before the first day of data, or after the last, is a gap."""
    spans = [one.period]
    while len(spans) < TREND[one.period.kind]:
        spans.insert(0, spans[0].before())
    sold = one.special(spans[0].first, spans[-1].last)
    sold = sold[sold["category"] == ""]
    packs = tuple(_packs(sold, some) for some in spans)
    labels = tuple(_label(some) for some in spans)
    return Chart("特药销售走势", labels, (("盒", packs),), "盒", marked=frozenset(labels[-1:]))


def _packs(sold: pd.DataFrame, span: Period) -> float | None:
    if sold.empty or span.last < sold["day"].min() or span.first > sold["day"].max():
        return None
    inside = sold[(sold["day"] >= span.first) & (sold["day"] <= span.last)]
    return float(inside["packs"].sum())


def _label(span: Period) -> str:
    return f"{span.first:%Y-%m}" if span.kind == "monthly" else f"{span.first:%m-%d}"


def silent_section(one: Material) -> Section:
    """Shops that fell silent, as of the last day with any data; by town where shops may not be named."""
    view = coverage_view(one.workspace, one.viewer)
    silent = [shop for shop in view.shops if shop.days_silent is None or shop.days_silent > 0]
    notes = ("没有任何销售数据。" if view.as_of is None else "以数据的最后一天为准，公告停业的日子不计。",)
    if not one.names_shops:
        return Section(
            "停报药店", (_by_town([shop.area_name for shop in silent], "停报药店（家）"),), (), notes
        )
    rows = tuple(
        (shop.name, shop.area_name or _NOWHERE, _day(shop.last_day), shop.days_silent)
        for shop in silent[:LISTED]
    )
    head = ("药店", "镇街", "最后一天有数据", "停报天数")
    table = Table("停报药店", head, rows, empty="没有停报的药店。", widths=(40, 20, 20, 20))
    more = () if len(silent) <= LISTED else ("只列停报最久的二十家。",)
    return Section("停报药店", (table,), (), notes + more)


def _by_town(places: list[str], counted: str) -> Table:
    counts = pd.Series([one or _NOWHERE for one in places], dtype=object).value_counts().sort_index()
    rows = tuple((str(town), int(count)) for town, count in counts.items())
    return Table("按镇街", ("镇街", counted), rows)


def _day(day: date | None) -> str:
    return "从未" if day is None else f"{day:%Y-%m-%d}"


def town_section(one: Material) -> Section:
    """Trends by town: alerts by their day of behaviour, and packs of special drugs."""
    period, before = one.period, one.period.before()
    columns = []
    for span in (period, before):
        columns.append(_alerts_by_town(one, span))
        sold = one.special(span.first, span.last)
        sold = sold[sold["category"] == ""]
        columns.append(sold.groupby(sold["area_name"].fillna(_NOWHERE))["packs"].sum())
    frame = pd.concat(columns, axis=1).fillna(0).sort_index()
    rows: list[tuple[Cell, ...]] = [
        (str(town), int(a), int(c), int(b), int(d)) for town, a, b, c, d in frame.itertuples(name=None)
    ]
    if rows:
        rows.append(("合计", *(int(frame.iloc[:, place].sum()) for place in (0, 2, 1, 3))))
    head = ("镇街", "预警（行为日）", "上期预警", "特药盒", "上期特药盒")
    table = Table("各镇街", head, tuple(rows), totals=True, widths=(28, 18, 18, 18, 18))
    return Section("各镇街走势", (table,), (_alert_trend(one),))


def _alerts_by_town(one: Material, span: Period) -> pd.Series:
    places = [
        one.names.areas.get(story.area_code or "", _NOWHERE)
        for story in one.told
        if span.first <= story.last_day <= span.last
    ]
    return pd.Series(places, dtype=object).value_counts()


def _alert_trend(one: Material) -> Chart:
    spans = [one.period]
    while len(spans) < TREND["weekly"]:
        spans.insert(0, spans[0].before())
    counts = tuple(
        float(sum(span.first <= story.last_day <= span.last for story in one.told)) for span in spans
    )
    labels = tuple(_label(span) for span in spans)
    return Chart("预警走势（按行为日）", labels, (("预警", counts),), "条", "lines")


def inspection_section(one: Material) -> Section:
    """What inspections of the period came to."""
    mine = one.shops.inspected[one.shops.inspected["pharmacy_id"].isin(one.own_shops["pharmacy_id"])]
    counts = mine.groupby("outcome")["count"].sum().sort_index()
    rows = tuple((_outcome(str(name)), int(count)) for name, count in counts.items())
    table = Table("检查结果", ("结果", "次"), rows, empty="本期没有收到检查记录。", widths=(60, 40))
    return Section("检查结果", (table,))


def _outcome(name: str) -> str:
    key = f"inspection.{name}"
    return TERMS[key].zh if key in TERMS else name


def quality_section(one: Material) -> Section:
    """How complete and how late the data are, from the figures of the period."""
    wanted = ("connected", "complete", "timely", "traced")
    rows = tuple(
        (some.now.name, some.now.value, some.now.num, some.now.den, some.before.value, some.now.why)
        for some in one.kpis
        if some.now.code in wanted
    )
    head = ("指标", "本期", "分子", "分母", "上期", "备注")
    table = Table("数据质量", head, rows, shares=(1, 4), widths=(20, 12, 14, 14, 12, 28))
    return Section("数据质量", (table,))


def coming(one: Material) -> date:
    """The last day of the week that follows the period."""
    return one.period.last + timedelta(days=7)
