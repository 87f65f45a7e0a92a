"""R-N04 频繁刷卡: one person settled more often, or at more shops, than illness explains."""

from __future__ import annotations

from datetime import date, timedelta
from functools import reduce
from math import ceil
from operator import or_

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, standing, subject_findings
from yaotong.rules.model import Adds, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, shortly_before

_SPANS = {"visits_24h": 1, "visits_7d": 7, "shops_30d": 30}  # days back from a visit


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons and days on which the visits of a span before reached a limit."""
    starts = _visits(facts, window, values)
    there = starts.select("person_key", then_at="settled_at", then_line="line_id", then_shop="pharmacy_id")
    pairs = shortly_before(
        starts.filter(starts.settled_at >= window.start), there, ["person_key"],
        moment="settled_at", then="then_at", seconds=30 * DAY_S - 1,
    )  # fmt: skip
    return ibis.union(*(_limb(facts, pairs, clause, days, values) for clause, days in _SPANS.items()))


def _limb(facts: Facts, pairs: ir.Table, clause: str, days: int, values: Values) -> ir.Table:
    near = pairs.filter(pairs.age < days * DAY_S)
    counted = near.then_shop.nunique() if clause.startswith("shops") else near.then_line.nunique()
    hits = near.group_by("line_id").agg(measure=counted.cast("float64"))
    rows = near.join(hits.filter(hits.measure >= float(values[clause])), "line_id")
    told = rows.select(
        "measure",
        subject="person_key",
        day=rows.settled_at.date(),
        pharmacy_id="then_shop",
        at="then_at",
        threshold=ibis.literal(float(values[clause])),
        line_id="then_line",
    )
    return subject_findings(facts, told, clause=clause, level=Level.YELLOW)


def _visits(facts: Facts, window: Window, values: Values) -> ir.Table:
    """The first settlement of each visit: later ones at the same shop follow closely on another."""
    kept = standing(_settled(facts, window).semi_join(_often(facts, window, values), "person_key"))
    row = ibis.window(group_by=[kept.person_key, kept.pharmacy_id], order_by=[kept.settled_at, kept.line_id])
    apart = seconds_between(kept.settled_at.lag().over(row), kept.settled_at)
    followed = kept.mutate(apart=apart)
    seconds = int(values["visit_minutes"]) * MINUTE_S
    return followed.filter(followed.apart.isnull() | (followed.apart > seconds))


def _often(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons with as many lines within a span as it takes visits: nobody else can reach a limit.

    Returns are netted and lines gathered into visits for these few alone.
    """
    settled = _settled(facts, window)
    lines = settled.filter(settled.person_key.notnull(), settled.quantity > 0)
    lines = lines.select("person_key", "settled_at", second=lines.settled_at.epoch_seconds())
    row = ibis.window(group_by=lines.person_key, order_by=lines.second)
    spans = lines.mutate(**{
        clause: lines.second - lines.second.lag(max(ceil(values[clause]) - 1, 0)).over(row)
        for clause in _SPANS
    })  # fmt: skip
    reached = reduce(or_, (spans[clause] < days * DAY_S for clause, days in _SPANS.items()))
    return spans.filter(spans.settled_at >= window.start, reached).select("person_key").distinct()


def _settled(facts: Facts, window: Window) -> ir.Table:
    """Settlements up to the window's end: a visit may have begun the day before its span.

    One day more is read to net that day.
    """
    settled = facts.settlements
    start = window.start - timedelta(days=32)
    return settled.filter(settled.settled_at >= start, settled.settled_at < window.end)


RULE = Rule(
    rule_id="R-N04",
    name_zh="频繁刷卡",
    name_en="Settled too often",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.BUYER,
    lookback_days=32,
    cooldown_days=30,
    apart="buyer",
    feeds=("settlements", "pharmacies"),
    clauses={
        "visits_24h": Clause(
            "24 小时内结算 {measure} 次，界限 {threshold} 次",
            "settled {measure} times within 24 hours, limit {threshold}",
            "次",
            Adds("lines", within=DAY_S),
        ),
        "visits_7d": Clause(
            "7 天内结算 {measure} 次，界限 {threshold} 次",
            "settled {measure} times within 7 days, limit {threshold}",
            "次",
            Adds("lines", within=7 * DAY_S),
        ),
        "shops_30d": Clause(
            "30 天内在 {measure} 家药店结算，界限 {threshold} 家",
            "settled at {measure} shops within 30 days, limit {threshold}",
            "家",
            Adds("shops", within=30 * DAY_S),
        ),
    },
    parameters=(
        Parameter("visits_24h", 3, "次", 2, 10, "24 小时内结算达到几次"),
        Parameter("visits_7d", 10, "次", 4, 30, "7 天内结算达到几次"),
        Parameter("shops_30d", 8, "家", 3, 30, "30 天内结算过的药店达到几家"),
        Parameter("visit_minutes", 30, "分钟", 5, 120, "同店相邻两笔结算相隔多久之内算作一次"),
    ),
    basis=(Basis("医疗保障基金使用监督管理条例", "第十七条", since=date(2021, 5, 1), verify=True),),
    find=find,
)
