"""The balance of a shelf: two counts, and what was bought and sold between them.

What a shop does not send is unknown, and so is a count of one lot beside lines that name none.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from yaotong.facts import Facts, Window
from yaotong.rules.linked import seconds_between, shop_findings
from yaotong.rules.shapes import DAY_S, number_of, packs_of, spread

_BUCKET_DAYS = 8


def balances(
    facts: Facts, window: Window, most_days: int, known_days: int, drugs: ir.Table | None = None
) -> tuple[ir.Table, ir.Table]:
    """Spans that close within the window, of the codes of `drugs` alone where given, and the sales of each.

    A span has pharmacy_id, drug_code, lot ("" where the count names none), span (the closing line's id),
    opened_at, closed_at, opening_line, out and into (packs) and gap: packs missing, negative where
    there are too many.
    """
    # No span opened before.
    start = window.start - timedelta(days=most_days)
    sales = facts.sales.filter(facts.sales.sold_at >= start, facts.sales.sold_at < window.end)
    counts = facts.stock_counts
    counts = counts if drugs is None else counts.semi_join(drugs, "drug_code")
    # No two are alike: said so that an engine keeps them, and does not work them out for each use.
    spans = _watched(facts, sales, _spans(counts, window, most_days), known_days).distinct()
    sold = _moved(spans, sales if drugs is None else sales.semi_join(drugs, "drug_code"), "sold_at")
    into = _summed(_moved(spans, facts.purchases, "received_at"), "bought")
    out = _summed(sold, "sold")
    both = spans.left_join(out, "span").drop("span_right").left_join(into, "span").drop("span_right")
    known = both.filter(~both.sold_unknown.fill_null(False), ~both.bought_unknown.fill_null(False))
    known = known.mutate(out=known.sold.fill_null(0.0), into=known.bought.fill_null(0.0))
    gap = (known.opening + known.into - known.out - known.closing).round(6)
    return known.mutate(gap=gap), sold


def under(facts: Facts, spans: ir.Table, *categories: str) -> ir.Table:
    """Spans of drugs that bore any of the categories on the day of the closing count."""
    drugs = facts.drugs
    strict = drugs.categories.contains(f"|{categories[0]}|")
    for category in categories[1:]:
        strict = strict | drugs.categories.contains(f"|{category}|")
    day = spans.closed_at.date()
    held = drugs.filter(strict)
    same = [spans.drug_code == held.drug_code, day >= held.valid_from, day <= held.valid_to]
    return spans.join(held, same).select("span").distinct()


def balance_findings(facts: Facts, judged: ir.Table, sold: ir.Table, clause: str) -> ir.Table:
    """Findings of spans: their evidence is both counts and the sales between."""
    rows = judged.mutate(day=judged.closed_at.date(), measure=judged.gap.abs())
    columns = ("pharmacy_id", "day", "measure", "threshold", "level", "at", "line_id")
    closing = rows.mutate(at=rows.closed_at, line_id=rows.span).select(*columns)
    opening = rows.mutate(at=rows.opened_at, line_id=rows.opening_line).select(*columns)
    moved = rows.join(sold.select("span", "line_id", at="moved_at"), "span").select(*columns)
    return shop_findings(facts, ibis.union(closing, opening, moved), clause=clause, measure="max")


def _spans(counts: ir.Table, window: Window, most_days: int) -> ir.Table:
    """Every closing count in the window with the opening count before it, of the same drug and lot."""
    known = counts.filter(counts.counted_at < window.end)
    keyed = known.mutate(lot=known.batch_no.fill_null(""))
    before = ibis.window(
        group_by=[keyed.pharmacy_id, keyed.drug_code, keyed.lot], order_by=[keyed.counted_at, keyed.line_id]
    )
    pairs = keyed.mutate(
        opened_at=keyed.counted_at.lag().over(before),
        opening=keyed.quantity.lag().over(before),
        opening_line=keyed.line_id.lag().over(before),
    )
    long = seconds_between(pairs.opened_at, pairs.counted_at)
    kept = pairs.filter(pairs.counted_at >= window.start, long <= most_days * DAY_S)
    return kept.select(
        "pharmacy_id", "drug_code", "lot", "opened_at", "opening", "opening_line",
        span="line_id", closed_at="counted_at", closing="quantity",
    )  # fmt: skip


def _watched(facts: Facts, sales: ir.Table, spans: ir.Table, known_days: int) -> ir.Table:
    """Spans of shops that sent sales since the opening count and purchases not long before the closing."""
    sold = sales.select("pharmacy_id", number=number_of(sales.sold_at.date())).distinct()
    bought = facts.purchases.select(
        "pharmacy_id", number=number_of(facts.purchases.received_at.date())
    ).distinct()
    opened, closed = number_of(spans.opened_at.date()), number_of(spans.closed_at.date())
    timed = spans.mutate(opened=opened, closed=closed)
    period = ["pharmacy_id", "opened", "closed"]
    periods = timed.select(*period).distinct()  # a shop counts many drugs at one time
    selling = periods.join(sold, "pharmacy_id")
    selling = selling.filter(selling.number >= selling.opened, selling.number <= selling.closed)
    buying = periods.join(bought, "pharmacy_id")
    apart = buying.closed - buying.number
    buying = buying.filter(apart >= 0, apart <= known_days)
    return timed.semi_join(selling, period).semi_join(buying, period).drop("opened", "closed")


def _moved(spans: ir.Table, lines: ir.Table, moment: str) -> ir.Table:
    """Lines of each span's drug, and of its lot or of none named, after the opening until the closing."""
    some = lines.select(
        "line_id", "pharmacy_id", "drug_code", "batch_no", "quantity",
        moved_at=moment, bucket=number_of(lines[moment].date()) // _BUCKET_DAYS,
    )  # fmt: skip
    opened, closed = (number_of(one.date()) // _BUCKET_DAYS for one in (spans.opened_at, spans.closed_at))
    pairs = spread(spans, opened, closed).join(some, ["pharmacy_id", "drug_code", "bucket"])
    during = (pairs.moved_at > pairs.opened_at) & (pairs.moved_at <= pairs.closed_at)
    mine = (pairs.lot == "") | pairs.batch_no.isnull() | (pairs.batch_no == pairs.lot)
    return pairs.filter(during, mine)


def _summed(moved: ir.Table, name: str) -> ir.Table:
    # A count of one lot cannot be held to lines that name none.
    nameless = (moved.lot != "") & moved.batch_no.isnull()
    return moved.group_by("span").agg(
        packs_of(moved.quantity).name(name), nameless.any().name(f"{name}_unknown")
    )
