"""R-N08 串换或虚假结算: settlements that no sale answers, sales that no settlement does, swapped drugs."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import clause_findings, day_after, standing
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops whose settlements and sales of a day do not answer one another once late lines had their time."""
    grace = int(values["grace_days"])
    start, end = window.start - timedelta(days=grace), window.end - timedelta(days=grace)
    settled = facts.sharing("settlements", "settlement_id", start)
    settled = settled.mutate(at=settled.settled_at)
    sales = facts.sharing("sales", "settlement_id", start)
    sales = sales.filter(sales.settlement_id.notnull())
    sales = sales.mutate(at=sales.sold_at)
    near = settled.filter(settled["at"] >= start, settled["at"] < end, settled.person_key.notnull())
    sold = sales.filter(sales["at"] >= start, sales["at"] < end, sales.quantity > 0)
    unsettled = _unanswered(sold, settled, grace).mutate(clause=ibis.literal("unsettled"))
    told = ibis.union(
        _told(_unsold(near, sales, grace).semi_join(_days(sales), ["pharmacy_id", "day"]), grace),
        _told(_dated(unsettled).semi_join(_days(settled), ["pharmacy_id", "day"]), grace),
    )
    return clause_findings(facts, told)


def _unsold(near: ir.Table, sales: ir.Table, grace: int) -> ir.Table:
    """Settlements that stood and that no sale of their drug answers, by whether any other sale does.

    Nearly all are answered: whether one stood is asked of the others only.
    """
    other = _unanswered(near.filter(near.quantity > 0), sales, grace, "drug_code")
    any_sale = sales.select("pharmacy_id", "settlement_id", met="at")
    pairs = _dated(other).left_join(any_sale, ["pharmacy_id", "settlement_id"])
    met = (pairs.met.date() <= day_after(pairs["at"], grace)).fill_null(False)
    rows = pairs.group_by("person_key", "pharmacy_id", "drug_code", "day", "at", "line_id").agg(met=met.any())
    stood = standing(_dated(near).semi_join(rows, ["person_key", "pharmacy_id", "drug_code", "day"]))
    clause = rows.met.ifelse("swapped", "unsold")
    return rows.mutate(clause=clause).semi_join(stood, "line_id")


def _dated(lines: ir.Table) -> ir.Table:
    return lines.mutate(day=lines["at"].date())


def _days(lines: ir.Table) -> ir.Table:
    """Shops and days of which lines have come: on others their lack says nothing."""
    return _dated(lines).select("pharmacy_id", "day").distinct()


def _unanswered(rows: ir.Table, others: ir.Table, grace: int, *also: str) -> ir.Table:
    """Rows that no line of the other feed answers, from whatever day before until the grace is over."""
    others = others.view()
    same = [rows[key] == others[key] for key in ("pharmacy_id", "settlement_id", *also)]
    return rows.anti_join(others, [*same, others["at"].date() <= day_after(rows["at"], grace)])


def _told(rows: ir.Table, grace: int) -> ir.Table:
    return rows.select(
        "pharmacy_id",
        "line_id",
        "at",
        "clause",
        day=day_after(rows["at"], grace),
        measure=ibis.literal(1.0),
        threshold=ibis.literal(0.0),
        level=(rows.clause == "unsettled").ifelse(str(Level.ORANGE), str(Level.RED)),
    )


RULE = Rule(
    rule_id="R-N08",
    name_zh="串换或虚假结算",
    name_en="Swapped or fake settlements",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=15,
    cooldown_days=30,
    feeds=("settlements", "sales", "pharmacies"),
    clauses={
        "unsold": Clause(
            "{measure} 笔医保结算没有对应的销售",
            "{measure} settlements that no sale answers",
            "笔",
            Adds("lines"),
        ),
        "swapped": Clause(
            "{measure} 笔医保结算的药品与销售的药品不同",
            "{measure} settlements for another drug than was sold",
            "笔",
            Adds("lines"),
        ),
        "unsettled": Clause(
            "{measure} 笔写了结算号的销售没有对应的医保结算",
            "{measure} sales with a settlement number that no settlement answers",
            "笔",
            Adds("lines"),
        ),
    },
    parameters=(Parameter("grace_days", 2, "天", 0, 14, "等对方数据到来的天数"),),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第三十八条、第四十条", since=date(2021, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
