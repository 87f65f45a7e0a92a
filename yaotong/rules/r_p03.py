"""R-P03 团伙同行: the same persons buy special drugs beside one another at two shops within the hour."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import SPECIAL, registered
from yaotong.rules.linked import seconds_between, subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, packs_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Each of the persons who met at two shops and took many packs together, and the day."""
    lines = registered(facts, window, 1, *SPECIAL, on_paper=False)
    members = _groups(_meetings(lines, values), window, values)
    pairs = members.join(
        lines.select("buyer_key", "pharmacy_id", "sold_at", "quantity", "line_id", "day"), "buyer_key"
    )
    age = seconds_between(pairs.sold_at, pairs.met_at)
    returned = (age < 0) & (pairs.quantity < 0) & (pairs.met_at.date() == pairs.day)
    taken = pairs.filter(((age >= 0) & (age < DAY_S)) | returned)
    group = ["met_line", "before_line"]
    totals = taken.group_by(*group).agg(measure=packs_of(taken.quantity))
    hits = totals.filter(totals.measure >= float(values["packs"]))
    rows = taken.join(hits, group).select(*group, "pharmacy_id", "measure", "line_id", "sold_at", "met_at")
    told = rows.join(members.select(*group, subject="buyer_key"), group)
    told = told.mutate(
        day=told.met_at.date(), at=told.sold_at, threshold=ibis.literal(float(values["packs"]))
    )
    return subject_findings(facts, told, clause="together", level=Level.RED)


def _meetings(lines: ir.Table, values: Values) -> ir.Table:
    """Purchases of a shop with the buyers of the minutes that end with each, where they are enough.

    Columns: pharmacy_id, met_line, met_at, buyer_key. Lines meet by shop and stretch of time, never all
    of a shop with all.
    """
    seconds = int(values["beside_minutes"]) * MINUTE_S
    bought = lines.filter(lines.quantity > 0).mutate(
        bucket=lambda one: one.sold_at.epoch_seconds() // seconds
    )
    at = bought.select("pharmacy_id", "bucket", met_line="line_id", met_at="sold_at")
    some = bought.select("pharmacy_id", "bucket", "buyer_key", "sold_at")
    pairs = at.join(ibis.union(some, some.mutate(bucket=some.bucket + 1)), ["pharmacy_id", "bucket"])
    waited = seconds_between(pairs.sold_at, pairs.met_at)
    near = pairs.filter(waited >= 0, waited <= seconds)
    each = near.select("pharmacy_id", "met_line", "met_at", "buyer_key").distinct()
    return _enough(each, int(values["buyers"]), "met_line")


def _groups(meetings: ir.Table, window: Window, values: Values) -> ir.Table:
    """met_line, before_line, met_at and buyer_key of those who had met at another shop before."""
    before = meetings.select(
        "buyer_key", before_shop="pharmacy_id", before_line="met_line", before_at="met_at"
    )
    pairs = meetings.filter(meetings.met_at >= window.start).join(before, "buyer_key")
    waited = seconds_between(pairs.before_at, pairs.met_at)
    moved = pairs.filter(
        pairs.pharmacy_id != pairs.before_shop,
        waited >= 0,
        waited <= int(values["between_minutes"]) * MINUTE_S,
    )
    moved = moved.select("met_line", "before_line", "met_at", "buyer_key")
    return _enough(moved, int(values["buyers"]), "met_line", "before_line")


def _enough(rows: ir.Table, least: int, *by: str) -> ir.Table:
    """Rows of the groups that have so many."""
    sizes = rows.group_by(*by).agg(size=rows.count())
    return rows.semi_join(sizes.filter(sizes.size >= least), list(by))


RULE = Rule(
    rule_id="R-P03",
    name_zh="团伙同行购药",
    name_en="A group buying together",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.BUYER,
    lookback_days=1,
    cooldown_days=7,
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "together": Clause(
            "与别人接连在两家店前后脚购买特药，一行人 24 小时内共买 {measure} 盒，达到 {threshold} 盒",
            "bought special drugs beside the same others at two shops, {measure} packs together "
            "within 24 hours, limit {threshold}",
            "盒",
        )
    },
    parameters=(
        Parameter("buyers", 3, "人", 3, 20, "一行至少几人"),
        Parameter("beside_minutes", 10, "分钟", 2, 30, "在同一家店先后相隔不超过多久"),
        Parameter("between_minutes", 60, "分钟", 15, 180, "两家店之间相隔不超过多久"),
        Parameter("packs", 10, "盒", 6, 100, "一行人 24 小时内合计几盒"),
    ),
    basis=(
        Basis("食药监办药化监〔2012〕260号", "大量或多次购买应当报告", since=date(2012, 9, 4), verify=True),
        Basis("浙江省禁毒条例", "第十八条", verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
