"""R-M29 新店异常放量: newly licensed shops that sell special drugs as hardly any shop of their kind does."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from yaotong.codes import SPECIAL_CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside, number_of

_WEEKS = 4
_NEW_DAYS, _RENEWAL_DAYS = 90, 90
_COUNTY_DIGITS = 6
_DUST = 1e-9


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """New shops on Mondays, by what they sold in the four weeks before."""
    shares = _shares(facts, window, values)
    new, old = shares.filter(shares.is_new), shares.filter(shares.is_old)
    limits = _limits(old, values)
    held = new.join(limits, ["county", "kind", "week"]).anti_join(_renewed(facts, window), "pharmacy_id")
    high = held.filter(
        held.special >= int(values["least"]),
        held.share > held.high,
        held.share >= held.middle * float(values["times"]) - _DUST,
    ).select("pharmacy_id", "week", "share", "high")
    lines = facts.sales_of(*SPECIAL_CATEGORIES)
    lines = lines.filter(inside(lines, window.widened(7 * _WEEKS)), lines.quantity > 0)
    found = lines.join(high, "pharmacy_id")
    before = found.week - _week_of(found.sold_at.date())
    found = found.filter(before >= 1, before <= _WEEKS)
    rows = found.mutate(
        at=found.sold_at,
        day=((found.week * 7 - 3) * 86_400).as_timestamp("s").date(),
        measure=(found.share * 100).round(6),
        threshold=(found.high * 100).round(6),
        level=ibis.literal(str(Level.YELLOW)),
    )
    return shop_findings(facts, rows, clause="share", measure="max")


def _week_of(day: ir.DateValue) -> ir.IntegerValue:
    """Weeks from Monday, counted; the Monday of week w is day number 7 w - 3."""
    return (number_of(day) + 3) // 7


def _shares(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and the Mondays in the window: the share of special drugs in the four weeks before each."""
    read, nothing = window.widened(7 * _WEEKS), ibis.literal(0)
    every, special = (
        lines.filter(inside(lines, read), lines.quantity > 0).mutate(week=_week_of(lines.sold_at.date()))
        for lines in (facts.sales, facts.sales_of(*SPECIAL_CATEGORIES))
    )
    shop = ("pharmacy_id", "week")
    sold = ibis.union(
        every.group_by(*shop).agg(lines=every.count()).mutate(special=nothing.cast("int64")),
        special.group_by(*shop)
        .agg(special=special.count())
        .select(*shop, lines=nothing.cast("int64"), special="special"),
    )
    moved = ibis.union(*(sold.mutate(week=sold.week + after) for after in range(1, _WEEKS + 1)))
    totals = moved.group_by("pharmacy_id", "week").agg(lines=moved.lines.sum(), special=moved.special.sum())
    monday = totals.week * 7 - 3
    since, until = (number_of(ibis.literal(day)) for day in (window.since, window.until))
    totals = totals.filter(monday >= since, monday <= until, totals.lines >= int(values["lines"]))
    return _placed(facts, totals)


def _placed(facts: Facts, totals: ir.Table) -> ir.Table:
    """Totals of shops whose county and kind are known, with whether they are new or established."""
    shops = facts.pharmacies
    shops = shops.filter(shops.area_code.notnull(), shops.kind.notnull()).select(
        "pharmacy_id",
        "kind",
        county=shops.area_code.substr(0, _COUNTY_DIGITS),
        began=number_of(shops.valid_from),
    )
    rows = totals.join(shops, "pharmacy_id")
    first = rows.week * 7 - 3 - 7 * _WEEKS
    return rows.mutate(
        share=rows.special.cast("float64") / rows.lines.cast("float64"),
        is_new=(first >= rows.began) & (first + 7 * _WEEKS - 1 < rows.began + _NEW_DAYS),
        is_old=first >= rows.began + _NEW_DAYS,
    )


def _limits(old: ir.Table, values: Values) -> ir.Table:
    """The middle share and the one that few exceed (by nearest rank) of established shops alike."""
    alike = ["county", "kind", "week"]
    ranked = old.mutate(
        rank=ibis.row_number().over(ibis.window(group_by=alike, order_by=["share", "pharmacy_id"])) + 1,
        shops=old.count().over(ibis.window(group_by=alike)),
    )
    limits = ranked.group_by(alike).agg(
        shops=ranked.shops.max(),
        high=ranked.share.max(where=ranked.rank <= _place(ranked.shops, float(values["percentile"]))),
        middle=ranked.share.max(where=ranked.rank <= _place(ranked.shops, 0.5)),
    )
    return limits.filter(limits.shops >= int(values["peers"])).drop("shops")


def _place(shops: ir.IntegerValue, part: float) -> ir.IntegerValue:
    return (shops * part - _DUST).ceil()


def _renewed(facts: Facts, window: Window) -> ir.Table:
    """Shops that sold before their licence began: an old shop with a new licence."""
    shops, sales = facts.pharmacies.select("pharmacy_id", "valid_from"), facts.sales
    read = window.widened(_NEW_DAYS + _RENEWAL_DAYS + 7)
    sold = sales.filter(inside(sales, read)).join(shops.filter(shops.valid_from >= read.since), "pharmacy_id")
    before = number_of(sold.valid_from) - number_of(sold.sold_at.date())
    return sold.filter(before >= 1, before <= _RENEWAL_DAYS).select("pharmacy_id").distinct()


RULE = Rule(
    rule_id="R-M29",
    name_zh="新店特药异常放量",
    name_en="A new shop's surge of special drugs",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=_NEW_DAYS + _RENEWAL_DAYS + 7,
    cooldown_days=28,
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "share": Clause(
            "新店四周内特药占销售笔数的 {measure}%，同类药店的上限为 {threshold}%",
            "special drugs are {measure}% of a new shop's lines in four weeks, {threshold}% tops shops alike",
            "%",
        )
    },
    parameters=(
        Parameter("percentile", 0.95, "比例", 0.9, 0.99, "高过同县同类药店中多少家"),
        Parameter("times", 2, "倍", 1, 10, "至少为同类药店中位数的几倍"),
        Parameter("lines", 60, "笔", 20, 1000, "四周内至少多少笔销售才比较"),
        Parameter("least", 10, "笔", 3, 200, "四周内至少多少笔特药才提示"),
        Parameter("peers", 20, "家", 5, 200, "至少有多少家同类药店才比较"),
    ),
    basis=(Basis("药品经营和使用质量监督管理办法", verify=True),),
    find=find,
)
