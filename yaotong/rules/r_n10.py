"""R-N10 双通道处方链: dual-channel drugs settled without a prescription, or all by one doctor."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import numbering, shop_findings, standing
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import inside, number_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days whose settled dual-channel drugs lack a prescription, or know one doctor only."""
    lines = _settled(facts, window, int(values["doctor_days"]))
    bare = lines.filter(inside(lines, window), lines.prescription_no.isnull())
    known = bare.semi_join(numbering(facts, bare, window, int(values["known_days"])), ["pharmacy_id", "day"])
    told = known.mutate(
        at=known.sold_at,
        measure=ibis.literal(1.0),
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return ibis.union(
        shop_findings(facts, told, clause="unprescribed"), _one_doctor(facts, lines, window, values)
    )


def _settled(facts: Facts, window: Window, days: int) -> ir.Table:
    """Sales of dual-channel drugs whose settlement stands, with their prescriber as either feed names one."""
    settled = facts.settlements
    since = window.start - timedelta(days=days)
    paid = standing(settled.filter(settled.settled_at >= since, settled.settled_at < window.end))
    lines = facts.sales_of("DUAL")
    lines = lines.filter(lines.sold_at >= since, lines.sold_at < window.end, lines.quantity > 0)
    mine = lines.semi_join(paid, ["pharmacy_id", "settlement_id", "drug_code"])
    papers = facts.prescriptions.select("prescription_no", "drug_code", issuer_key="prescriber_key")
    both = mine.left_join(papers, ["prescription_no", "drug_code"])
    return both.select(
        "line_id", "pharmacy_id", "sold_at", "prescription_no",
        day=both.sold_at.date(), doctor=ibis.coalesce(both.issuer_key, both.prescriber_key),
    )  # fmt: skip


def _one_doctor(facts: Facts, lines: ir.Table, window: Window, values: Values) -> ir.Table:
    """Shops and days after which nearly all prescriptions of the days before are one doctor's."""
    days = int(values["doctor_days"])
    named = lines.filter(lines.prescription_no.notnull(), lines.doctor.notnull())
    named = named.mutate(number=number_of(named.day))
    at = named.filter(inside(named, window)).select("pharmacy_id", "day", at_number="number").distinct()
    pairs = at.join(named.drop("day"), "pharmacy_id")
    age = pairs.at_number - pairs.number
    near = pairs.filter(age >= 0, age < days)
    papers = near.group_by("pharmacy_id", "day", "doctor").agg(papers=near.prescription_no.nunique())
    totals = near.group_by("pharmacy_id", "day").agg(total=near.prescription_no.nunique())
    shares = papers.join(totals, ["pharmacy_id", "day"])
    share = (100.0 * shares.papers / shares.total).round(6)
    high = shares.mutate(measure=share).filter(
        shares.total >= int(values["least_papers"]), share >= float(values["doctor_percent"])
    )
    rows = near.join(high.drop("papers", "total"), ["pharmacy_id", "day", "doctor"]).mutate(
        threshold=ibis.literal(float(values["doctor_percent"])), level=ibis.literal(str(Level.ORANGE))
    )
    return shop_findings(facts, rows.mutate(at=rows.sold_at), clause="one_doctor", measure="max")


RULE = Rule(
    rule_id="R-N10",
    name_zh="双通道处方链",
    name_en="The chain of dual-channel prescriptions",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=90,
    cooldown_days=30,
    feeds=("settlements", "sales", "drugs", "prescriptions", "pharmacies"),
    clauses={
        "unprescribed": Clause(
            "{measure} 笔双通道药品结算没有处方号",
            "{measure} settled sales of dual-channel drugs without a prescription number",
            "笔",
            Adds("lines"),
        ),
        "one_doctor": Clause(
            "近期双通道处方有 {measure}% 出自同一医师，界限 {threshold}%",
            "{measure}% of recent dual-channel prescriptions are by one doctor, limit {threshold}%",
            "%",
        ),
    },
    parameters=(
        Parameter("known_days", 90, "天", 7, 365, "药店在此前几天内送过处方号，才知道它会送这一列"),
        Parameter("doctor_days", 30, "天", 7, 90, "往前看几天的处方"),
        Parameter("least_papers", 10, "张", 5, 200, "至少有几张处方才比较"),
        Parameter("doctor_percent", 90, "%", 60, 100, "出自同一医师的比例达到多少"),
    ),
    basis=(Basis("医保发〔2021〕28号", "双通道管理机制", since=date(2021, 4, 22), verify=True),),
    find=find,
    assists=(Assist("hc"),),
)
