"""R-M12 处方过期: packs sold on a prescription whose longest validity had passed."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import prescribed, seconds_between, shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import HOUR_S, inside


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold on prescriptions older than they may be."""
    sold = facts.sales.filter(inside(facts.sales, window))
    lines = prescribed(facts, sold, since=window.start).mutate(day=lambda one: one.sold_at.date())
    kept = unreturned(lines, "pharmacy_id", "day", "rx_line_id")
    long = (kept.treated_days >= int(values["long_days"])).fill_null(False)
    course = long.ifelse(kept.treated_days * 24.0, 0.0)
    aged = kept.mutate(
        at=kept.sold_at,
        measure=(seconds_between(kept.issued_at, kept.sold_at) / HOUR_S).round(6),
        threshold=ibis.greatest(float(values["valid_hours"]), course),
        level=ibis.literal(str(Level.YELLOW)),
    )
    rows = aged.filter(aged.quantity > 0, aged.measure > aged.threshold)
    return shop_findings(facts, rows, clause="expired", measure="max")


RULE = Rule(
    rule_id="R-M12",
    name_zh="处方过期",
    name_en="An expired prescription",
    kind="statutory",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=366,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "prescriptions", "pharmacies"),
    clauses={
        "expired": Clause(
            "凭开具 {measure} 小时后的处方售药，最长有效 {threshold} 小时",
            "sold on a prescription {measure} hours old, valid {threshold} hours at the most",
            "小时",
        )
    },
    parameters=(
        Parameter("valid_hours", 72, "小时", 72, 72, "处方最长有效时间（三天）", statutory=True),
        Parameter("long_days", 28, "天", 15, 84, "疗程不短于几天的处方视为长期处方，在疗程内有效"),
    ),
    basis=(
        Basis("处方管理办法", "第十八条，有效期最长不得超过 3 天", since=date(2007, 5, 1), verify=True),
        Basis("长期处方管理规范（试行）", since=date(2021, 8, 10), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
