"""R-H04 患者多医取药: one patient gets special drugs by several prescribers at several shops."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import dispensed, seconds_between, subject_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, inside, number_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Patients and days by which so many prescribers' drugs came from so many shops."""
    lines = _dispensed(facts, window, values)
    near = _near(lines, window, int(values["span_days"]))
    counted = near.group_by("patient_key", "at_day").agg(
        prescribers=near.issuer_key.nunique(), shops=near.pharmacy_id.nunique()
    )
    high = counted.filter(
        counted.prescribers >= int(values["prescribers"]), counted.shops >= int(values["shops"])
    )
    rows = near.join(high, ["patient_key", "at_day"])
    told = rows.select(
        "pharmacy_id", "line_id",
        subject="patient_key", day="at_day", at="sold_at",
        measure=rows.prescribers.cast("float64"),
        threshold=ibis.literal(float(values["prescribers"])),
    )  # fmt: skip
    return subject_findings(facts, told, clause="doctors", level=Level.ORANGE)


def _dispensed(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Lines of the drugs on a known patient's prescription of a known prescriber, not issued too long ago."""
    sold = facts.sales_of("PSY2", "OPI_CMP")
    lines = dispensed(facts, sold.filter(inside(sold, window.widened(int(values["span_days"]) - 1))))
    age = seconds_between(lines.issued_at, lines.sold_at)
    kept = lines.filter(
        lines.patient_key.notnull(), lines.issuer_key.notnull(), age <= int(values["paper_days"]) * DAY_S
    )
    return kept.mutate(day=kept.sold_at.date(), number=number_of(kept.sold_at.date()))


def _near(lines: ir.Table, window: Window, span: int) -> ir.Table:
    """Each patient's days with a sale beside what they got until then, returns netted by prescription."""
    at = lines.filter(inside(lines, window), lines.quantity > 0)
    at = at.select("patient_key", at_day="day", at_number="number").distinct()
    pairs = at.join(lines, "patient_key")
    age = pairs.at_number - pairs.number
    near = pairs.filter(age >= 0, age < span)
    kept = unreturned(near, "patient_key", "at_day", "pharmacy_id", "prescription_no")
    return kept.filter(kept.quantity > 0)


RULE = Rule(
    rule_id="R-H04",
    name_zh="患者多医取药",
    name_en="One patient, several prescribers and shops",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=210,
    cooldown_days=30,
    feeds=("sales", "prescriptions", "drugs", "pharmacies"),
    clauses={
        "doctors": Clause(
            "由 {measure} 位医师开具特殊药品，在多家药店取药，达到 {threshold} 位即提示",
            "special drugs by {measure} prescribers, got at several shops, told from {threshold}",
            "位",
        )
    },
    parameters=(
        Parameter("prescribers", 3, "位", 2, 20, "多少位医师"),
        Parameter("shops", 3, "家", 2, 20, "并且多少家药店"),
        Parameter("span_days", 30, "天", 7, 90, "往前看几天的取药"),
        Parameter("paper_days", 90, "天", 7, 120, "处方开具之后最多几天内的取药才算"),
    ),
    basis=(
        Basis("处方管理办法", "第二十三条", since=date(2007, 5, 1), verify=True),
        Basis("麻醉药品和精神药品管理条例", "第三十二条", verify=True),
    ),
    find=find,
    assists=(Assist("msa"), Assist("psb", min_measure=5)),
)
