"""R-S02 镇街销量异常升高: a town, or the city, sells more of a watched group than its past explains."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FIGURES, FINDING_COLUMNS, Assist, Basis, Rule, Values
from yaotong.rules.signalled import LOOKBACK_DAYS, clauses, span_from, sure, thresholds


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Towns and cities, groups and days with a signal that is sure and large. Counts only."""
    told = sure(facts, window, values)
    areas = told.filter(told.level != "pharmacy")
    return areas.mutate(
        subject=areas.key,
        behaviour_day=areas.day,
        behaviour_from=span_from(areas.day, areas.span_days),
        behaviour_until=areas.day.cast("timestamp"),
        clause=areas.drug_group,
        measure=areas.observed,
        threshold=areas.upper,
        level=ibis.literal(str(Level.YELLOW)),
        area_code=areas.key,
        pharmacy_ids=ibis.literal([], type="array<string>"),
        line_ids=ibis.literal([], type="array<string>"),
    ).select(*FINDING_COLUMNS, FIGURES)


RULE = Rule(
    rule_id="R-S02",
    name_zh="镇街销量异常升高",
    name_en="A town sells more than expected",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.AREA,
    lookback_days=LOOKBACK_DAYS,
    cooldown_days=14,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses=clauses("全镇街（或全市）", "in the whole town or city"),
    parameters=thresholds(0.01, 1.2, 30),
    basis=(Basis("传染病防治法（2025 年修订）", "监测与预警", since=date(2025, 9, 1), verify=True),),
    find=find,
    assists=(Assist("msa"),),
)
