"""R-M17 进销存不平衡: what two counts of the shelf differ by is not what was bought and sold between."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import SPECIAL_CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING, seconds_between, shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, number_of, packs_of, spread

_BUCKET_DAYS = 8


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days whose closing count does not follow from the opening one."""
    spans = _spans(facts, window, int(values["most_days"]))
    # No span opened before.
    start = window.start - timedelta(days=int(values["most_days"]))
    sales = facts.sales.filter(facts.sales.sold_at >= start, facts.sales.sold_at < window.end)
    spans = _watched(facts, sales, spans, int(values["known_days"]))
    sold = _moved(spans, sales, "sold_at")
    bought = _moved(spans, facts.purchases, "received_at")
    judged = _judged(facts, spans, _summed(sold, "sold"), _summed(bought, "bought"), values)
    return ibis.union(
        _told(facts, judged.filter(judged.gap > 0), sold, "missing"),
        _told(facts, judged.filter(judged.gap < 0), sold, "surplus"),
    )


def _spans(facts: Facts, window: Window, most_days: int) -> ir.Table:
    """Every closing count in the window with the opening count before it, of the same drug and lot."""
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


def _judged(facts: Facts, spans: ir.Table, sold: ir.Table, bought: ir.Table, values: Values) -> ir.Table:
    """Spans beyond their slack, with the gap in packs: positive where packs are missing."""
    both = spans.left_join(sold, "span").drop("span_right").left_join(bought, "span").drop("span_right")
    known = both.filter(~both.sold_unknown.fill_null(False), ~both.bought_unknown.fill_null(False))
    known = known.mutate(out=known.sold.fill_null(0.0), into=known.bought.fill_null(0.0))
    common = known.anti_join(_special(facts, known), "span")
    special = known.semi_join(_special(facts, known), "span")
    levelled = ibis.union(
        common.mutate(
            level=ibis.literal(str(Level.ORANGE)),
            threshold=ibis.greatest(
                float(values["slack_packs"]), common.out * (values["slack_percent"] / 100)
            ),
        ),
        special.mutate(level=ibis.literal(str(Level.RED)), threshold=ibis.literal(0.0)),
    )
    gaps = levelled.mutate(gap=(levelled.opening + levelled.into - levelled.out - levelled.closing).round(6))
    return gaps.filter(gaps.gap.abs() > gaps.threshold + NOTHING)


def _special(facts: Facts, spans: ir.Table) -> ir.Table:
    """Spans of drugs that were under a stricter regime on the day of the closing count."""
    drugs = facts.drugs
    strict = drugs.categories.contains(f"|{SPECIAL_CATEGORIES[0]}|")
    for category in SPECIAL_CATEGORIES[1:]:
        strict = strict | drugs.categories.contains(f"|{category}|")
    day = spans.closed_at.date()
    held = drugs.filter(strict)
    same = [spans.drug_code == held.drug_code, day >= held.valid_from, day <= held.valid_to]
    return spans.join(held, same).select("span").distinct()


def _told(facts: Facts, judged: ir.Table, sold: ir.Table, clause: str) -> ir.Table:
    """Findings of spans: their evidence is both counts and the sales between."""
    rows = judged.mutate(day=judged.closed_at.date(), measure=judged.gap.abs())
    columns = ("pharmacy_id", "day", "measure", "threshold", "level", "at", "line_id")
    closing = rows.mutate(at=rows.closed_at, line_id=rows.span).select(*columns)
    opening = rows.mutate(at=rows.opened_at, line_id=rows.opening_line).select(*columns)
    moved = rows.join(sold.select("span", "line_id", at="moved_at"), "span").select(*columns)
    return shop_findings(facts, ibis.union(closing, opening, moved), clause=clause, measure="max")


RULE = Rule(
    rule_id="R-M17",
    name_zh="进销存不平衡",
    name_en="Stock that does not balance",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=184,
    cooldown_days=30,
    feeds=("sales", "purchases", "stock_counts", "drugs", "pharmacies"),
    clauses={
        "missing": Clause(
            "盘点比账面少 {measure} 盒，容许 {threshold} 盒",
            "{measure} packs fewer on the shelf than by the books, {threshold} allowed",
            "盒",
        ),
        "surplus": Clause(
            "盘点比账面多 {measure} 盒，容许 {threshold} 盒",
            "{measure} packs more on the shelf than by the books, {threshold} allowed",
            "盒",
        ),
    },
    parameters=(
        Parameter("slack_packs", 2, "盒", 0, 20, "普通药品容许的差额"),
        Parameter("slack_percent", 2, "%", 0, 10, "普通药品容许的差额占期间售出的比例，与盒数取较大的一个"),
        Parameter("most_days", 31, "天", 7, 92, "两次盘点最多相隔几天"),
        Parameter("known_days", 92, "天", 7, 184, "药店在期末盘点前几天内有过购进，才知道它在送购进明细"),
    ),
    basis=(Basis("药品管理法", "第五十七条、第一百三十条", since=date(2019, 12, 1), verify=True),),
    find=find,
    assists=(Assist("psb", at_least=Level.RED, min_measure=10),),
)
