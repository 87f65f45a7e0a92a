"""R-M23 价格异动: a drug sold far above the shop's own past price and above what others take."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import noticed, number_of, spread
from yaotong.rules.weeks import sold_between

SPAN_DAYS = 30
_DAY = ["pharmacy_id", "drug_code", "number"]


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with a drug whose price of the day is beyond both bounds."""
    lines = _priced(facts, window)
    daily = lines.group_by("pharmacy_id", "drug_code", "day", "number").agg(
        price=lines.unit_price_fen.median().cast("float64"), lines=lines.count()
    )
    high = _above_own(facts, daily, window, values)
    dear = _above_others(facts, high, daily, values)
    rows = dear.join(lines.select(*_DAY, "line_id", at="sold_at"), _DAY)
    rows = rows.mutate(
        measure=rows.times,
        threshold=ibis.literal(float(values["own_times"])),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return shop_findings(facts, rows, clause="dear", measure="max")


def _priced(facts: Facts, window: Window) -> ir.Table:
    """Sales with a price, from as far back as the first day is compared with."""
    sold = sold_between(facts.sales, window, SPAN_DAYS)
    lines = sold.filter(sold.quantity > 0, sold.unit_price_fen > 0).mutate(day=lambda one: one.sold_at.date())
    return lines.select(
        "line_id", "pharmacy_id", "drug_code", "sold_at", "unit_price_fen", "day", number=number_of(lines.day)
    )


def _above_own(facts: Facts, daily: ir.Table, window: Window, values: Values) -> ir.Table:
    """Shop, drug and day beyond the shop's own median of the thirty days before: `times` says how far."""
    times, yuan = float(values["own_times"]), float(values["least_yuan"])
    lowest = daily.group_by("pharmacy_id", "drug_code").agg(low=daily.price.min())
    enough = daily.filter(daily.day >= window.since, daily.lines >= int(values["least_lines"]))
    # What has not risen so far above the lowest price of all has not risen so far above a median.
    moved = enough.join(lowest, ["pharmacy_id", "drug_code"])
    moved = moved.filter(moved.price > moved.low * times - NOTHING, moved.price - moved.low >= yuan * 100)
    usual = daily.anti_join(noticed(facts, "promotion"), ["pharmacy_id", "day"])
    then = usual.select("pharmacy_id", "drug_code", bucket="number", then_price="price")
    days = spread(moved, moved.number - SPAN_DAYS, moved.number - 1)
    past = days.join(then, ["pharmacy_id", "drug_code", "bucket"])
    own = past.group_by(*_DAY, "day", "price").agg(
        days=past.count(), median=past.then_price.median().cast("float64")
    )
    risen = (own.price > (own.median * times).round(6)) & (own.price - own.median >= yuan * 100)
    high = own.filter(own.days >= int(values["least_days"]), risen)
    return _same_pack(facts, high.mutate(times=(high.price / high.median).round(6)))


def _same_pack(facts: Facts, high: ir.Table) -> ir.Table:
    """Without drugs whose entry in the catalogue changed within the thirty days: it may be another pack."""
    changed = facts.drugs.select("drug_code", changed=number_of(facts.drugs.valid_from))
    pairs = high.select(*_DAY).join(changed, "drug_code")
    age = pairs.number - pairs.changed
    return high.anti_join(pairs.filter(age >= 0, age < SPAN_DAYS).select(*_DAY).distinct(), _DAY)


def _above_others(facts: Facts, high: ir.Table, daily: ir.Table, values: Values) -> ir.Table:
    """Those beyond the median of the other shops of the same kind, each told by its own median."""
    shops = facts.pharmacies
    kinds = shops.select("pharmacy_id", kind=shops.kind.fill_null(""))
    mine = high.join(kinds, "pharmacy_id")
    others = daily.join(kinds, "pharmacy_id")
    others = others.select("drug_code", "kind", other="pharmacy_id", bucket="number", then_price="price")
    days = spread(mine, mine.number - (SPAN_DAYS - 1), mine.number)
    pairs = days.join(others, ["drug_code", "kind", "bucket"])
    near = pairs.filter(pairs.pharmacy_id != pairs.other)
    each = near.group_by(*_DAY, "day", "price", "times", "other").agg(
        usual=near.then_price.median().cast("float64")
    )
    whole = each.group_by(*_DAY, "day", "price", "times").agg(
        shops=each.count(), median=each.usual.median().cast("float64")
    )
    beyond = whole.price > (whole.median * float(values["others_times"])).round(6)
    return whole.filter(whole.shops >= int(values["least_shops"]), beyond).select(*_DAY, "day", "times")


RULE = Rule(
    rule_id="R-M23",
    name_zh="价格异动",
    name_en="A price far above the usual",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=SPAN_DAYS,
    cooldown_days=14,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        "dear": Clause(
            "单价为本店此前 30 天中位数的 {measure} 倍（界限 {threshold} 倍），并高于同类药店",
            "{measure} times the shop's own median price of 30 days, limit {threshold}, and beyond others",
            "倍",
        )
    },
    parameters=(
        Parameter("own_times", 1.5, "倍", 1.1, 5, "超过本店此前 30 天中位数的多少倍"),
        Parameter("others_times", 1.3, "倍", 1.05, 5, "超过其他药店中位数的多少倍"),
        Parameter("least_shops", 5, "家", 3, 50, "至少有几家其他药店可比"),
        Parameter("least_days", 5, "天", 2, 30, "本店此前 30 天至少有几天售出"),
        Parameter("least_lines", 3, "行", 1, 50, "当天至少几行"),
        Parameter("least_yuan", 1, "元", 0, 100, "至少贵了多少元"),
    ),
    basis=(
        Basis("价格法", "第十四条", since=date(1998, 5, 1), verify=True),
        Basis("价格违法行为行政处罚规定", "第六条", since=date(2010, 12, 4), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"),),
)
