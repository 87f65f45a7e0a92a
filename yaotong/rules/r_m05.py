"""R-M05 第二类精神药品无处方或超量: class II psychotropics without a prescription, or beyond it."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, dispensed, numbering, shop_findings, unreturned
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside, packs_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold the drugs without a prescription's number, or more than prescribed."""
    lines = facts.sales_of("PSY2")
    lines = lines.filter(inside(lines, window)).mutate(
        day=lambda one: one.sold_at.date(), at=lambda one: one.sold_at, level=ibis.literal(str(Level.RED))
    )
    return ibis.union(
        _unprescribed(facts, window, lines, int(values["known_days"])), _beyond(facts, window, lines)
    )


def _unprescribed(facts: Facts, window: Window, lines: ir.Table, known_days: int) -> ir.Table:
    """Lines without a number, of shops that are known to send numbers: else the column is missing."""
    bare = lines.filter(lines.prescription_no.isnull())
    kept = unreturned(bare, "pharmacy_id", "day", "drug_code")
    known = numbering(facts, kept, window, known_days)
    rows = kept.semi_join(known, ["pharmacy_id", "day"])
    rows = rows.mutate(measure=rows.quantity, threshold=ibis.literal(0.0))
    return shop_findings(facts, rows, clause="unprescribed")


def _beyond(facts: Facts, window: Window, lines: ir.Table) -> ir.Table:
    """Prescriptions on which one shop sold more in a day than they say."""
    on_paper = dispensed(facts, lines, since=window.start)
    packs = on_paper.group_by("pharmacy_id", "day", "rx_line_id").agg(measure=packs_of(on_paper.quantity))
    rows = on_paper.join(packs, ["pharmacy_id", "day", "rx_line_id"])
    rows = rows.filter(rows.measure > rows.prescribed + NOTHING).mutate(threshold=rows.prescribed)
    return shop_findings(facts, rows, clause="beyond", measure="max")


RULE = Rule(
    rule_id="R-M05",
    name_zh="第二类精神药品无处方或超量",
    name_en="Class II psychotropics without or beyond a prescription",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=90,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "prescriptions", "pharmacies"),
    clauses={
        "unprescribed": Clause(
            "无处方号售出第二类精神药品 {measure} 盒",
            "{measure} packs of class II psychotropics sold without a prescription number",
            "盒",
            Adds("packs"),
        ),
        "beyond": Clause(
            "一张处方当天售出第二类精神药品 {measure} 盒，处方开具 {threshold} 盒",
            "{measure} packs of a class II psychotropic sold in a day on a prescription for {threshold}",
            "盒",
            Adds("packs", each=("prescription_no", "drug_code")),
        ),
    },
    parameters=(Parameter("known_days", 90, "天", 7, 365, "药店在此前几天内送过处方号，才知道它会送这一列"),),
    basis=(
        Basis("麻醉药品和精神药品管理条例", "第三十二条", since=date(2005, 11, 1), verify=True),
        Basis("处方管理办法", "第二十三条", since=date(2007, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
