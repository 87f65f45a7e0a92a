"""How long what a person was paid for lasts: settlements held to the prescriptions they were sold on."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, prescribed, standing
from yaotong.rules.shapes import of_now


def supplies(facts: Facts, window: Window) -> ir.Table:
    """Settlements before a window's end with the days of treatment they supply, by the prescription they
    were sold on: at the least those of persons for whom something was settled inside the window.

    A settlement has no prescription of its own: the sale of its number names one, and the prescription says
    for how many days how many packs are. One whose chain is broken anywhere, or was made on a
    later day, is left out: unknown, not zero.
    Columns: line_id, person_key, pharmacy_id, drug_code, settled_at, day, days (float, supplied) and
    course_days (the prescription's own).
    """
    settled, sales = facts.sharing("settlements", "buyer", window.start), facts.sales
    linked = sales.filter(sales.settlement_id.notnull(), sales.prescription_no.notnull(), sales.quantity > 0)
    before = settled.filter(settled.settled_at < window.end)
    paid = standing(of_now(before, "settled_at", ["person_key"], window))
    # Of these settlements only: the chains of all that was ever sold would be by far more.
    papers = prescribed(facts, linked.semi_join(paid, ["pharmacy_id", "settlement_id"]))
    papers = papers.filter(papers.treated_days.notnull(), papers.prescribed > NOTHING)
    chains = papers.select(
        "pharmacy_id", "settlement_id", "drug_code", "treated_days",
        per_pack=papers.treated_days / papers.prescribed,
        known_on=ibis.greatest(papers.sold_at.date(), papers.issued_at.date()),
    )  # fmt: skip
    known = paid.join(chains, ["pharmacy_id", "settlement_id", "drug_code"])
    known = known.filter(known.known_on <= known.day)
    told = known.group_by(
        "line_id", "person_key", "pharmacy_id", "drug_code", "settled_at", "day", "quantity"
    ).agg(per_pack=known.per_pack.max(), course_days=known.treated_days.max())
    return told.mutate(days=(told.quantity * told.per_pack).round(6)).drop("quantity", "per_pack")
