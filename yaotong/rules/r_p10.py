"""R-P10 跨区域累计超限: a buyer who reaches the agreed limit only together with another region."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from yaotong.codes import CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Basis, Clause, Parameter, Rule, Values


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Matched buyers on the day of their last purchase here inside the matched window."""
    lines = facts.sales_with_drug()
    lines = lines.select("buyer_key", "line_id", "pharmacy_id", "sold_at", "quantity", kinds="categories")
    pairs = facts.cross_matches.join(lines.filter(lines.buyer_key.notnull()), "buyer_key")
    day = pairs.sold_at.date()
    mine = pairs.filter(day >= pairs.window_since, day <= pairs.window_until, _shared(pairs))
    bought = mine.filter(mine.quantity > 0)
    last = bought.group_by("token").agg(behaviour_day=bought.sold_at.max().date())
    last = last.filter(last.behaviour_day >= window.since, last.behaviour_day <= window.until)
    rows = mine.join(last, "token").mutate(subject=lambda one: one.buyer_key, clause=lambda one: one.measure)
    key = ["subject", "behaviour_day", "clause"]
    # Two runs may match one buyer: the greater total speaks.
    said = rows.group_by(*key).agg(total=rows.total.max(), threshold=rows.threshold.max())
    each = rows.select(*key, "line_id", "pharmacy_id", "sold_at").distinct()
    found = each.group_by(*key).agg(
        behaviour_from=each.sold_at.min(),
        behaviour_until=each.sold_at.max(),
        line_ids=each.line_id.collect(),
        pharmacy_ids=each.pharmacy_id.collect(),
    )
    told = found.join(said, key)
    grave = told.total >= told.threshold * float(values["red_times"])
    return told.mutate(
        measure=told.total,
        level=ibis.ifelse(grave, str(Level.RED), str(Level.ORANGE)),
        area_code=ibis.null("string"),
    ).select(*FINDING_COLUMNS)


def _shared(pairs: ir.Table) -> ir.BooleanValue:
    """Whether a line is of a category that the match is about."""
    both = (pairs.categories.contains(f"|{one}|") & pairs.kinds.contains(f"|{one}|") for one in CATEGORIES)
    return reduce(or_, both)


RULE = Rule(
    rule_id="R-P10",
    name_zh="跨区域累计超限",
    name_en="Over the limit across regions",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=92,
    cooldown_days=28,
    feeds=("sales", "drugs"),
    clauses={
        "packs": Clause(
            "本地与外地合计至少 {measure} 盒（协议阈值 {threshold} 盒）",
            "at least {measure} packs here and there together (agreed limit {threshold})",
            "盒",
        ),
        "mg": Clause(
            "本地与外地合计至少 {measure} 毫克（协议阈值 {threshold} 毫克）",
            "at least {measure} mg here and there together (agreed limit {threshold})",
            "毫克",
        ),
    },
    parameters=(Parameter("red_times", 2, "倍", 1, 10, "合计达到协议阈值的几倍为红色"),),
    basis=(Basis("禁毒法", since=date(2008, 6, 1), verify=True),),
    find=find,
)
