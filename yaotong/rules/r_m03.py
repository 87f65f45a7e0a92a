"""R-M03 同店拆单: one buyer comes back to one shop for more packs than one sale may hold."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import registered, spanned
from yaotong.rules.linked import shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, packs_of

_WEEK = 7


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days on which a buyer's packs of several visits passed a limit."""
    lines = registered(facts, window, _WEEK, "EPH", on_paper=False)
    week = spanned(lines, window, _WEEK * DAY_S, "buyer_key", "pharmacy_id")
    day = week.filter(week.age_s < DAY_S)
    visit_s = int(values["visit_minutes"]) * MINUTE_S
    over, most = float(values["over_24h"]), float(values["packs_7d"])
    totals = _totals(day, visit_s)
    split = _told(facts, day, totals.filter(totals.measure > over), "split_24h", over)
    totals = _totals(week, visit_s)
    gathered = _told(facts, week, totals.filter(totals.measure >= most), "packs_7d", most)
    return ibis.union(split, gathered)


def _totals(pairs: ir.Table, visit_s: int) -> ir.Table:
    """at_line and the net packs up to it, of purchases before whose visit something had been bought too."""
    before = (pairs.age_s > visit_s).ifelse(pairs.quantity, 0.0)
    totals = pairs.group_by("at_line").agg(measure=packs_of(pairs.quantity), earlier=packs_of(before))
    return totals.filter(totals.earlier > 0).drop("earlier")


def _told(facts: Facts, pairs: ir.Table, hits: ir.Table, clause: str, threshold: float) -> ir.Table:
    rows = pairs.join(hits, "at_line")
    told = rows.select(
        "pharmacy_id", "measure", "line_id",
        day=rows["at"].date(),
        at="sold_at",
        threshold=ibis.literal(threshold),
        level=ibis.literal(str(Level.ORANGE)),
    )  # fmt: skip
    return shop_findings(facts, told, clause=clause, measure="max")


RULE = Rule(
    rule_id="R-M03",
    name_zh="同店拆单",
    name_en="Sales split at one shop",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=7,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "split_24h": Clause(
            "24 小时内分几次卖给同一人含麻黄碱类复方制剂 {measure} 盒，超过 {threshold} 盒",
            "{measure} packs of ephedrine compounds sold to one buyer in several visits within 24 hours, "
            "limit {threshold}",
            "盒",
        ),
        "packs_7d": Clause(
            "7 天内分几次卖给同一人含麻黄碱类复方制剂 {measure} 盒，达到 {threshold} 盒",
            "{measure} packs of ephedrine compounds sold to one buyer in several visits within 7 days, "
            "limit {threshold}",
            "盒",
        ),
    },
    parameters=(
        Parameter("over_24h", 2, "盒", 2, 10, "24 小时内同店同一人超过几盒"),
        Parameter("packs_7d", 4, "盒", 3, 20, "7 天内同店同一人达到几盒"),
        Parameter("visit_minutes", 30, "分钟", 5, 120, "相隔多久之内算作一次，一次之内的见 R-M01"),
    ),
    basis=(
        Basis(
            "食药监办药化监〔2012〕260号",
            "一次销售不得超过 2 个最小包装；大量或多次购买应当报告",
            since=date(2012, 9, 4),
            verify=True,
        ),
    ),
    find=find,
    assists=(Assist("psb"),),
)
