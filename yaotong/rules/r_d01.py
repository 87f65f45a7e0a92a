"""R-D01 购进超过前六个月最高: a month to date above the highest of the six months before it."""

from __future__ import annotations

import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import Rule, Values
from yaotong.rules.orders import BASIS, FLOOR, clauses, first_beyond, received, with_past

_MONTHS = 6


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, categories and days whose month to date first exceeds each of the six months before."""
    lines = received(facts, window, _MONTHS)
    judged = with_past(facts, lines, window, _MONTHS)
    bound = judged.mutate(bound=judged.highest)
    return first_beyond(facts, lines, bound, level=Level.BLUE, floor=float(values["min_packs"]))


RULE = Rule(
    rule_id="R-D01",
    name_zh="购进超过前六个月最高",
    name_en="Receipts above the highest of six months",
    kind="model",
    level=Level.BLUE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=215,
    cooldown_days=28,
    feeds=("purchases", "drugs", "pharmacies"),
    clauses=clauses("前六个月里最高的一个月", "the highest of the six months before"),
    parameters=(FLOOR,),
    basis=BASIS,
    find=find,
    apart="pharmacy",
)
