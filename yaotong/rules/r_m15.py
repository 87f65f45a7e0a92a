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
    bought = facts.purchases.filter(facts.purchases.expiry.notnull())
    # One row for what hundreds of shops' ledgers say alike, since the first of them said it.
    told = bought.group_by("drug_code", "batch_no", "expiry").agg(known_on=bought.received_at.date().min())
    sold = _suspect(facts.sales.filter(inside(facts.sales, window), facts.sales.batch_no.notnull()), told)
    lots = sold.select("pharmacy_id", "drug_code", "batch_no", "day").distinct()
    known = lots.join(told, ["drug_code", "batch_no"])
    known = known.filter(known.known_on <= known.day)
    lot = ("pharmacy_id", "drug_code", "batch_no", "day")
    # The latest of several expiries: a slip in one shop's ledger accuses nobody.
    spans = known.group_by(*lot).agg(expiry=known.expiry.max())
    over = spans.filter(spans.day > spans.expiry)
    lines = sold.join(over, list(lot))
    kept = unreturned(lines, *lot)
    rows = kept.mutate(
        measure=(number_of(kept.day) - number_of(kept.expiry)).cast("float64"),
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause="expired", measure="max")


def _suspect(sold: ir.Table, told: ir.Table) -> ir.Table:
    """Lines sold after the earliest expiry any ledger tells of their lot: hardly any. Adds day and at."""
    first = told.group_by("drug_code", "batch_no").agg(first_expiry=told.expiry.min())
    lines = sold.select(
        "line_id", "pharmacy_id", "drug_code", "batch_no", "quantity", day=sold.sold_at.date(), at="sold_at"
    )
    both = lines.join(first, ["drug_code", "batch_no"])
    return both.filter(both.day > both.first_expiry).drop("first_expiry")


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
