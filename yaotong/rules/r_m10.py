"""R-M10 非营业时间销售: sales well outside the hours that the register gives."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, inside, noticed, number_of

_READ = ("line_id", "pharmacy_id", "sold_at", "drug_code", "quantity")
# Kinds of outlet that sell with nobody there.
_UNATTENDED = ("vending", "vending_machine", "online")


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with some sales while shut, or any of ephedrine compounds or psychotropics."""
    shops = facts.pharmacies
    shops = shops.filter(
        shops.opening_hours.notnull(), shops.kind.isnull() | shops.kind.notin(_UNATTENDED)
    ).select("pharmacy_id", "opening_hours")
    sold = facts.sales.filter(inside(facts.sales, window)).select(*_READ)
    lines = sold.join(shops, "pharmacy_id")
    lines = lines.mutate(day=lines.sold_at.date(), second=lines.sold_at.epoch_seconds())
    shut = _shut(facts, shops, window, int(values["slack_minutes"]) * MINUTE_S)
    late = lines.join(shut, ["opening_hours", "day"])
    late = late.filter(late.second > late.shut_from, late.second < late.shut_until)
    late = late.anti_join(noticed(facts, "outage", "promotion"), ["pharmacy_id", "day"])
    # No two are alike: said so that an engine keeps these few, and does not look for them twice.
    late = late.select(*_READ, "day").distinct()
    kept = unreturned(late, "pharmacy_id", "day", "drug_code")
    kept = kept.filter(kept.quantity > 0).mutate(at=kept.sold_at, measure=ibis.literal(1.0))
    return ibis.union(
        _told(facts, kept, "hours", Level.YELLOW, float(values["lines"])),
        _told(facts, _special(facts, kept), "special", Level.ORANGE, 1.0),
    )


def _told(facts: Facts, rows: ir.Table, clause: str, level: Level, least: float) -> ir.Table:
    rows = rows.mutate(threshold=ibis.literal(least), level=ibis.literal(str(level)))
    found = shop_findings(facts, rows, clause=clause)
    return found.filter(found.measure >= least)


def _special(facts: Facts, lines: ir.Table) -> ir.Table:
    drugs = facts.drugs
    drugs = drugs.filter(drugs.categories.contains("|EPH|") | drugs.categories.contains("|PSY2|"))
    dated = [
        lines.drug_code == drugs.drug_code,
        lines.day >= drugs.valid_from,
        lines.day <= drugs.valid_to,
    ]
    return lines.semi_join(drugs, dated)


def _shut(facts: Facts, shops: ir.Table, window: Window, slack_s: int) -> ir.Table:
    """Stretches of known days without an open span within the slack: by the hours' text, not by shop.

    Shops of one text open alike, so one of them stands for all. Columns: opening_hours, day, and
    shut_from and shut_until in epoch seconds, both ends still allowed.
    """
    one_each = shops.group_by("opening_hours").agg(pharmacy_id=shops.pharmacy_id.min())
    near = (facts.openings.day >= window.since - timedelta(days=1)) & (
        facts.openings.day <= window.until + timedelta(days=1)
    )
    spans = facts.openings.filter(near).join(one_each, "pharmacy_id")
    spans = spans.mutate(
        number=number_of(spans.day),
        since_s=spans.open_from.epoch_seconds() - slack_s,
        until_s=spans.open_until.epoch_seconds() + slack_s,
    )
    days = spans.select("opening_hours", "day", "number").distinct()
    # The night may belong to the day before: unless that one is known, this one is not.
    before = days.select("opening_hours", number=days.number + 1)
    known = days.semi_join(before, ["opening_hours", "number"])
    edges = ibis.union(
        *(_reaching(spans.filter(spans.open_from.notnull()), shift) for shift in (-1, 0, 1)),
        known.select("opening_hours", "number", since_s=_ends(known), until_s=_ends(known)),
    )
    in_order = ibis.window(group_by=["opening_hours", "number"], order_by=["since_s", "until_s"])
    begins = edges.number * DAY_S - 1
    gaps = edges.mutate(shut_from=edges.until_s.lag().over(in_order).fill_null(begins))
    gaps = gaps.filter(gaps.since_s - gaps.shut_from > 1).join(known, ["opening_hours", "number"])
    return gaps.select("opening_hours", "day", "shut_from", shut_until="since_s")


def _reaching(spans: ir.Table, shift: int) -> ir.Table:
    """Spans by a day beside the one they begin on, where they reach into it."""
    moved = spans.select("opening_hours", "since_s", "until_s", number=spans.number + shift)
    reaching = moved.filter(moved.until_s >= moved.number * DAY_S, moved.since_s < _ends(moved))
    return reaching.select("opening_hours", "number", "since_s", "until_s")


def _ends(days: ir.Table) -> ir.IntegerValue:
    return (days.number + 1) * DAY_S


RULE = Rule(
    rule_id="R-M10",
    name_zh="非营业时间销售",
    name_en="Sales outside opening hours",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=0,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        "hours": Clause(
            "营业时间以外售出 {measure} 笔（阈值 {threshold} 笔）",
            "{measure} lines sold outside opening hours, {threshold} tell",
            "笔",
        ),
        "special": Clause(
            "营业时间以外售出第二类精神药品或含麻黄碱类复方制剂 {measure} 笔",
            "{measure} lines of class II psychotropics or ephedrine compounds sold outside opening hours",
            "笔",
        ),
    },
    parameters=(
        Parameter("slack_minutes", 30, "分钟", 0, 120, "营业时间前后容许多久"),
        Parameter("lines", 3, "笔", 1, 50, "一天至少多少笔才提示"),
    ),
    basis=(Basis("药品经营和使用质量监督管理办法", since=date(2024, 1, 1), verify=True),),
    find=find,
)
