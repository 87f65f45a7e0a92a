"""R-N02 回流药: a pack paid for one person is sold to another elsewhere, or is not the pack that came in."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.resales import resold
from yaotong.rules.shapes import DAY_S, inside


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Trace codes sold again after an insured person had them, or sold as what they did not come in as."""
    sales = facts.sales
    sold = sales.filter(inside(sales, window), sales.trace_code.notnull(), sales.quantity > 0)
    return ibis.union(
        _resold(facts, sold, window, int(values["least_days"])), _mismatched(facts, sold, window)
    )


def _resold(facts: Facts, sold: ir.Table, window: Window, least_days: int) -> ir.Table:
    """Codes sold again, with the settlement they were sold under before."""
    kept = resold(facts, sold, window, least_days, since=window.start)
    told = kept.mutate(
        subject=kept.trace_code,
        day=kept.sold_at.date(),
        measure=(seconds_between(kept.first_at, kept.sold_at) / DAY_S).round(6),
        threshold=ibis.literal(float(least_days)),
    )
    columns = ("subject", "day", "pharmacy_id", "at", "measure", "threshold", "line_id")
    here = told.mutate(at=told.sold_at).select(*columns)
    there = told.mutate(at=told.first_at, line_id=told.first_line, pharmacy_id=told.first_shop)
    rows = ibis.union(here, there.select(*columns))
    return subject_findings(facts, rows, clause="resold", level=Level.RED)


def _mismatched(facts: Facts, sold: ir.Table, window: Window) -> ir.Table:
    """Sales of codes that the same shop bought as another drug or another lot."""
    purchases = facts.sharing("purchases", "trace_code", window.start)
    bought = purchases.filter(purchases.trace_code.notnull(), purchases.quantity > 0).select(
        "pharmacy_id", "trace_code", "received_at", bought_code="drug_code", bought_no="batch_no"
    )
    pairs = sold.join(bought, ["pharmacy_id", "trace_code"])
    pairs = pairs.filter(pairs.received_at <= pairs.sold_at)
    # One without a lot number may be any lot.
    same_lot = (pairs.bought_no == pairs.batch_no).fill_null(True)
    same = pairs.filter((pairs.bought_code == pairs.drug_code) & same_lot).select("line_id").distinct()
    told = pairs.anti_join(same, "line_id").select("line_id").distinct()
    rows = sold.semi_join(told, "line_id").mutate(
        subject=sold.trace_code,
        day=sold.sold_at.date(),
        at=sold.sold_at,
        measure=sold.quantity,
        threshold=ibis.literal(0.0),
    )
    return subject_findings(facts, rows, clause="mismatched", level=Level.ORANGE)


RULE = Rule(
    rule_id="R-N02",
    name_zh="回流药特征",
    name_en="Signs of a diverted drug",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.TRACE_CODE,
    lookback_days=3650,
    cooldown_days=30,
    feeds=("sales", "settlements", "purchases", "pharmacies"),
    clauses={
        "resold": Clause(
            "医保结算给一人的药，{measure} 天后在另一家店售给别人",
            "a pack settled for one person was sold to another elsewhere {measure} days later",
            "天",
        ),
        "mismatched": Clause(
            "售出 {measure} 盒，追溯码购进时是另一种药或另一个批号",
            "{measure} packs sold under a trace code that came in as another drug or lot",
            "盒",
        ),
    },
    parameters=(Parameter("least_days", 1, "天", 0, 30, "结算之后至少几天又售出，更快的由 R-N01 判断"),),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第十七条、第三十八条", since=date(2021, 5, 1), verify=True),
        Basis("药品管理法", "第三十六条、第五十五条", since=date(2019, 12, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"), Assist("psb")),
)
