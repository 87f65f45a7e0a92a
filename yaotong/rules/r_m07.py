"""R-M07 超经营范围: drugs that no retail shop may sell, or that a shop's licence does not name."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Rule, Values
from yaotong.rules.shapes import bears, inside

_NEVER = ("NARC", "PSY1", "PRECURSOR", "ABORT", "ANABOLIC", "VACCINE", "RADIO")
_CLASSES = ("RX", "OTC", "OTC_A", "OTC_B")
# A category that a licence must name, and the words of a scope that grant it.
_GRANTED = {
    "PSY2": ("PSY2",),
    "TOXIC": ("TOXIC",),
    "BLOOD": ("BLOOD",),
    "COLD": ("COLD", "BLOOD", "PEPTIDE"),
}


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold, returns netted, what none may sell or what is not in their scope."""
    lines = facts.sales_of(*_NEVER, "PEPTIDE", *_GRANTED, "RX", "OTC_A")
    lines = lines.filter(inside(lines, window))
    lines = lines.left_join(facts.pharmacies.select("pharmacy_id", "scope"), "pharmacy_id")
    never = _never(lines)
    beyond = ~never & lines.scope.notnull() & _ungranted(lines)
    return ibis.union(
        _found(facts, lines.filter(never), "never"), _found(facts, lines.filter(beyond), "scope")
    )


def _found(facts: Facts, lines: ir.Table, clause: str) -> ir.Table:
    kept = unreturned(lines.mutate(day=lines.sold_at.date()), "pharmacy_id", "day", "drug_code")
    rows = kept.mutate(
        at=kept.sold_at,
        measure=kept.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause=clause)


def _never(lines: ir.Table) -> ir.BooleanValue:
    """What no shop may sell; insulin is no such hormone, and poppy husk has shops approved for it."""
    scope = lines.scope.fill_null("")
    husk = lines.drug_name.fill_null("").contains("罂粟壳") & bears(scope, "NARC")
    insulin = lines.drug_name.fill_null("").contains("胰岛素")
    others = tuple(one for one in _NEVER if one != "NARC")
    return (
        bears(lines.categories, *others)
        | (bears(lines.categories, "NARC") & ~husk)
        | (bears(lines.categories, "PEPTIDE") & ~insulin)
    )


def _ungranted(lines: ir.Table) -> ir.BooleanValue:
    """What a known scope does not grant; a scope without a word of classes says nothing of classes."""
    scope, categories = lines.scope, lines.categories
    special = [bears(categories, name) & ~bears(scope, *words) for name, words in _GRANTED.items()]
    prescription = bears(categories, "RX") & bears(scope, *_CLASSES) & ~bears(scope, "RX")
    class_a = bears(categories, "OTC_A") & bears(scope, "OTC_B") & ~bears(scope, "OTC_A", "OTC", "RX")
    return reduce(or_, (*special, prescription, class_a))


RULE = Rule(
    rule_id="R-M07",
    name_zh="超经营范围",
    name_en="Sold beyond the licence's scope",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=0,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "never": Clause(
            "售出零售药店不得经营的药品 {measure} 盒",
            "{measure} packs sold of drugs that no retail pharmacy may sell",
            "盒",
        ),
        "scope": Clause(
            "售出经营范围以外的药品 {measure} 盒",
            "{measure} packs sold of drugs outside the licence's scope",
            "盒",
        ),
    },
    parameters=(),
    basis=(
        Basis("药品管理法", "第五十一条、第一百一十五条", since=date(2019, 12, 1), verify=True),
        Basis("药品经营和使用质量监督管理办法", since=date(2024, 1, 1), verify=True),
        Basis("麻醉药品和精神药品管理条例", "第三十条、第三十一条", since=date(2005, 11, 1), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"),),
)
