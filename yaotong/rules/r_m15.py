"""R-M15 销售过期药: packs of a lot sold after the expiry that its purchases tell."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Basis, Clause, Rule, Values
from yaotong.rules.shapes import inside, number_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold lots whose expiry, by every purchase known by then, had passed."""
    sold = facts.sales.filter(inside(facts.sales, window), facts.sales.batch_no.notnull())
    lots = sold.select("pharmacy_id", "drug_code", "batch_no", day=sold.sold_at.date()).distinct()
    bought = facts.purchases.filter(facts.purchases.expiry.notnull())
    known = lots.join(
        bought.select("drug_code", "batch_no", "received_at", "expiry"), ["drug_code", "batch_no"]
    )
    known = known.filter(known.received_at.date() <= known.day)
    lot = ("pharmacy_id", "drug_code", "batch_no", "day")
    # The latest of several expiries: a slip in one shop's ledger accuses nobody.
    spans = known.group_by(*lot).agg(expiry=known.expiry.max())
    over = spans.filter(spans.day > spans.expiry)
    lines = sold.mutate(day=sold.sold_at.date(), at=sold.sold_at).join(over, list(lot))
    kept = unreturned(lines, *lot)
    rows = kept.mutate(
        measure=(number_of(kept.day) - number_of(kept.expiry)).cast("float64"),
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause="expired", measure="max")


RULE = Rule(
    rule_id="R-M15",
    name_zh="销售过期药",
    name_en="Expired packs sold",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=3650,
    cooldown_days=7,
    feeds=("sales", "purchases", "pharmacies"),
    clauses={
        "expired": Clause(
            "售出已过有效期 {measure} 天的批次",
            "a lot was sold {measure} days after its expiry",
            "天",
        )
    },
    parameters=(),
    basis=(Basis("药品管理法", "第九十八条、第一百一十七条", since=date(2019, 12, 1), verify=True),),
    find=find,
)
