"""R-M08 许可证失效仍经营: sales after a licence ended, and a word in time before it does."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside, latest, number_of

_STOPPED = ("closed", "suspended")
# The longest of the three stretches that warnings are given for, at their bounds.
_STRETCH_DAYS = 210


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with sales after the licence ended or was stopped; and those it ends soon for."""
    shops = facts.pharmacies.select("pharmacy_id", "valid_to", "status", "status_since")
    sales = facts.sales.filter(inside(facts.sales, window))
    lines = sales.join(shops, "pharmacy_id")
    lines = lines.mutate(day=lines.sold_at.date(), at=lines.sold_at, threshold=ibis.literal(0.0))
    expired = lines.filter(lines.day > lines.valid_to).mutate(
        left=lambda one: (number_of(one.day) - number_of(one.valid_to)).cast("float64")
    )
    known = lines.status_since.isnull() | (lines.day > lines.status_since)
    stopped = lines.filter(lines.status.isin(_STOPPED), known).mutate(left=lambda one: one.quantity)
    return ibis.union(
        _sold(facts, expired, "expired", "max"),
        _sold(facts, stopped, "stopped", "sum"),
        _expiring(facts, sales, window, values),
    )


def _sold(facts: Facts, lines: ir.Table, clause: str, measure: str) -> ir.Table:
    kept = unreturned(lines, "pharmacy_id", "day", "drug_code")
    rows = kept.mutate(measure=kept.left, level=ibis.literal(str(Level.RED)))
    return shop_findings(facts, rows, clause=clause, measure=measure)


def _expiring(facts: Facts, sales: ir.Table, window: Window, values: Values) -> ir.Table:
    """The first day of each stretch before the end on which the shop sold something."""
    first, second, last = (int(values[name]) for name in ("first_days", "second_days", "last_days"))
    shops = facts.pharmacies.select("pharmacy_id", "valid_to")
    ends = number_of(shops.valid_to)
    since, until = (number_of(ibis.literal(day)) for day in (window.since, window.until))
    soon = shops.filter(ends >= since, ends <= until + first)
    days = facts.shop_days(window.widened(_STRETCH_DAYS).start, window.end)
    days = days.filter(days.sold > 0).join(soon, "pharmacy_id")
    days = days.mutate(left=number_of(days.valid_to) - number_of(days.day))
    days = days.filter(days.left >= 0, days.left <= first)
    stretch = ibis.cases((days.left <= last, last), (days.left <= second, second), else_=first)
    firsts = days.mutate(stretch=stretch).group_by("pharmacy_id", "stretch")
    firsts = firsts.agg(day=lambda one: one.day.min(), left=lambda one: one.left.max())
    firsts = firsts.filter(firsts.day >= window.since, firsts.day <= window.until)
    sold = sales.filter(sales.quantity > 0)
    sold = sold.select("pharmacy_id", "sold_at", "line_id", day=sold.sold_at.date())
    rows = sold.join(firsts, ["pharmacy_id", "day"]).group_by("pharmacy_id", "day", "stretch", "left")
    rows = rows.agg(
        at=lambda one: one.sold_at.min(),
        line_id=lambda one: one.line_id.argmin(latest(one.sold_at, one.line_id)),
    )
    rows = rows.mutate(
        measure=rows.left.cast("float64"),
        threshold=rows.stretch.cast("float64"),
        level=ibis.literal(str(Level.BLUE)),
    )
    return shop_findings(facts, rows, clause="expiring", measure="max")


RULE = Rule(
    rule_id="R-M08",
    name_zh="许可证失效仍经营",
    name_en="Selling on an ended licence",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=_STRETCH_DAYS,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "pharmacies"),
    clauses={
        "expired": Clause(
            "许可证到期后第 {measure} 天仍在售药", "selling on day {measure} after the licence ended", "天"
        ),
        "stopped": Clause(
            "许可证已注销或暂停，仍售出 {measure} 盒",
            "{measure} packs sold while the licence is closed or suspended",
            "盒",
        ),
        "expiring": Clause(
            "许可证还有 {measure} 天到期（提前 {threshold} 天提醒）",
            "the licence ends in {measure} days, told {threshold} days ahead",
            "天",
        ),
    },
    parameters=(
        Parameter("first_days", 180, "天", 150, 270, "到期前几天第一次提醒"),
        Parameter("second_days", 90, "天", 60, 120, "到期前几天第二次提醒"),
        Parameter("last_days", 30, "天", 7, 45, "到期前几天最后一次提醒"),
    ),
    basis=(
        Basis("药品管理法", "第五十一条、第一百一十五条", since=date(2019, 12, 1), verify=True),
        Basis("药品经营和使用质量监督管理办法", since=date(2024, 1, 1), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa", at_least=Level.RED),),
)
