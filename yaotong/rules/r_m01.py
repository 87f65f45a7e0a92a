"""R-M01 含麻黄碱复方单次超量: one receipt, or one buyer at one shop within 30 minutes, over the limit."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import MINUTE_S, inside, located, packs_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and Beijing days on which a visit's packs, returns netted, exceeded the limit."""
    pairs = _visits(facts, window, int(values["visit_minutes"]) * MINUTE_S)
    visits = pairs.group_by("at_line").agg(
        packs=packs_of(pairs.quantity), most=pairs.at_limit.max(), at_positive=pairs.at_quantity.max()
    )
    # The catalogue may be stricter than the law, never laxer.
    limit = ibis.least(visits.most, float(values["limit_packs"]))
    over = visits.filter((visits.packs > limit) & (visits.at_positive > 0)).mutate(threshold=limit)
    rows = pairs.join(over.select("at_line", "packs", "threshold"), "at_line")
    found = rows.group_by(subject=rows.pharmacy_id, behaviour_day=rows.at.date()).agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.sold_at.max(),
        measure=rows.packs.max(),
        threshold=rows.threshold.min(),
        line_ids=rows.line_id.collect(),
    )
    placed = found.left_join(located(facts), found.subject == located(facts).pharmacy_id)
    return placed.mutate(
        clause=ibis.literal("visit"),
        level=ibis.literal(str(Level.ORANGE)),
        pharmacy_ids=ibis.array([placed.subject]),
    ).select(*FINDING_COLUMNS)


def _visits(facts: Facts, window: Window, seconds: int) -> ir.Table:
    """Each line in the window with the lines of the same visit: up to `seconds` before it, and
    returns up to `seconds` after it. A line without a registered buyer is a visit of its own."""
    eph = facts.sales_of("EPH")
    # A return after midnight still belongs to a visit of the window's last day.
    eph = eph.filter(
        eph.prescription_no.isnull(),
        eph.sold_at >= window.widened(1).start,
        eph.sold_at <= window.end + timedelta(seconds=seconds),
    )
    at = eph.filter(inside(eph, window)).select(
        at_line="line_id",
        at="sold_at",
        at_shop="pharmacy_id",
        at_buyer="buyer_key",
        at_quantity="quantity",
        at_limit="limit_per_sale",
    )
    known = at.join(eph, [at.at_shop == eph.pharmacy_id, at.at_buyer == eph.buyer_key])
    apart = known.at.epoch_seconds() - known.sold_at.epoch_seconds()
    returned = (known.quantity < 0) & (apart < 0) & (apart >= -seconds)
    known = known.filter(((apart >= 0) & (apart <= seconds)) | returned)
    alone = at.join(eph, at.at_line == eph.line_id)
    return known.union(alone.filter(alone.at_buyer.isnull()))


RULE = Rule(
    rule_id="R-M01",
    name_zh="含麻黄碱复方单次超量",
    name_en="Ephedrine compounds over the per-sale limit",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=1,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "visit": Clause(
            "非处方一次售出含麻黄碱类复方制剂 {measure} 盒，限 {threshold} 盒",
            "{measure} packs of ephedrine compounds in one visit without a prescription, limit {threshold}",
            "盒",
            Adds("packs", each=("buyer_key",), within="visit_minutes"),
        )
    },
    parameters=(
        Parameter(
            "limit_packs",
            2,
            "盒",
            2,
            2,
            "一次销售的最小包装数上限；目录给出更严限值时从其规定",
            statutory=True,
        ),
        Parameter("visit_minutes", 30, "分钟", 5, 120, "同店同一购药人相隔多久之内算作一次"),
    ),
    basis=(
        Basis(
            "食药监办药化监〔2012〕260号",
            "一次销售不得超过 2 个最小包装",
            since=date(2012, 9, 4),
            verify=True,
        ),
    ),
    find=find,
    assists=(Assist("psb", min_measure=5),),
)
