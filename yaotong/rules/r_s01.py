"""R-S01 药店销量异常升高: a shop sells more of a watched group than its past and the others explain."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FIGURES, FINDING_COLUMNS, Adds, Basis, Rule, Values
from yaotong.rules.shapes import inside, located, number_of
from yaotong.rules.signalled import LOOKBACK_DAYS, clauses, reach, sure, thresholds
from yaotong.watched import DIVERTED, grouped


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, groups and the first day of each month on which a signal is sure and large."""
    told = sure(facts, window, values)
    shops = told.filter(told.level == "pharmacy").mutate(month=told.day.year() * 12 + told.day.month())
    order = ibis.window(group_by=[shops.key, shops.drug_group, shops.month], order_by=shops.day)
    first = shops.mutate(place=ibis.row_number().over(order)).filter(lambda one: one.place == 0)
    sold = _lines(facts, window)
    both = first.join(sold, [first.key == sold.pharmacy_id, first.drug_group == sold.sold_group])
    age = number_of(both.day) - both.number
    rows = both.filter(age >= 0, age < both.span_days)
    found = rows.group_by("pharmacy_id", "drug_group", "day").agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.sold_at.max(),
        measure=rows.observed.max(),
        threshold=rows.upper.max(),
        figures=rows.figures.max(),
        line_ids=rows.line_id.collect(),
    )
    placed = found.left_join(located(facts), "pharmacy_id")
    diverted = placed.drug_group.isin(DIVERTED)
    return placed.mutate(
        subject=placed.pharmacy_id,
        behaviour_day=placed.day,
        clause=placed.drug_group,
        level=diverted.ifelse(str(Level.YELLOW), str(Level.BLUE)),
        pharmacy_ids=ibis.array([placed.pharmacy_id]),
    ).select(*FINDING_COLUMNS, FIGURES)


def _lines(facts: Facts, window: Window) -> ir.Table:
    """line_id, pharmacy_id, sold_group, sold_at and number of the sales of watched groups within reach."""
    sales, drugs = facts.sales, grouped(facts.drugs)
    some = sales.filter(inside(sales, reach(window)))
    day = some.sold_at.date()
    same = [some.drug_code == drugs.drug_code, day >= drugs.valid_from, day <= drugs.valid_to]
    joined = some.join(drugs, same)
    return joined.select(
        "line_id", "pharmacy_id", "sold_at", sold_group="group", number=number_of(joined.sold_at.date())
    )


RULE = Rule(
    rule_id="R-S01",
    name_zh="药店销量异常升高",
    name_en="A pharmacy sells more than expected",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=LOOKBACK_DAYS,
    cooldown_days=28,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses=clauses("", "by the shop", Adds("packs")),
    parameters=thresholds(0.01, 1.5, 15),
    basis=(
        Basis("药品管理法", "第五十七条", since=date(2019, 12, 1), verify=True),
        Basis("药品经营和使用质量监督管理办法", since=date(2024, 1, 1), verify=True),
    ),
    find=find,
)
