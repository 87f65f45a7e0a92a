"""R-N11 非定点药店结算: settlements at shops that the fund has no agreement with."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Rule, Values


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with settlements, withdrawn ones netted, while the register says: not designated."""
    settled, shops = facts.settlements, facts.pharmacies
    out = shops.filter(~shops.insurance_designated).select("pharmacy_id", "designated_since")
    lines = settled.filter(settled.settled_at >= window.start, settled.settled_at < window.end)
    lines = lines.join(out, "pharmacy_id").mutate(day=lines.settled_at.date(), at=lines.settled_at)
    lines = lines.filter(lines.designated_since.isnull() | (lines.day > lines.designated_since))
    kept = unreturned(lines, "pharmacy_id", "day", "drug_code")
    rows = kept.filter(kept.quantity > 0).mutate(
        measure=ibis.literal(1.0), threshold=ibis.literal(0.0), level=ibis.literal(str(Level.ORANGE))
    )
    return shop_findings(facts, rows, clause="undesignated")


RULE = Rule(
    rule_id="R-N11",
    name_zh="非定点药店结算",
    name_en="Settled at a shop without an agreement",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=0,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("settlements", "pharmacies"),
    clauses={
        "undesignated": Clause(
            "不是医保定点药店，却有医保结算 {measure} 笔",
            "{measure} settlements at a shop that is not designated",
            "笔",
        )
    },
    parameters=(),
    basis=(
        Basis("医疗保障基金使用监督管理条例", since=date(2021, 5, 1), verify=True),
        Basis("零售药店医疗保障定点管理暂行办法", since=date(2021, 2, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
