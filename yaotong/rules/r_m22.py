"""R-M22 模板化销售: special drugs sold month-long in equal packs at equal distances, as if made up."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import SPECIAL_CATEGORIES, Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of
from yaotong.rules.weeks import WEEK_DAYS, day_of, sold_between, sunday_of

SPAN_DAYS = 30
_SPANS = SPAN_DAYS // WEEK_DAYS + 1


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and Sundays up to which thirty days of special drugs look like a template."""
    lines = _lines(facts, window)
    moments = _moments(lines, _steady(lines, values))
    return ibis.union(
        _findings(facts, moments, _same(moments, values), "same", Level.YELLOW, values),
        _findings(facts, moments, _uniform(moments, values), "uniform", Level.BLUE, values),
    )


def _lines(facts: Facts, window: Window) -> ir.Table:
    """Lines of special drugs that were not returned that day."""
    sold = sold_between(facts.sales_of(*SPECIAL_CATEGORIES), window, SPAN_DAYS - 1)
    kept = unreturned(sold.mutate(day=sold.sold_at.date()), "pharmacy_id", "day", "drug_code")
    lines = kept.filter(kept.quantity > 0)
    return lines.select(
        "line_id", "pharmacy_id", "drug_code", "quantity", "unit_price_fen",
        at="sold_at", second=lines.sold_at.epoch_seconds(), number=number_of(lines.day),
    )  # fmt: skip


def _spans(rows: ir.Table) -> ir.Table:
    """Rows of a day, told by `number`, once for each Sunday within 30 days of them."""
    weeks = rows.mutate(week=ibis.array(list(range(_SPANS))).unnest())
    spans = weeks.mutate(sunday=sunday_of(weeks.number) + WEEK_DAYS * weeks.week)
    return spans.filter(spans.sunday - spans.number < SPAN_DAYS).drop("week")


def _steady(lines: ir.Table, values: Values) -> ir.Table:
    """Spans with enough lines, whose distances in time hardly differ.

    Distances within a day are squared once, and those from day to day within each span.
    """
    ordered = ibis.window(group_by=[lines.pharmacy_id, lines.number], order_by=lines.second)
    gaps = lines.mutate(gap=(lines.second - lines.second.lag().over(ordered)).cast("float64"))
    daily = gaps.group_by("pharmacy_id", "number").agg(
        lines=gaps.count(),
        squares=(gaps.gap * gaps.gap).sum(),
        first=gaps.second.min(),
        last=gaps.second.max(),
    )
    days = _spans(daily)
    by_day = ibis.window(group_by=[days.pharmacy_id, days.sunday], order_by=days.number)
    days = days.mutate(gap=(days["first"] - days["last"].lag().over(by_day)).cast("float64"))
    spans = days.group_by("pharmacy_id", "sunday").agg(
        lines=days.lines.sum(),
        total=(days["last"].max() - days["first"].min()).cast("float64"),
        squares=days.squares.fill_null(0.0).sum() + (days.gap * days.gap).fill_null(0.0).sum(),
    )
    spans = spans.filter(spans.lines >= int(values["least_lines"]), spans.total > 0)
    spread = (spans.lines - 1) * spans.squares - spans.total * spans.total
    spans = spans.mutate(cv=(ibis.greatest(spread, 0.0).sqrt() / spans.total).round(6))
    return spans.filter(spans.cv < float(values["most_cv"])).select("pharmacy_id", "sunday")


def _moments(lines: ir.Table, steady: ir.Table) -> ir.Table:
    """Lines of steady spans, those alike of one moment together: which, and how many `times`."""
    rows = _spans(lines).semi_join(steady, ["pharmacy_id", "sunday"])
    return rows.group_by("pharmacy_id", "sunday", "drug_code", "quantity", "unit_price_fen", "at").agg(
        times=rows.count(), line_ids=rows.line_id.collect()
    )


def _same(moments: ir.Table, values: Values) -> ir.Table:
    """Spans nearly all of whose lines are of one drug, quantity and price; a line without a price is none."""
    priced = moments.filter(moments.unit_price_fen.notnull())
    alike = priced.group_by("pharmacy_id", "sunday", "drug_code", "quantity", "unit_price_fen").agg(
        times=priced.times.sum()
    )
    most = alike.group_by("pharmacy_id", "sunday").agg(most=alike.times.max())
    whole = moments.group_by("pharmacy_id", "sunday").agg(lines=moments.times.sum())
    both = whole.join(most, ["pharmacy_id", "sunday"])
    return both.filter(both.most * 100.0 > both.lines * float(values["same_percent"]))


def _uniform(moments: ir.Table, values: Values) -> ir.Table:
    """Spans whose quantities tell less than a third of a bit or so each."""
    whole = moments.group_by("pharmacy_id", "sunday").agg(lines=moments.times.sum())
    sizes = moments.group_by("pharmacy_id", "sunday", "quantity").agg(times=moments.times.sum())
    both = sizes.join(whole, ["pharmacy_id", "sunday"])
    share = both.times.cast("float64") / both.lines
    bits = (
        both.mutate(bits=-share * share.log2())
        .group_by("pharmacy_id", "sunday")
        .agg(bits=lambda one: one.bits.sum().round(6), lines=lambda one: one.lines.max())
    )
    return bits.filter(bits.bits < float(values["most_bits"]))


def _findings(
    facts: Facts, moments: ir.Table, spans: ir.Table, clause: str, level: Level, values: Values
) -> ir.Table:
    rows = moments.join(spans.select("pharmacy_id", "sunday", measure="lines"), ["pharmacy_id", "sunday"])
    rows = rows.mutate(
        day=day_of(rows.sunday),
        line_id=rows.line_ids.unnest(),
        threshold=ibis.literal(float(values["least_lines"])),
        level=ibis.literal(str(level)),
    )
    return shop_findings(facts, rows, clause=clause, measure="max")


RULE = Rule(
    rule_id="R-M22",
    name_zh="模板化销售",
    name_en="Sales made by a template",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=SPAN_DAYS,
    cooldown_days=28,
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "same": Clause(
            "30 天 {measure} 行特药间隔均匀，几乎都是同一种药、同一数量、同一单价（只用于排定检查次序）",
            "{measure} evenly spaced lines of special drugs in 30 days, nearly all of one quantity and price",
            "行",
        ),
        "uniform": Clause(
            "30 天 {measure} 行特药间隔均匀，数量几乎没有变化（只用于排定检查次序）",
            "{measure} evenly spaced lines of special drugs in 30 days, nearly all of one quantity",
            "行",
        ),
    },
    parameters=(
        Parameter("least_lines", 30, "行", 15, 500, "30 天里至少几行特药才看"),
        Parameter("most_cv", 0.2, "倍", 0.01, 0.5, "相邻两行间隔的变异系数低于多少算均匀"),
        Parameter("same_percent", 95, "%", 80, 100, "同一种药、同一数量、同一单价的行超过百分之几"),
        Parameter("most_bits", 0.3, "比特", 0.05, 1, "数量的熵低于多少算没有变化"),
    ),
    basis=(Basis("药品管理法", "第五十七条（真实、完整的购销记录）", since=date(2019, 12, 1), verify=True),),
    find=find,
)
