"""R-D05 购进超过每月上限: a month to date above a fixed limit of its category."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from yaotong.codes import CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import Assist, Parameter, Rule, Values
from yaotong.rules.orders import BASIS, WATCHED, clauses, first_beyond, received, running


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, categories and days whose month to date first exceeds the category's limit."""
    lines = received(facts, window, 0)
    judged = running(lines, window)
    limits = ibis.cases(
        *((judged.category == one, float(values[f"packs_{one.lower()}"])) for one in WATCHED), else_=None
    )
    return first_beyond(facts, lines, judged.mutate(bound=limits), level=Level.ORANGE, floor=0.0)


RULE = Rule(
    rule_id="R-D05",
    name_zh="购进超过每月上限",
    name_en="Receipts above the monthly upper limit",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=31,
    cooldown_days=28,
    feeds=("purchases", "drugs", "pharmacies"),
    clauses=clauses("每月的上限", "the monthly upper limit"),
    parameters=tuple(
        Parameter(f"packs_{one.lower()}", 500, "盒／月", 20, 20000, f"{CATEGORIES[one]}一个月购进的上限")
        for one in WATCHED
    ),
    basis=BASIS,
    find=find,
    assists=(Assist("psb"),),
    apart="pharmacy",
)
