"""R-N01 追溯码重复销售: one pack's code sold again without having come back."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import MINUTE_S, latest, located


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Codes of which more than one pack was out at the moment of a sale inside the window."""
    lines = _histories(facts, window, int(values["rescan_minutes"]) * MINUTE_S)
    again = lines.filter(
        lines.sold_at >= window.start,
        lines.counted > 0,
        lines.out > 1.0 + 1e-9,
        lines.sales_so_far >= 2,
    )
    hits = again.group_by(subject=again.trace_code, behaviour_day=again.sold_at.date()).agg(
        until=again.sold_at.max(), measure=again.sales_so_far.max().cast("float64")
    )
    rows = hits.join(lines, hits.subject == lines.trace_code)
    rows = rows.filter(rows.sold_at <= rows.until)
    rows = rows.left_join(located(facts), "pharmacy_id")
    found = rows.group_by("subject", "behaviour_day").agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.until.max(),
        measure=rows.measure.max(),
        pharmacy_ids=rows.pharmacy_id.collect(),
        area_code=rows.area_code.argmax(latest(rows.sold_at, rows.line_id)),
        line_ids=rows.line_id.collect(),
    )
    return found.mutate(
        clause=ibis.literal("again"),
        threshold=ibis.literal(2.0),
        level=ibis.literal(str(Level.RED)),
    ).select(*FINDING_COLUMNS)


def _histories(facts: Facts, window: Window, rescan_s: int) -> ir.Table:
    """Lines of codes that occur more than once, each with what was out after it.

    A scan of the same code at the same shop for the same buyer within `rescan_s` is the same sale.
    """
    sales = facts.sharing("sales", "trace_code", window.start)
    coded = sales.filter(sales.trace_code.notnull(), sales.sold_at < window.end)
    counts = coded.group_by("trace_code").agg(lines=coded.count())
    several = coded.semi_join(counts.filter(counts.lines > 1), "trace_code")
    ordered = ibis.window(group_by=several.trace_code, order_by=[several.sold_at, several.line_id])
    apart = several.sold_at.epoch_seconds() - several.sold_at.lag().over(ordered).epoch_seconds()
    same = (
        (several.pharmacy_id.lag().over(ordered) == several.pharmacy_id)
        & (several.buyer_key.fill_null("").lag().over(ordered) == several.buyer_key.fill_null(""))
        & (several.quantity.lag().over(ordered) == several.quantity)
    )
    rescan = ((apart <= rescan_s) & same & (several.quantity > 0)).fill_null(False)
    counted = several.mutate(counted=rescan.ifelse(0.0, several.quantity))
    so_far = ibis.cumulative_window(group_by=counted.trace_code, order_by=[counted.sold_at, counted.line_id])
    return counted.mutate(
        out=counted.counted.sum().over(so_far),
        sales_so_far=(counted.counted > 0).cast("int64").sum().over(so_far),
    )


RULE = Rule(
    rule_id="R-N01",
    name_zh="追溯码重复销售",
    name_en="A trace code sold twice",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.TRACE_CODE,
    lookback_days=3650,
    cooldown_days=30,
    apart="trace_code",
    feeds=("sales", "pharmacies"),
    clauses={
        "again": Clause(
            "同一追溯码未经退货售出 {measure} 次（一码应只售一次）",
            "the same trace code was sold {measure} times without a return between",
            "次",
            Adds("sales"),
        )
    },
    parameters=(Parameter("rescan_minutes", 5, "分钟", 0, 30, "同店同一购药人多久之内的再次扫码视为同一笔"),),
    basis=(
        Basis("医保发〔2025〕7号", "追溯码采集应用", since=date(2025, 3, 19), verify=True),
        Basis("药品管理法", "第十二条、第三十六条", since=date(2019, 12, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"), Assist("psb")),
)
