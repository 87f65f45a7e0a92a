"""R-M13 先药后方: packs sold before the prescription they are sold on was issued."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import prescribed, seconds_between, shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days on which a prescription was issued for packs already sold."""
    days = int(values["reach_days"])
    sales = facts.sales
    near = sales.filter(sales.sold_at >= window.start - timedelta(days=days), sales.sold_at < window.end)
    lines = prescribed(facts, near, since=window.start)
    lines = lines.filter(lines.issued_at >= window.start, lines.issued_at < window.end)
    early = seconds_between(lines.sold_at, lines.issued_at)
    before = lines.filter(early > int(values["clock_minutes"]) * MINUTE_S, early <= days * DAY_S)
    kept = unreturned(before, "pharmacy_id", "rx_line_id")
    rows = kept.filter(kept.quantity > 0).mutate(
        day=kept.issued_at.date(),
        at=kept.sold_at,
        measure=(seconds_between(kept.sold_at, kept.issued_at) / MINUTE_S).round(6),
        threshold=ibis.literal(float(values["clock_minutes"])),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return shop_findings(facts, rows, clause="before", measure="max")


RULE = Rule(
    rule_id="R-M13",
    name_zh="先药后方",
    name_en="Sold before it was prescribed",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=30,
    cooldown_days=7,
    feeds=("sales", "prescriptions", "pharmacies"),
    clauses={
        "before": Clause(
            "售药比处方开具早 {measure} 分钟（时钟误差容许 {threshold} 分钟）",
            "sold {measure} minutes before the prescription was issued, {threshold} allowed for clocks",
            "分钟",
        )
    },
    parameters=(
        Parameter("clock_minutes", 10, "分钟", 0, 60, "药店与医院时钟不一致时容许的误差"),
        Parameter("reach_days", 7, "天", 1, 30, "处方最迟在售出之后几天内补开的算作补方"),
    ),
    basis=(
        Basis("药品经营和使用质量监督管理办法", "处方药凭处方销售", since=date(2024, 1, 1), verify=True),
        Basis("药品网络销售监督管理办法", "先方后药", since=date(2022, 12, 1), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
