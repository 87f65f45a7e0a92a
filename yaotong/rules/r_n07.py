"""R-N07 集中刷卡: many persons' cards settled for the same thing at one shop within minutes."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, standing
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import MINUTE_S, shortly_before


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days on which cards of several persons bought the same in the minutes before one of them."""
    settled = facts.settlements
    near = settled.filter(
        settled.settled_at >= window.start - timedelta(days=1), settled.settled_at < window.end
    )
    kept = standing(near)
    there = kept.select(
        "pharmacy_id", "drug_code", "quantity",
        then_at="settled_at", then_line="line_id", then_person="person_key",
    )  # fmt: skip
    at = kept.filter(kept.settled_at >= window.start)
    pairs = shortly_before(
        at, there, ["pharmacy_id", "drug_code", "quantity"],
        moment="settled_at", then="then_at", seconds=int(values["minutes"]) * MINUTE_S,
    )  # fmt: skip
    cards = pairs.group_by("line_id").agg(measure=pairs.then_person.nunique().cast("float64"))
    rows = pairs.join(cards.filter(cards.measure >= float(values["cards"])), "line_id")
    told = rows.select(
        "pharmacy_id",
        "measure",
        day=rows.settled_at.date(),
        at="then_at",
        threshold=ibis.literal(float(values["cards"])),
        level=ibis.literal(str(Level.RED)),
        line_id="then_line",
    )
    return shop_findings(facts, told, clause="pooled", measure="max")


RULE = Rule(
    rule_id="R-N07",
    name_zh="集中刷卡",
    name_en="Cards pooled at one shop",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=1,
    cooldown_days=30,
    apart="pharmacy",
    feeds=("settlements", "pharmacies"),
    clauses={
        "pooled": Clause(
            "几分钟之内用 {measure} 个人的凭证结算同样的药品，界限 {threshold} 人",
            "{measure} persons' cards settled for the same within minutes, limit {threshold}",
            "人",
            Adds("persons", each=("drug_code", "quantity"), within="minutes"),
        )
    },
    parameters=(
        Parameter("cards", 5, "人", 3, 20, "几个人的凭证"),
        Parameter("minutes", 10, "分钟", 2, 60, "多少分钟之内"),
    ),
    basis=(
        Basis(
            "医疗保障基金使用监督管理条例",
            "第十五条、第十七条、第四十条、第四十一条",
            since=date(2021, 5, 1),
            verify=True,
        ),
    ),
    find=find,
    assists=(Assist("msa"), Assist("psb")),
)
