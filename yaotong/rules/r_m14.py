"""R-M14 销售召回批次: a recalled lot sold after the shop had a day to stop."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import HOUR_S, inside, located, packs_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and Beijing days on which packs of a recalled lot were sold, its own same-day returns netted."""
    sales, recalls = facts.sales, facts.recalls
    sold = sales.filter(inside(sales, window))
    joined = sold.join(recalls, ["drug_code", "batch_no"])
    age = joined.sold_at.epoch_seconds() - joined.effective_at.epoch_seconds()
    late = joined.filter(age > int(values["grace_hours"]) * HOUR_S)
    # A lot may be named by two notices: a line counts once.
    late = late.select("line_id", "pharmacy_id", "drug_code", "batch_no", "sold_at", "quantity").distinct()
    late = late.mutate(day=late.sold_at.date())
    # What comes back of one lot does not undo the sale of another.
    lot = ["pharmacy_id", "day", "drug_code", "batch_no"]
    packs = late.group_by(lot).agg(packs=packs_of(late.quantity))
    rows = late.semi_join(packs.filter(packs.packs > 0), lot)
    found = rows.group_by(subject=rows.pharmacy_id, behaviour_day=rows.day).agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.sold_at.max(),
        measure=packs_of(rows.quantity),
        line_ids=rows.line_id.collect(),
    )
    placed = found.left_join(located(facts), found.subject == located(facts).pharmacy_id)
    return placed.mutate(
        clause=ibis.literal("recalled"),
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
        pharmacy_ids=ibis.array([placed.subject]),
    ).select(*FINDING_COLUMNS)


RULE = Rule(
    rule_id="R-M14",
    name_zh="销售召回批次",
    name_en="A recalled lot sold on",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=0,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "recalls", "pharmacies"),
    clauses={
        "recalled": Clause(
            "召回通知生效满 24 小时后仍售出召回批次 {measure} 盒",
            "{measure} packs of a recalled lot sold more than 24 hours after the notice took effect",
            "盒",
            Adds("packs"),
        )
    },
    parameters=(Parameter("grace_hours", 24, "小时", 24, 24, "通知生效后容许停售的时间", statutory=True),),
    basis=(
        Basis("药品管理法", "第八十二条", since=date(2019, 12, 1), verify=True),
        Basis("药品召回管理办法", since=date(2022, 11, 1), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
