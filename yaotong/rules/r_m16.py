"""R-M16 无原单退货: packs taken back that the shop never sold, or far too many of them."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import day_after, shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of, spread
from yaotong.rules.weeks import WEEK_DAYS, day_of, sold_between

_KNOWN_DAYS = 30


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with returns that have no sale, and days after which too many lines are returns."""
    daily = _daily(facts, window, values)
    return ibis.union(_without_origin(facts, daily, window, values), _too_many(facts, daily, window, values))


def _daily(facts: Facts, window: Window, values: Values) -> ir.Table:
    """(pharmacy_id, number): lines and returns, from as far back as an original sale is looked for."""
    far = int(values["back_days"]) + _KNOWN_DAYS + int(values["grace_days"])
    days = facts.shop_days(window.widened(far).start, window.end)
    return days.select("pharmacy_id", "lines", number=number_of(days.day), returns="returned")


def _without_origin(facts: Facts, daily: ir.Table, window: Window, values: Values) -> ir.Table:
    """Returns of what the shop did not sell before, told when a late sale had had its time to come."""
    grace = int(values["grace_days"])
    back = sold_between(facts.sales, window, grace, grace)
    back = back.filter(back.quantity < 0, ibis.or_(back.trace_code.notnull(), back.batch_no.notnull()))
    back = back.select("line_id", "pharmacy_id", "drug_code", "trace_code", "batch_no", "quantity", "sold_at")
    # No two are alike: said so that an engine keeps these few, and does not read all lines for each use.
    back = back.mutate(number=number_of(back.sold_at.date())).distinct()
    known = _known(back, daily, int(values["back_days"]))
    orphans = known.anti_join(_answered(facts, back, window, values), "line_id")
    rows = orphans.mutate(
        day=day_after(orphans.sold_at, grace),
        at=orphans.sold_at,
        measure=-orphans.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.YELLOW)),
    )
    return shop_findings(facts, rows, clause="origin")


def _known(back: ir.Table, daily: ir.Table, days: int) -> ir.Table:
    """Returns of shops whose lines reach as far back as an original sale may lie."""
    asked = back.select("pharmacy_id", "number").distinct()
    then = spread(asked, asked.number - (days + _KNOWN_DAYS - 1), asked.number - days)
    sent = then.semi_join(daily.select("pharmacy_id", bucket="number"), ["pharmacy_id", "bucket"])
    return back.semi_join(sent, ["pharmacy_id", "number"])


def _answered(facts: Facts, back: ir.Table, window: Window, values: Values) -> ir.Table:
    """Returns that some earlier sale of the shop may have been the origin of.

    A line of several packs bears one of their codes, and a line may lack its code or lot: such lines
    answer by what they do tell.
    """
    days = int(values["back_days"])
    sales = sold_between(facts.sales, window, days + int(values["grace_days"]))
    sales = sales.filter(sales.quantity > 0)
    sold = sales.select(
        "pharmacy_id", "drug_code", code="trace_code", lot="batch_no", packs="quantity", first_at="sold_at"
    )
    loose = sold.filter(sold.code.isnull() | (sold.packs > 1))
    near = ["pharmacy_id", "drug_code"]
    every = back.join(sold, near)
    same = [*near, back.trace_code == sold.code]
    alike = ibis.union(back.join(loose, near), every.filter(every.trace_code.isnull()))
    may_be = alike.lot.isnull() | alike.batch_no.isnull() | (alike.lot == alike.batch_no)
    pairs = ibis.union(back.join(sold, same), alike.filter(may_be))
    age = pairs.number - number_of(pairs.first_at.date())
    return pairs.filter(pairs.first_at <= pairs.sold_at, age <= days).select("line_id").distinct()


def _too_many(facts: Facts, daily: ir.Table, window: Window, values: Values) -> ir.Table:
    """Days with a return up to which too many of a week's lines are returns."""
    ends = daily.filter(daily.returns > 0, daily.number >= (window.since - date(1970, 1, 1)).days)
    ends = ends.select("pharmacy_id", "number")
    week = spread(ends, ends.number - (WEEK_DAYS - 1), ends.number)
    week = week.join(daily.rename(bucket="number"), ["pharmacy_id", "bucket"])
    week = week.group_by("pharmacy_id", "number").agg(lines=week.lines.sum(), returns=week.returns.sum())
    high = week.filter(
        week.returns >= int(values["least_returns"]),
        week.lines >= int(values["least_lines"]),
        week.returns * 100.0 > week.lines * float(values["most_percent"]),
    )
    sales = sold_between(facts.sales, window, WEEK_DAYS - 1)
    back = sales.filter(sales.quantity < 0)
    back = back.select("line_id", "pharmacy_id", at="sold_at", bucket=number_of(back.sold_at.date()))
    days = spread(high, high.number - (WEEK_DAYS - 1), high.number)
    rows = days.join(back, ["pharmacy_id", "bucket"])
    rows = rows.mutate(
        day=day_of(rows.number),
        measure=(rows.returns * 100.0 / rows.lines).round(6),
        threshold=ibis.literal(float(values["most_percent"])),
        level=ibis.literal(str(Level.YELLOW)),
    )
    return shop_findings(facts, rows, clause="rate", measure="max")


RULE = Rule(
    rule_id="R-M16",
    name_zh="无原单退货",
    name_en="A return without an original sale",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=224,
    cooldown_days=7,
    feeds=("sales", "pharmacies"),
    clauses={
        "origin": Clause(
            "退回本店没有售出过的药品 {measure} 盒",
            "{measure} packs taken back that the shop had not sold",
            "盒",
        ),
        "rate": Clause(
            "七天内的销售行有 {measure}% 是退货，界限 {threshold}%",
            "{measure}% of the lines of seven days are returns, limit {threshold}%",
            "%",
        ),
    },
    parameters=(
        Parameter("back_days", 90, "天", 30, 180, "往前几天内找原来的售出"),
        Parameter("grace_days", 3, "天", 0, 14, "等迟到的销售行的天数"),
        Parameter("most_percent", 5, "%", 1, 50, "七天的销售行里退货超过百分之几才提示"),
        Parameter("least_returns", 5, "行", 2, 100, "七天里至少几行退货才看比例"),
        Parameter("least_lines", 50, "行", 20, 1000, "七天里至少几行才看比例"),
    ),
    basis=(Basis("药品经营质量管理规范", "药品售出后除质量原因外不得退换", verify=True),),
    find=find,
    assists=(Assist("nhsa"),),
)
