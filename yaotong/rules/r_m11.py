"""R-M11 处方重复使用: a prescription used again after it was spent, at any shop."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, dispensed, seconds_between, shop_findings
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import MINUTE_S, inside, of_now


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days on which a prescription of another visit was sold on beyond its quantity."""
    lines = _histories(facts, window)
    apart = seconds_between(lines.first_at, lines.sold_at) > int(values["visit_minutes"]) * MINUTE_S
    again = lines.filter(
        inside(lines, window),
        lines.quantity > 0,
        lines.so_far > lines.prescribed + NOTHING,
        apart | (lines.pharmacy_id != lines.first_shop),
    )
    hits = again.select(
        "rx_line_id",
        hit_shop="pharmacy_id",
        hit_at="sold_at",
        day=again.sold_at.date(),
        measure="so_far",
        threshold="prescribed",
    )
    rows = hits.join(lines.drop("prescribed"), "rx_line_id")
    rows = rows.filter(rows.sold_at <= rows.hit_at)
    told = rows.select("day", "measure", "threshold", "line_id", at="sold_at", pharmacy_id="hit_shop").mutate(
        level=ibis.literal(str(Level.ORANGE))
    )
    return shop_findings(facts, told, clause="again", measure="max")


def _histories(facts: Facts, window: Window) -> ir.Table:
    """Lines on prescriptions of the feed, each with what had been sold on its prescription after it."""
    sales = facts.sharing("sales", "prescription_no", window.start)
    sales = sales.filter(sales.sold_at < window.end, sales.prescription_no.notnull())
    now = of_now(sales, "sold_at", ["prescription_no", "drug_code"], window)
    lines = dispensed(facts, now, since=window.start)
    ordered = ibis.cumulative_window(group_by=lines.rx_line_id, order_by=[lines.sold_at, lines.line_id])
    whole = ibis.window(group_by=lines.rx_line_id)
    told = lines.mutate(
        so_far=lines.quantity.sum().over(ordered).round(6),
        first_at=(lines.quantity > 0).ifelse(lines.sold_at, ibis.null("timestamp")).min().over(whole),
    )
    firsts = told.filter(told.sold_at == told.first_at, told.quantity > 0)
    firsts = firsts.group_by("rx_line_id").agg(first_shop=firsts.pharmacy_id.argmin(firsts.line_id))
    return told.join(firsts, "rx_line_id")


RULE = Rule(
    rule_id="R-M11",
    name_zh="处方重复使用",
    name_en="A prescription used again",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=3650,
    cooldown_days=7,
    feeds=("sales", "prescriptions", "pharmacies"),
    clauses={
        "again": Clause(
            "凭已用过的处方再次售药，累计 {measure} 盒，处方开具 {threshold} 盒",
            "a used prescription was sold on again: {measure} packs in all, {threshold} prescribed",
            "盒",
            Adds("packs", each=("prescription_no", "drug_code")),
        )
    },
    parameters=(Parameter("visit_minutes", 30, "分钟", 5, 120, "同店同一处方相隔多久之内算作同一次调剂"),),
    basis=(
        Basis("药品网络销售监督管理办法", "电子处方使用后应当标记", since=date(2022, 12, 1), verify=True),
        Basis("处方管理办法", "第十八条", since=date(2007, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("hc"), Assist("nhsa")),
)
