"""R-P08 回流药收购窝点: packs paid for several insured persons come up again at one shop."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.resales import resold
from yaotong.rules.shapes import DAY_S, inside, number_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days by which packs of so many insured persons were sold again within some days."""
    span = int(values["span_days"])
    # Only where such a sale is of these days has anybody to look at the days before.
    shops = _sold_again(facts, window, window, values).select("pharmacy_id").distinct()
    lines = _sold_again(facts, window, window.widened(span - 1), values, shops)
    near = _near(facts, lines, window, span)
    key = ["pharmacy_id", "at_day"]
    persons = near.group_by(*key).agg(measure=near.person_key.nunique().cast("float64"))
    high = persons.filter(persons.measure >= float(values["persons"]))
    rows = near.join(high, key).mutate(
        threshold=ibis.literal(float(values["persons"])), level=ibis.literal(str(Level.RED))
    )
    columns = ("pharmacy_id", "day", "at", "measure", "threshold", "level", "line_id")
    here = rows.mutate(day=rows.at_day, at=rows.sold_at).select(*columns)
    there = rows.mutate(day=rows.at_day, at=rows.first_at, line_id=rows.first_line).select(*columns)
    return shop_findings(facts, ibis.union(here, there), clause="ring", measure="max")


def _sold_again(
    facts: Facts, window: Window, days: Window, values: Values, shops: ir.Table | None = None
) -> ir.Table:
    """Sales of some days, by some shops, of packs that were settled for another person not long before."""
    sales = facts.sales
    sold = sales.filter(inside(sales, days), sales.trace_code.notnull(), sales.quantity > 0)
    if shops is not None:
        sold = sold.semi_join(shops, "pharmacy_id")
    pairs = resold(facts, sold, window, int(values["least_days"]), since=days.start)
    age = seconds_between(pairs.first_at, pairs.sold_at)
    kept = pairs.filter(age <= int(values["back_days"]) * DAY_S)
    day = kept.sold_at.date()
    told = kept.select(
        "line_id", "pharmacy_id", "trace_code", "sold_at", "person_key", "first_at", "first_line",
        day=day, number=number_of(day),
    )  # fmt: skip
    # No two are alike: said, here and below, so that an engine keeps these few and looks for them once.
    return told.distinct()


def _near(facts: Facts, lines: ir.Table, window: Window, span: int) -> ir.Table:
    """Each shop's days with such a sale beside those of the days before that were not returned by then."""
    at = (
        lines.filter(inside(lines, window)).select("pharmacy_id", at_day="day", at_number="number").distinct()
    )
    pairs = at.join(lines, "pharmacy_id")
    age = pairs.at_number - pairs.number
    pairs = pairs.filter(age >= 0, age < span)
    sales = facts.sales.filter(facts.sales.quantity < 0, facts.sales.trace_code.notnull())
    backs = sales.select("pharmacy_id", "trace_code", back_at="sold_at", back_day=sales.sold_at.date())
    met = pairs.select("line_id", "at_day", "pharmacy_id", "trace_code", "sold_at").join(
        backs, ["pharmacy_id", "trace_code"]
    )
    returned = met.filter(met.back_at >= met.sold_at, met.back_day <= met.at_day)
    kept = pairs.anti_join(returned.select("line_id", "at_day").distinct(), ["line_id", "at_day"])
    return kept.distinct()


RULE = Rule(
    rule_id="R-P08",
    name_zh="回流药收购窝点",
    name_en="A ring of diverted drugs",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=820,
    cooldown_days=30,
    feeds=("sales", "settlements", "pharmacies"),
    clauses={
        "ring": Clause(
            "先前结算给 {measure} 名参保人的药又在这一家店售出，达到 {threshold} 人即提示",
            "packs settled for {measure} insured persons were sold again at this shop, told from {threshold}",
            "人",
        )
    },
    parameters=(
        Parameter("persons", 5, "人", 2, 50, "多少名参保人的药又出现"),
        Parameter("span_days", 90, "天", 7, 90, "往前看几天的再次售出"),
        Parameter("least_days", 1, "天", 0, 30, "结算之后至少几天又售出，更快的由 R-N01 判断"),
        Parameter("back_days", 365, "天", 30, 730, "结算与再次售出最多相隔几天"),
    ),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第十七条、第四十一条", since=date(2021, 5, 1), verify=True),
        Basis("药品管理法", "第五十五条", since=date(2019, 12, 1), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"), Assist("msa")),
)
