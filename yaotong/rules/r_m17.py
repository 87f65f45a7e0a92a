"""R-M17 进销存不平衡: what two counts of the shelf differ by is not what was bought and sold between."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import SPECIAL_CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.balance import balance_findings, balanced, between_counts, under, watched
from yaotong.rules.linked import NOTHING
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days whose closing count does not follow from the opening one."""
    most_days = int(values["most_days"])
    spans = _by_kind(facts, window, between_counts(facts, window, most_days))
    judged = _judged(balanced(facts, window, spans, most_days), values)
    judged = watched(facts, window, judged, most_days, int(values["known_days"]))
    clause = (judged.gap > 0).ifelse("missing", "surplus")
    return balance_findings(facts, window, judged.mutate(clause=clause), most_days)


def _by_kind(facts: Facts, window: Window, spans: ir.Table) -> ir.Table:
    """Spans told apart by `special`: whether their drug was a special one at the closing count."""
    strict = under(facts, window, *SPECIAL_CATEGORIES)
    told = spans.left_join(strict.select(strict="span"), spans.span == strict.span)
    return told.mutate(special=told.strict.notnull()).drop("strict")


def _judged(spans: ir.Table, values: Values) -> ir.Table:
    """Spans beyond their slack, which a special drug has none of."""
    slack = ibis.greatest(float(values["slack_packs"]), spans.out * (values["slack_percent"] / 100))
    levelled = spans.mutate(
        level=spans.special.ifelse(str(Level.RED), str(Level.ORANGE)),
        threshold=spans.special.ifelse(0.0, slack),
    )
    return levelled.filter(levelled.gap.abs() > levelled.threshold + NOTHING)


RULE = Rule(
    rule_id="R-M17",
    name_zh="进销存不平衡",
    name_en="Stock that does not balance",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=184,
    cooldown_days=30,
    feeds=("sales", "purchases", "stock_counts", "stock_moves", "drugs", "pharmacies"),
    clauses={
        "missing": Clause(
            "盘点比账面少 {measure} 盒，容许 {threshold} 盒",
            "{measure} packs fewer on the shelf than by the books, {threshold} allowed",
            "盒",
        ),
        "surplus": Clause(
            "盘点比账面多 {measure} 盒，容许 {threshold} 盒",
            "{measure} packs more on the shelf than by the books, {threshold} allowed",
            "盒",
        ),
    },
    parameters=(
        Parameter("slack_packs", 2, "盒", 0, 20, "普通药品容许的差额"),
        Parameter("slack_percent", 2, "%", 0, 10, "普通药品容许的差额占期间售出的比例，与盒数取较大的一个"),
        Parameter("most_days", 31, "天", 7, 92, "两次盘点最多相隔几天"),
        Parameter("known_days", 92, "天", 7, 184, "药店在期末盘点前几天内有过购进，才知道它在送购进明细"),
    ),
    basis=(Basis("药品管理法", "第五十七条、第一百三十条", since=date(2019, 12, 1), verify=True),),
    find=find,
    assists=(Assist("psb", at_least=Level.RED, min_measure=10),),
)
