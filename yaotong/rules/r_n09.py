"""R-N09 大额异常: what one person's drugs cost the fund in a month is beyond nearly everybody's."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import subject_findings
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of

FEN = 100
SPAN_DAYS = 30


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons and days whose last 30 days cost as much as hardly anybody's month before."""
    floor = float(values["floor_yuan"])
    spent = _spent(facts, window)
    high = _high(spent.filter(spent.settled_at >= window.widened(SPAN_DAYS).start), floor)
    judged = _against_others(high.filter(high.day >= ibis.literal(window.since)), spent, values)
    lines = spent.select("person_key", "pharmacy_id", "line_id", "number", at="settled_at")
    rows = judged.join(lines.rename(line_number="number"), "person_key")
    age = rows.number - rows.line_number
    shown = rows.filter(age >= 0, age < SPAN_DAYS).mutate(threshold=ibis.literal(floor))
    return subject_findings(facts, shown.rename(subject="person_key"), clause="high", level=Level.ORANGE)


def _spent(facts: Facts, window: Window) -> ir.Table:
    """Lines with an amount of known persons, from the first day of the calendar month before the window."""
    settled = facts.settlements
    since = window.widened(62).start
    known = settled.filter(
        settled.person_key.notnull(), settled.amount_fen.notnull(),
        settled.settled_at >= since, settled.settled_at < window.end,
    )  # fmt: skip
    day = known.settled_at.date()
    return known.mutate(day=day, number=number_of(day), month=day.year() * 12 + day.month())


def _high(spent: ir.Table, floor: float) -> ir.Table:
    """(person_key, day, number, month, measure): days after which 30 days cost the floor or more.

    Money paid back counts off. Only persons whom the whole span could bring to the floor are looked at.
    """
    gross = spent.filter(spent.amount_fen > 0)
    gross = gross.group_by("person_key").agg(fen=gross.amount_fen.sum())
    some = spent.semi_join(gross.filter(gross.fen >= floor * FEN), "person_key")
    daily = some.group_by("person_key", "day", "number", "month").agg(fen=some.amount_fen.sum())
    then = daily.select("person_key", then_number="number", then_fen="fen")
    pairs = daily.join(then, "person_key")
    age = pairs.number - pairs.then_number
    near = pairs.filter(age >= 0, age < SPAN_DAYS)
    summed = near.group_by("person_key", "day", "number", "month").agg(
        measure=near.then_fen.sum().cast("float64") / FEN
    )
    return summed.filter(summed.measure >= floor)


def _against_others(high: ir.Table, spent: ir.Table, values: Values) -> ir.Table:
    """Those whose measure no more than a small share of the others reached in the calendar month before."""
    months = spent.group_by("person_key", "month").agg(yuan=spent.amount_fen.sum().cast("float64") / FEN)
    others = months.filter(months.yuan > 0).select("yuan", other="person_key", next_month=months.month + 1)
    pairs = high.join(others, high.month == others.next_month)
    pairs = pairs.filter(pairs.person_key != pairs.other)
    counted = pairs.group_by("person_key", "day", "number", "measure").agg(
        others=pairs.count(), above=(pairs.yuan >= pairs.measure).cast("int64").sum()
    )
    enough = counted.others >= int(values["least_persons"])
    rare = counted.above * 100.0 <= counted.others * float(values["top_percent"])
    return counted.filter(enough, rare)


RULE = Rule(
    rule_id="R-N09",
    name_zh="大额异常",
    name_en="Unusually high spending",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=62,
    cooldown_days=30,
    feeds=("settlements", "pharmacies"),
    clauses={
        "high": Clause(
            "30 天药费 {measure} 元，界限 {threshold} 元，并高于绝大多数人上月的药费",
            "drugs for {measure} yuan within 30 days, limit {threshold}, and beyond nearly everybody's month",
            "元",
            Adds("yuan"),
        )
    },
    parameters=(
        Parameter("floor_yuan", 10_000, "元", 1_000, 100_000, "30 天药费达到多少才看"),
        Parameter("top_percent", 0.5, "%", 0.1, 5, "别人中上月药费不低于此数的，最多占多少"),
        Parameter("least_persons", 20, "人", 5, 10_000, "上月至少要有几个别人可比"),
    ),
    basis=(Basis("医疗保障基金使用监督管理条例", "第二十七条", since=date(2021, 5, 1), verify=True),),
    find=find,
    assists=(Assist("hc"),),
)
