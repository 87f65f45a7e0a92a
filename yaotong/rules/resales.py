"""Packs that were paid for one person and are sold again elsewhere, told by their trace codes."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.types as ir

from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, standing
from yaotong.rules.shapes import DAY_S


def resold(facts: Facts, sold: ir.Table, window: Window, least_days: int, *, since: datetime) -> ir.Table:
    """Sales of codes that were settled for somebody else at another shop, and did not come back between.

    `sold`: sales lines with a code, sold from `since` on. Adds person_key, first_at, first_shop and
    first_line of each settlement.
    """
    every, coded = facts.settlements, facts.sharing("settlements", "trace_code", since)
    settled, mine = (
        some.filter(some.trace_code.notnull(), some.settled_at < window.end) for some in (every, coded)
    )
    paid = mine.filter(mine.person_key.notnull(), mine.quantity > 0)
    first = paid.select(
        "trace_code", "person_key", settled_drug="drug_code",
        first_at="settled_at", first_shop="pharmacy_id", first_line="line_id",
    )  # fmt: skip
    pairs = sold.join(first, "trace_code")
    age = seconds_between(pairs.first_at, pairs.sold_at)
    other = pairs.buyer_key.isnull() | (pairs.buyer_key != pairs.person_key)
    pairs = pairs.filter(age >= least_days * DAY_S, pairs.pharmacy_id != pairs.first_shop, other)
    # Whether a settlement stood is dear to ask: only of persons who bought such a drug at such a shop.
    asked = pairs.select("person_key", pharmacy_id="first_shop", drug_code="settled_drug").distinct()
    stood = standing(settled.semi_join(asked, ["person_key", "pharmacy_id", "drug_code"]))
    pairs = pairs.semi_join(stood.select(first_line="line_id"), "first_line").drop("settled_drug")
    return pairs.anti_join(_came_back(facts, pairs, mine, since), ["line_id", "first_line"])


def _came_back(facts: Facts, pairs: ir.Table, settled: ir.Table, since: datetime) -> ir.Table:
    """Pairs between whose two moments the code was returned or its settlement withdrawn, at any shop."""
    sales = facts.sharing("sales", "trace_code", since)
    sales = sales.filter(sales.quantity < 0, sales.trace_code.notnull())
    withdrawn = settled.filter(settled.quantity < 0)
    backs = ibis.union(
        sales.select("trace_code", back_at="sold_at"), withdrawn.select("trace_code", back_at="settled_at")
    )
    met = pairs.select("line_id", "first_line", "trace_code", "first_at", "sold_at").join(backs, "trace_code")
    between = met.filter(met.back_at >= met.first_at, met.back_at <= met.sold_at)
    return between.select("line_id", "first_line").distinct()
