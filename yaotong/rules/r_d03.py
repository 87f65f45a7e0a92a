"""R-D03 购进超过前十二个月平均的三倍: a month to date above three times the year's mean before."""

from __future__ import annotations

import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import Assist, Parameter, Rule, Values
from yaotong.rules.orders import BASIS, FLOOR, clauses, first_beyond, received, with_past

_MONTHS = 12


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, categories and days whose month to date first exceeds three times their year's mean."""
    lines = received(facts, window, _MONTHS)
    judged = with_past(facts, lines, window, _MONTHS)
    # A multiple of nothing tells nothing: what is new to a shop is R-D01's.
    some = judged.filter(judged.total > 0)
    bound = some.mutate(bound=some.total * float(values["times"]) / _MONTHS)
    return first_beyond(facts, lines, bound, level=Level.ORANGE, floor=float(values["min_packs"]))


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
