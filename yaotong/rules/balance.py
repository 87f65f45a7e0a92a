"""The balance of a shelf: two counts, and what was bought, sold, moved and lost between them.

What a shop does not send is unknown, and so is a count of one lot beside lines that name none.
"""

from __future__ import annotations

from datetime import timedelta

import ibis
import ibis.expr.types as ir

from yaotong.facts import Facts, Window
from yaotong.rules.linked import clause_findings, seconds_between
from yaotong.rules.shapes import DAY_S, bears, number_of, packs_of, spread

_BUCKET_DAYS = 8


def between_counts(facts: Facts, window: Window, most_days: int) -> ir.Table:
    """Spans: every closing count in the window with the opening one before it, of the same drug and lot.

    Answers pharmacy_id, drug_code, lot ("" where the count names none), span (the closing line's id),
    opened_at, closed_at, opening_line, opening and closing (packs).
    """
    counts = facts.stock_counts.filter(facts.stock_counts.counted_at < window.end)
    keyed = counts.mutate(lot=counts.batch_no.fill_null(""))
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


def balanced(facts: Facts, window: Window, spans: ir.Table, most_days: int) -> ir.Table:
    """Spans of which the movements are known, with out (sold), into (bought, moved, less lost) and `gap`.

    The gap is of packs missing, negative where there are too many. Whether the shop sends what it buys
    and sells is asked by `watched`; a transfer or a loss that no shop sent is not known of.
    """
    sold, bought, moves = _sold(facts, window, most_days), facts.purchases, facts.stock_moves
    came_in = (moves.kind == "transfer_in").ifelse(moves.quantity, -moves.quantity)
    nothing = ibis.literal(0.0)
    lines = ibis.union(
        _lines(sold, "sold_at", sold=sold.quantity, came=nothing),
        _lines(bought, "received_at", sold=nothing, came=bought.quantity),
        _lines(moves, "moved_at", sold=nothing, came=came_in),
    )
    moved = _moved(spans.select("span", "pharmacy_id", "drug_code", "lot", "opened_at", "closed_at"), lines)
    # A count of one lot cannot be held to lines that name none.
    nameless = (moved.lot != "") & moved.batch_no.isnull()
    sums = moved.group_by("span").agg(
        out=packs_of(moved.sold), into=packs_of(moved.came), unknown=nameless.any()
    )
    both = spans.left_join(sums, "span").drop("span_right")
    known = both.filter(~both.unknown.fill_null(False)).drop("unknown")
    known = known.mutate(out=known.out.fill_null(0.0), into=known.into.fill_null(0.0))
    return known.mutate(gap=(known.opening + known.into - known.out - known.closing).round(6))


def watched(facts: Facts, window: Window, spans: ir.Table, most_days: int, known_days: int) -> ir.Table:
    """Spans of shops that sent sales since the opening count and purchases not long before the closing."""
    sales = _sold(facts, window, most_days)
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


def under(facts: Facts, window: Window, *categories: str) -> ir.Table:
    """`span`: closing counts in the window of drugs that bore any of the categories that day."""
    counts, drugs = facts.stock_counts, facts.drugs
    closing = counts.filter(counts.counted_at >= window.start, counts.counted_at < window.end)
    day = closing.counted_at.date()
    held = drugs.filter(bears(drugs.categories, *categories))
    same = [closing.drug_code == held.drug_code, day >= held.valid_from, day <= held.valid_to]
    return closing.join(held, same).select(span="line_id").distinct()


def balance_findings(facts: Facts, window: Window, judged: ir.Table, most_days: int) -> ir.Table:
    """Findings of spans that tell their clause: their evidence is both counts and the sales between."""
    rows = judged.mutate(day=judged.closed_at.date(), measure=judged.gap.abs())
    columns = ("pharmacy_id", "day", "measure", "threshold", "level", "clause", "at", "line_id")
    counts = rows.mutate(which=ibis.array([0, 1]).unnest())
    first = counts.which == 0
    counts = counts.mutate(
        at=first.ifelse(counts.opened_at, counts.closed_at),
        line_id=first.ifelse(counts.opening_line, counts.span),
    )
    sales = _sold(facts, window, most_days)
    sold = _moved(rows, _lines(sales, "sold_at", line_id=sales.line_id)).rename(at="moved_at")
    told = ibis.union(counts.select(*columns), sold.select(*columns))
    return clause_findings(facts, told, measure="max")


def _sold(facts: Facts, window: Window, most_days: int) -> ir.Table:
    """Sales since the earliest opening count that a span can have."""
    start = window.start - timedelta(days=most_days)
    return facts.sales.filter(facts.sales.sold_at >= start, facts.sales.sold_at < window.end)


def _lines(lines: ir.Table, moment: str, **told: ir.Value) -> ir.Table:
    """What places lines in a span, and what is told of them beside."""
    bucket = number_of(lines[moment].date()) // _BUCKET_DAYS
    return lines.select("pharmacy_id", "drug_code", "batch_no", moved_at=moment, bucket=bucket, **told)


def _moved(spans: ir.Table, lines: ir.Table) -> ir.Table:
    """Lines of each span's drug, and of its lot or of none named, after the opening until the closing."""
    opened, closed = (number_of(one.date()) // _BUCKET_DAYS for one in (spans.opened_at, spans.closed_at))
    pairs = spread(spans, opened, closed).join(lines, ["pharmacy_id", "drug_code", "bucket"])
    during = (pairs.moved_at > pairs.opened_at) & (pairs.moved_at <= pairs.closed_at)
    mine = (pairs.lot == "") | pairs.batch_no.isnull() | (pairs.batch_no == pairs.lot)
    return pairs.filter(during, mine)
