"""R-N06 重复开药: the same drug, by its name, settled at two shops for days that overlap."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S
from yaotong.rules.supplies import supplies


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons and days on which a drug was settled whose days another shop had already supplied."""
    some = _named(facts, supplies(facts, window), window)
    there = some.select(
        "person_key", "drug_name",
        then_at="settled_at", then_line="line_id", then_shop="pharmacy_id", then_days="days",
    )  # fmt: skip
    pairs = some.filter(some.settled_at >= window.start).join(there, ["person_key", "drug_name"])
    apart = (pairs.settled_at.epoch_seconds() - pairs.then_at.epoch_seconds()) / DAY_S
    first = (apart > 0) | ((apart == 0) & (pairs.then_line < pairs.line_id))
    left = ibis.least(pairs.then_days - apart, pairs.days)
    share = (100 * left / ibis.least(pairs.then_days, pairs.days)).round(6)
    told = pairs.mutate(measure=share, subject=pairs.person_key, threshold=float(values["overlap_percent"]))
    told = told.filter(
        first, pairs.pharmacy_id != pairs.then_shop, told.measure > float(values["overlap_percent"])
    )
    columns = ("subject", "day", "pharmacy_id", "at", "measure", "threshold", "line_id")
    here = told.mutate(at=told.settled_at).select(*columns)
    other = told.mutate(at=told.then_at, line_id=told.then_line, pharmacy_id=told.then_shop)
    rows = ibis.union(here, other.select(*columns))
    return subject_findings(facts, rows, clause="overlap", level=Level.YELLOW)


def _named(facts: Facts, some: ir.Table, window: Window) -> ir.Table:
    """Supplies with the name of their drug on their day; those of the year before the window."""
    drugs = facts.drugs
    near = some.filter(some.settled_at >= window.start - timedelta(days=366), some.days > NOTHING)
    same = [near.drug_code == drugs.drug_code, near.day >= drugs.valid_from, near.day <= drugs.valid_to]
    return near.join(drugs, same).select(*near.columns, "drug_name")


RULE = Rule(
    rule_id="R-N06",
    name_zh="重复开药",
    name_en="The same drug supplied twice",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.BUYER,
    lookback_days=366,
    cooldown_days=30,
    feeds=("settlements", "sales", "prescriptions", "drugs", "pharmacies"),
    clauses={
        "overlap": Clause(
            "两家店结算的同名药品用药天数重叠 {measure}%，界限 {threshold}%",
            "one drug settled at two shops for days that overlap by {measure}%, limit {threshold}%",
            "%",
        )
    },
    parameters=(Parameter("overlap_percent", 50, "%", 20, 100, "重叠的天数占较短一份的比例超过多少"),),
    basis=(Basis("医疗保障基金使用监督管理条例", "第三十八条第二项", since=date(2021, 5, 1), verify=True),),
    find=find,
    assists=(Assist("hc"),),
)
