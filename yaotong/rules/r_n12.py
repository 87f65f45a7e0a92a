"""R-N12 诱导重复结算: baskets settled anew at the same shop right after the fund's reset day."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, standing
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of

_PERSON = ["pharmacy_id", "person_key", "reset"]


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days up to which enough persons bought again what they had just bought before the reset."""
    drugs = _baskets(facts, window, values)
    after = drugs.filter(_is_after(drugs.day, values))
    # The first day of the month is the reset day of what was settled in its first days.
    after = after.mutate(reset=after.number - (after.day.day() - 1))
    again = _again(after, drugs, values)
    people = after.select("pharmacy_id", "reset", "person_key", "number", "day").distinct()
    told = _counted(again, people, values)
    lines = after.semi_join(again, [*_PERSON, "number"])
    lines = lines.select("pharmacy_id", "reset", "line_id", at="settled_at", line_number="number")
    rows = told.join(lines, ["pharmacy_id", "reset"])
    rows = rows.filter(rows.line_number <= rows.number).mutate(
        threshold=ibis.literal(float(values["least_persons"])), level=ibis.literal(str(Level.YELLOW))
    )
    return shop_findings(facts, rows, clause="again", measure="max")


def _is_after(day: ir.DateValue, values: Values) -> ir.BooleanValue:
    due = (day.month() - 1) % int(values["reset_months"]) == 0
    return due & (day.day() <= int(values["after_days"]))


def _baskets(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Standing settlements of drugs, with day, number and `size`: the kinds of drugs of the person's day."""
    settled = facts.settlements
    since = window.widened(int(values["before_days"]) + int(values["after_days"])).start
    lines = standing(settled.filter(settled.settled_at >= since, settled.settled_at < window.end))
    lines = lines.mutate(number=number_of(lines.day))
    kinds = lines.select("pharmacy_id", "person_key", "number", "drug_code").distinct()
    sizes = kinds.group_by("pharmacy_id", "person_key", "number").agg(size=kinds.count())
    return lines.join(
        sizes.filter(sizes["size"] >= int(values["least_drugs"])), ["pharmacy_id", "person_key", "number"]
    )


def _again(after: ir.Table, drugs: ir.Table, values: Values) -> ir.Table:
    """(pharmacy_id, person_key, reset, number): baskets after a reset that are those of a day just before."""
    new = after.select(*_PERSON, "number", "size", "drug_code").distinct()
    old = drugs.select(
        "pharmacy_id", "person_key", "drug_code", old_number="number", old_size="size"
    ).distinct()
    pairs = new.join(old, ["pharmacy_id", "person_key", "drug_code"])
    ahead = pairs.reset - pairs.old_number
    near = pairs.filter(ahead >= 1, ahead <= int(values["before_days"]), pairs["size"] == pairs.old_size)
    shared = near.group_by(*_PERSON, "number", "old_number", "size").agg(same=near.count())
    return shared.filter(shared.same == shared["size"]).select(*_PERSON, "number").distinct()


def _counted(again: ir.Table, people: ir.Table, values: Values) -> ir.Table:
    """(pharmacy_id, reset, number, day, measure): days with a basket again up to which they are many."""
    days = people.semi_join(again, [*_PERSON, "number"])
    days = days.select("pharmacy_id", "reset", "number", "day").distinct()
    first = again.group_by(*_PERSON).agg(first=again.number.min())
    seen = people.group_by(*_PERSON).agg(first=people.number.min())
    repeated = _up_to(days, first).select("pharmacy_id", "reset", "number", "day", measure="persons")
    everybody = _up_to(days, seen).select("pharmacy_id", "reset", "number", "persons")
    both = repeated.join(everybody, ["pharmacy_id", "reset", "number"])
    return both.filter(
        both.measure >= int(values["least_persons"]),
        both.measure * 100.0 >= both.persons * float(values["least_percent"]),
    )


def _up_to(days: ir.Table, firsts: ir.Table) -> ir.Table:
    """How many persons had come by each day."""
    pairs = days.join(firsts, ["pharmacy_id", "reset"])
    come = pairs.filter(pairs["first"] <= pairs.number)
    return come.group_by("pharmacy_id", "reset", "number", "day").agg(persons=come.count())


RULE = Rule(
    rule_id="R-N12",
    name_zh="诱导重复结算",
    name_en="The same baskets settled anew after the reset",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=45,
    cooldown_days=30,
    apart="pharmacy",
    feeds=("settlements", "pharmacies"),
    clauses={
        "again": Clause(
            "额度重置后的头几天，{measure} 人在本店再次结算重置前刚结算过的同一组药（{threshold} 人起提示）",
            "{measure} persons settled anew, right after the reset, the basket they had just bought here",
            "人",
        )
    },
    parameters=(
        Parameter("reset_months", 12, "个月", 1, 12, "每几个月的一号重置额度：12 为每年一月，1 为每月"),
        Parameter("before_days", 10, "天", 3, 25, "重置日之前几天内结算过同一组药"),
        Parameter("after_days", 5, "天", 1, 15, "重置日起几天内（含当天）再次结算"),
        Parameter("least_drugs", 2, "种", 1, 10, "一组药至少几种，才说得上是同一组"),
        Parameter("least_persons", 5, "人", 3, 100, "至少几人"),
        Parameter("least_percent", 20, "%", 5, 100, "占这几天结算过一组药的人的百分之几"),
    ),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第十九条、第三十八条", since=date(2021, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
