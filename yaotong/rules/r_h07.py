"""R-H07 抗菌药无处方: prescription antibacterials sold without a prescription's number."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import numbering, shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of
from yaotong.rules.weeks import WEEK_DAYS, sold_between, spanned


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days up to which too many of a week's lines lack a number, of shops that send numbers."""
    lines = _lines(facts, window, int(values["known_days"]))
    daily = lines.group_by("pharmacy_id", "day", "number").agg(
        lines=lines.count(), bare=lines.bare.cast("int64").sum()
    )
    week = spanned(daily, ["pharmacy_id"], WEEK_DAYS, lines="lines", bare_lines="bare")
    week = week.semi_join(daily.filter(daily.bare > 0), ["pharmacy_id", "day"])
    high = week.filter(
        week.bare_lines >= int(values["least_bare"]),
        week.lines >= int(values["least_lines"]),
        week.bare_lines * 100.0 > week.lines * float(values["most_percent"]),
    )
    bare = lines.filter(lines.bare).select("line_id", "pharmacy_id", at="sold_at", bare_number="number")
    rows = high.join(bare, "pharmacy_id")
    age = rows.number - rows.bare_number
    rows = rows.filter(age >= 0, age < WEEK_DAYS).mutate(
        measure=(rows.bare_lines * 100.0 / rows.lines).round(6),
        threshold=ibis.literal(float(values["most_percent"])),
        level=ibis.literal(str(Level.YELLOW)),
    )
    return shop_findings(facts, rows, clause="bare", measure="max")


def _lines(facts: Facts, window: Window, known_days: int) -> ir.Table:
    """Lines of prescription antibacterials, returns off, on days the shop is known to send numbers."""
    sold = sold_between(facts.sales_of("ABX"), window, WEEK_DAYS - 1)
    sold = sold.filter(sold.categories.contains("|RX|"))
    days = sold.mutate(day=sold.sold_at.date(), bare=sold.prescription_no.isnull())
    kept = unreturned(days, "pharmacy_id", "day", "drug_code", "bare")
    known = numbering(facts, kept, window.widened(WEEK_DAYS - 1), known_days)
    lines = kept.filter(kept.quantity > 0).semi_join(known, ["pharmacy_id", "day"])
    return lines.select("line_id", "pharmacy_id", "sold_at", "day", "bare", number=number_of(lines.day))


RULE = Rule(
    rule_id="R-H07",
    name_zh="抗菌药无处方",
    name_en="Antibacterials without a prescription",
    kind="statutory",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=371,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "bare": Clause(
            "七天内售出的处方抗菌药有 {measure}% 没有处方号，界限 {threshold}%",
            "{measure}% of a week's lines of antibacterials have no prescription number, limit {threshold}%",
            "%",
        )
    },
    parameters=(
        Parameter("most_percent", 1, "%", 0.1, 20, "七天里没有处方号的行超过百分之几才提示"),
        Parameter("least_bare", 3, "行", 2, 50, "七天里至少几行没有处方号"),
        Parameter("least_lines", 30, "行", 10, 500, "七天里至少几行处方抗菌药才看比例"),
        Parameter("known_days", 90, "天", 7, 365, "药店在此前几天内送过处方号，才知道它会送这一列"),
    ),
    basis=(
        Basis("抗菌药物临床应用管理办法", since=date(2012, 8, 1), verify=True),
        Basis("处方药与非处方药流通管理暂行规定", "处方药必须凭处方销售", verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
