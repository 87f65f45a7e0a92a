"""R-J04 越权与批量查询: an account that looked at people too often, at night, or outside its area."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.unusual import MOST_AN_HOUR, NIGHT_UNTIL_HOUR


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Accounts and days; of what was seen the facts know nothing."""
    seen = facts.browsing
    inside = seen.filter(seen.day >= window.since, seen.day <= window.until)
    most = ibis.literal(float(values["most_an_hour"]))
    told = inside.mutate(
        measure=inside.views.cast("float64"), threshold=ibis.ifelse(inside.kind == "many", most, 0.0)
    )
    by_day = (told.kind != "night") | (told.began.hour() < int(values["night_until_hour"]))
    return told.filter(told.measure > told.threshold, by_day).select(
        subject="actor",
        behaviour_day="day",
        behaviour_from="began",
        behaviour_until="ended",
        clause="kind",
        measure="measure",
        threshold="threshold",
        level=ibis.literal(str(Level.RED)),
        pharmacy_ids=ibis.literal([], type="array<string>"),
        area_code=ibis.null("string"),
        line_ids=ibis.literal([], type="array<string>"),
    )[list(FINDING_COLUMNS)]


RULE = Rule(
    rule_id="R-J04",
    name_zh="越权与批量查询",
    name_en="Misuse of the platform",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.ACCOUNT,
    lookback_days=0,
    cooldown_days=7,
    feeds=("browsing",),
    clauses={
        "many": Clause(
            "60 分钟内查看涉及个人的内容 {measure} 次（上限 {threshold} 次）",
            "{measure} looks at people within 60 minutes (limit {threshold})",
            "次",
        ),
        "night": Clause(
            "零点至六点查看涉及个人的内容 {measure} 次，未写案号",
            "{measure} looks at people between midnight and six, naming no case",
            "次",
        ),
        "outside": Clause(
            "查看辖区外涉及个人的内容 {measure} 次，未写案号",
            "{measure} looks at people outside the account's area, naming no case",
            "次",
        ),
    },
    parameters=(
        Parameter("most_an_hour", MOST_AN_HOUR, "次", 1, 500, "60 分钟内查看的上限", statutory=True),
        Parameter("night_until_hour", NIGHT_UNTIL_HOUR, "时", 1, 12, "零点到几点之前算深夜", statutory=True),
    ),
    basis=(
        Basis("个人信息保护法", "第五十一条、第五十四条", since=date(2021, 11, 1), verify=True),
        Basis("数据安全法", since=date(2021, 9, 1), verify=True),
    ),
    find=find,
    assists=(Assist("psb"),),
)
