"""R-P06 特药失窃丢失: packs of a special drug are gone or reported so, or an inspection found stock wrong."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.balance import balance_findings, balanced, between_counts, under, watched
from yaotong.rules.linked import NOTHING, shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import bears, number_of

LOSSES = ("EPH", "PSY2", "OPI_CMP")
REPORTED = ("stolen", "lost")


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with a large gap of a special drug, a reported loss, or stock found wrong."""
    return ibis.union(
        _missing(facts, window, values), _reported(facts, window), _disagreeing(facts, window, values)
    )


def _missing(facts: Facts, window: Window, values: Values) -> ir.Table:
    most_days = int(values["most_days"])
    spans = between_counts(facts, window, most_days)
    special = spans.semi_join(under(facts, window, *LOSSES), "span")
    special = watched(facts, window, special, most_days, int(values["known_days"]))
    special = balanced(facts, window, special, most_days).mutate(day=lambda one: one.closed_at.date())
    whole = special.lot == ""
    lost = special.group_by("pharmacy_id", "drug_code", "day").agg(
        wholes=whole.cast("int64").sum(),
        whole_gap=whole.ifelse(special.gap, 0.0).sum(),
        lots_gap=whole.ifelse(0.0, special.gap).sum(),
    )
    # A count of the whole drug speaks for its lots; else what one lot lacks another may have too much of.
    lost = lost.mutate(lost=(lost.wholes > 0).ifelse(lost.whole_gap, lost.lots_gap).round(6))
    high = lost.filter(lost.lost >= float(values["packs"]) - NOTHING)
    told = special.join(
        high.select("pharmacy_id", "drug_code", "day", "lost"), ["pharmacy_id", "drug_code", "day"]
    )
    told = (
        told.drop("gap")
        .rename(gap="lost")
        .mutate(threshold=ibis.literal(float(values["packs"])), level=ibis.literal(str(Level.RED)))
    )
    return balance_findings(facts, window, told.mutate(clause=ibis.literal("missing")), most_days)


def _reported(facts: Facts, window: Window) -> ir.Table:
    """Packs of special drugs that a shop itself reports as stolen or lost."""
    moves, drugs = facts.stock_moves, facts.drugs
    gone = moves.filter(
        moves.kind.isin(REPORTED), moves.moved_at >= window.start, moves.moved_at < window.end
    )
    day = gone.moved_at.date()
    special = drugs.filter(bears(drugs.categories, *LOSSES))
    same = [gone.drug_code == special.drug_code, day >= special.valid_from, day <= special.valid_to]
    rows = gone.semi_join(special, same)
    rows = rows.mutate(
        day=rows.moved_at.date(),
        at=rows.moved_at,
        measure=rows.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.RED)),
    )
    return shop_findings(facts, rows, clause="reported")


def _disagreeing(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Inspections whose stock did not agree, of shops that handled special drugs not long before."""
    seen = facts.inspections
    wrong = seen.filter(~seen.stock_agrees, seen.inspected_at >= window.start, seen.inspected_at < window.end)
    wrong = wrong.mutate(day=wrong.inspected_at.date())
    wrong = wrong.mutate(number=number_of(wrong.day))
    handled = _handled(facts, window, int(values["known_days"]))
    near = wrong.select("line_id", "pharmacy_id", "number").join(handled, "pharmacy_id")
    apart = near.number - near.handled_on
    near = near.filter(apart >= 0, apart <= int(values["known_days"]))
    rows = wrong.semi_join(near, "line_id")
    rows = rows.mutate(
        at=rows.inspected_at,
        measure=ibis.literal(1.0),
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return shop_findings(facts, rows, clause="disagrees")


def _handled(facts: Facts, window: Window, days: int) -> ir.Table:
    """pharmacy_id and handled_on: the days a shop sold or received special drugs."""
    since, sold, bought = window.widened(days).start, facts.sales_of(*LOSSES), facts.purchases
    drugs = facts.drugs
    special = drugs.filter(bears(drugs.categories, *LOSSES))
    day = bought.received_at.date()
    bought = bought.filter(bought.received_at >= since, bought.received_at < window.end)
    bought = bought.semi_join(
        special,
        [bought.drug_code == special.drug_code, day >= special.valid_from, day <= special.valid_to],
    )
    sold = sold.filter(sold.sold_at >= since, sold.sold_at < window.end)
    return ibis.union(
        sold.select("pharmacy_id", handled_on=number_of(sold.sold_at.date())),
        bought.select("pharmacy_id", handled_on=number_of(bought.received_at.date())),
        distinct=True,
    )


RULE = Rule(
    rule_id="R-P06",
    name_zh="特药失窃丢失",
    name_en="Special drugs lost or stolen",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=184,
    cooldown_days=30,
    feeds=("stock_counts", "stock_moves", "inspections", "sales", "purchases", "drugs", "pharmacies"),
    clauses={
        "missing": Clause(
            "盘点比账面少了 {measure} 盒同一种特殊药品，达到 {threshold} 盒即提示",
            "{measure} packs of one special drug fewer on the shelf than by the books, told from {threshold}",
            "盒",
        ),
        "reported": Clause(
            "药店报失特殊药品 {measure} 盒",
            "{measure} packs of special drugs reported stolen or lost",
            "盒",
        ),
        "disagrees": Clause(
            "经营特殊药品的药店在 {measure} 次检查中账实不符",
            "stock did not agree in {measure} inspections of a shop that handles special drugs",
            "次",
        ),
    },
    parameters=(
        Parameter("packs", 10, "盒", 1, 200, "一种药少多少盒即提示"),
        Parameter("most_days", 31, "天", 7, 92, "两次盘点最多相隔几天"),
        Parameter("known_days", 92, "天", 7, 184, "此前几天内有过购进、经手过特殊药品，才判断"),
    ),
    basis=(
        Basis("禁毒法", "第二十三条", since=date(2008, 6, 1), verify=True),
        Basis("麻醉药品和精神药品管理条例", verify=True),
    ),
    find=find,
    assists=(Assist("msa"), Assist("hc")),
    apart="pharmacy",
)
