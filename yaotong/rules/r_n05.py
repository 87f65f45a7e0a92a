"""R-N05 超量开药购药: a person holds far more days of a drug than may be prescribed."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S
from yaotong.rules.supplies import supplies


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons and days on which a settlement left them with more days in hand than allowed."""
    held = _in_hand(facts, window)
    course = held.course_days
    allowed = (course <= values["general_days"]).ifelse(
        float(values["general_days"]),
        (course <= values["chronic_days"]).ifelse(float(values["chronic_days"]), float(values["long_days"])),
    )
    judged = held.mutate(measure=held.in_hand, threshold=allowed * float(values["factor"]))
    over = judged.filter(judged.settled_at >= window.start, judged.measure > judged.threshold + NOTHING)
    hits = over.select("person_key", "drug_code", "measure", "threshold", "day", hit_at="settled_at")
    lines = held.select("person_key", "drug_code", "pharmacy_id", "line_id", at="settled_at")
    rows = hits.join(lines, ["person_key", "drug_code"])
    age = rows.hit_at.epoch_seconds() - rows["at"].epoch_seconds()
    shown = rows.filter(age >= 0, age <= int(values["shown_days"]) * DAY_S)
    return subject_findings(facts, shown.rename(subject="person_key"), clause="in_hand", level=Level.ORANGE)


def _in_hand(facts: Facts, window: Window) -> ir.Table:
    """Each settlement with the days of its drug that its person then holds, those before used up daily.

    What is held is the greatest of supplied-since less elapsed-since over all settlements so far:
    used up is used up, and a gap without the drug is not saved.
    """
    some = supplies(facts, window)
    some = some.mutate(moment=some.settled_at.epoch_seconds() / DAY_S)
    row = ibis.cumulative_window(
        group_by=[some.person_key, some.drug_code], order_by=[some.settled_at, some.line_id]
    )
    summed = some.mutate(total=some.days.sum().over(row))
    base = summed.mutate(before=summed.total - summed.days - summed.moment)
    row = ibis.cumulative_window(
        group_by=[base.person_key, base.drug_code], order_by=[base.settled_at, base.line_id]
    )
    least = base.mutate(least=base.before.min().over(row))
    return least.mutate(in_hand=(least.total - least.moment - least.least).round(6))


RULE = Rule(
    rule_id="R-N05",
    name_zh="超量开药购药",
    name_en="More of a drug than may be held",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=3650,
    cooldown_days=30,
    feeds=("settlements", "sales", "prescriptions", "pharmacies"),
    clauses={
        "in_hand": Clause(
            "结算后手中同一药品够用 {measure} 天，界限 {threshold} 天",
            "{measure} days of one drug in hand after a settlement, limit {threshold}",
            "天",
        )
    },
    parameters=(
        Parameter("general_days", 7, "天", 7, 7, "一般处方的最长用量", statutory=True),
        Parameter("chronic_days", 30, "天", 30, 30, "慢性病处方的常用最长用量", statutory=True),
        Parameter("long_days", 84, "天", 84, 84, "长期处方的最长用量（12 周）", statutory=True),
        Parameter("factor", 1.5, "倍", 1, 3, "手中的天数超过最长用量的几倍"),
        Parameter("shown_days", 90, "天", 7, 366, "证据列出此前几天的结算"),
    ),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第三十八条第二项", since=date(2021, 5, 1), verify=True),
        Basis("处方管理办法", "第十九条", since=date(2007, 5, 1), verify=True),
        Basis("长期处方管理规范（试行）", since=date(2021, 8, 10), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
