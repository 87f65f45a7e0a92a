"""What registered buyers bought: lines by person, and the spans of time that end with a purchase.

A return counts off what was bought: a purchase given back the same day at the same shop was none, and
packs given back later on the day of a purchase count off the span that ended with it.
"""

from __future__ import annotations

import ibis.expr.types as ir

from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, unreturned
from yaotong.rules.shapes import inside

SPECIAL = ("EPH", "OPI_CMP", "PSY2")  # the categories of which each buyer is to be registered


def registered(facts: Facts, window: Window, days: int, *categories: str, on_paper: bool = True) -> ir.Table:
    """Lines of the categories with a registered buyer, from some days before the window, with their `day`.

    Without `on_paper`, lines sold on a prescription are left out.
    """
    lines = facts.sales_of(*categories)
    known = lines.filter(lines.buyer_key.notnull(), inside(lines, window.widened(days)))
    if not on_paper:
        known = known.filter(known.prescription_no.isnull())
    dated = known.mutate(day=known.sold_at.date())
    return unreturned(dated, "buyer_key", "pharmacy_id", "drug_code", "day").drop("net_packs")


def spanned(lines: ir.Table, window: Window, seconds: int, *by: str) -> ir.Table:
    """Each purchase in the window with the lines of the span that ends with it, alike in the columns `by`.

    Adds at, at_line and at_shop of the purchase and `age_s`, the seconds from each line to it: under
    `seconds`, and negative for what was given back later that day.
    """
    bought = lines.filter(inside(lines, window), lines.quantity > 0)
    at = bought.select(*by, at="sold_at", at_line="line_id", at_shop="pharmacy_id")
    pairs = at.join(lines, list(by))
    pairs = pairs.mutate(age_s=seconds_between(pairs.sold_at, pairs["at"]))
    returned = (pairs.age_s < 0) & (pairs.quantity < 0) & (pairs["at"].date() == pairs.day)
    return pairs.filter(((pairs.age_s >= 0) & (pairs.age_s < seconds)) | returned)
