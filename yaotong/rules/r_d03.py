"""R-D03 购进超过前十二个月平均的三倍: a month to date above three times the year's mean before."""

from __future__ import annotations

import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import Assist, Parameter, Rule, Values
from yaotong.rules.orders import BASIS, FLOOR, above_mean, clauses


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, categories and days whose month to date first exceeds three times their year's mean."""
    return above_mean(facts, window, values, Level.ORANGE)


RULE = Rule(
    rule_id="R-D03",
    name_zh="购进超过前十二个月平均的三倍",
    name_en="Receipts above three times the year's mean",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=397,
    cooldown_days=28,
    feeds=("purchases", "drugs", "pharmacies"),
    clauses=clauses("前十二个月平均的三倍", "three times the mean of the twelve months before"),
    parameters=(
        Parameter("times", 3, "倍", 2, 20, "超过前十二个月平均的多少倍"),
        FLOOR,
    ),
    basis=BASIS,
    find=find,
    assists=(Assist("psb"),),
    apart="pharmacy",
)
