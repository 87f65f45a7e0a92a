"""R-P01 跨店累购: one buyer gathers ephedrine compounds under each shop's limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, inside, latest, located, packs_of


@dataclass(frozen=True, slots=True)
class _Limb:
    """One limb: what is measured over how many rolling days."""

    clause: str
    column: str
    days: int


_LIMBS = (
    _Limb("packs_24h", "packs_1", 1),
    _Limb("shops_24h", "shops_1", 1),
    _Limb("packs_7d", "packs_7", 7),
    _Limb("packs_30d", "packs_30", 30),
    _Limb("mg_30d", "mg_30", 30),
)


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Buyers and Beijing days on which a rolling total, ending at a purchase, reached a limit."""
    pairs = _pairs(facts, window)
    totals = _totals(pairs)
    found = [_limb(limb, pairs, totals, float(values[limb.clause])) for limb in _LIMBS]
    return ibis.union(*found).select(*FINDING_COLUMNS)


def _pairs(facts: Facts, window: Window) -> ir.Table:
    """Each purchase in the window with the same buyer's lines of the 30 days that end with it."""
    eph = facts.sales_of("EPH")
    eph = eph.filter(eph.prescription_no.isnull(), eph.buyer_key.notnull(), inside(eph, window.widened(31)))
    eph = eph.left_join(located(facts), "pharmacy_id").select(
        "line_id", "pharmacy_id", "area_code", "sold_at", "buyer_key", "quantity", "active_mg_per_pack"
    )
    at = eph.filter(inside(eph, window), eph.quantity > 0)
    at = at.select(at_line="line_id", at="sold_at", at_area="area_code", buyer="buyer_key")
    both = at.join(eph, at.buyer == eph.buyer_key)
    both = both.mutate(age_s=both.at.epoch_seconds() - both.sold_at.epoch_seconds())
    return both.filter((both.age_s >= 0) & (both.age_s < 30 * DAY_S))


def _totals(pairs: ir.Table) -> ir.Table:
    """Rolling totals at each purchase; a shop counts when what it sold was not all returned."""
    day, week = pairs.age_s < DAY_S, pairs.age_s < 7 * DAY_S
    none = ibis.literal(0.0)
    by_shop = pairs.group_by("at_line", "pharmacy_id").agg(
        packs_1=packs_of(day.ifelse(pairs.quantity, none)),
        packs_7=packs_of(week.ifelse(pairs.quantity, none)),
        packs_30=packs_of(pairs.quantity),
        mg_30=packs_of(pairs.quantity * pairs.active_mg_per_pack.fill_null(0.0)),
    )
    return by_shop.group_by("at_line").agg(
        packs_1=packs_of(by_shop.packs_1),
        shops_1=(by_shop.packs_1 > 0).cast("float64").sum(),
        packs_7=packs_of(by_shop.packs_7),
        packs_30=packs_of(by_shop.packs_30),
        mg_30=packs_of(by_shop.mg_30),
    )


def _limb(limb: _Limb, pairs: ir.Table, totals: ir.Table, threshold: float) -> ir.Table:
    """The findings of one limb, with the lines its totals rest on."""
    over = totals.filter(totals[limb.column] >= threshold)
    rows = pairs.filter(pairs.age_s < limb.days * DAY_S)
    rows = rows.join(over.select("at_line", total=limb.column), "at_line")
    found = rows.group_by(subject=rows.buyer, behaviour_day=rows.at.date()).agg(
        behaviour_from=rows.sold_at.min(),
        behaviour_until=rows.at.max(),
        measure=rows.total.max(),
        pharmacy_ids=rows.pharmacy_id.collect(),
        area_code=rows.at_area.argmax(latest(rows.at, rows.at_line)),
        line_ids=rows.line_id.collect(),
    )
    return found.mutate(
        clause=ibis.literal(limb.clause),
        threshold=ibis.literal(threshold),
        level=ibis.literal(str(Level.RED)),
    ).select(*FINDING_COLUMNS)


def _clause(days: str, unit_zh: str, unit_en: str, unit: str, adds: Adds) -> Clause:
    return Clause(
        f"{days}内累计购买含麻黄碱类复方制剂 {{measure}} {unit_zh}，达到 {{threshold}} {unit_zh}",
        f"{{measure}} {unit_en} of ephedrine compounds, limit {{threshold}}",
        unit,
        adds,
    )


RULE = Rule(
    rule_id="R-P01",
    name_zh="跨店累购含麻黄碱复方",
    name_en="Ephedrine structuring across shops",
    kind="model",
    level=Level.RED,
    subject_kind=SubjectKind.BUYER,
    lookback_days=31,
    cooldown_days=7,
    apart="buyer",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "packs_24h": _clause("24 小时", "盒", "packs within 24 hours", "盒", Adds("packs", within=DAY_S)),
        "shops_24h": Clause(
            "24 小时内在 {measure} 家药店购买含麻黄碱类复方制剂，达到 {threshold} 家",
            "ephedrine compounds bought at {measure} shops within 24 hours, limit {threshold}",
            "家",
            Adds("shops", within=DAY_S),
        ),
        "packs_7d": _clause("7 天", "盒", "packs within 7 days", "盒", Adds("packs", within=7 * DAY_S)),
        "packs_30d": _clause("30 天", "盒", "packs within 30 days", "盒", Adds("packs", within=30 * DAY_S)),
        "mg_30d": _clause(
            "30 天",
            "毫克（折算麻黄碱）",
            "mg of ephedrine within 30 days",
            "毫克",
            Adds("mg", within=30 * DAY_S),
        ),
    },
    parameters=(
        Parameter("packs_24h", 4, "盒", 3, 20, "24 小时累计盒数"),
        Parameter("shops_24h", 3, "家", 2, 10, "24 小时内的药店数"),
        Parameter("packs_7d", 6, "盒", 4, 40, "7 天累计盒数"),
        Parameter("packs_30d", 10, "盒", 6, 100, "30 天累计盒数"),
        Parameter("mg_30d", 7200, "毫克", 3000, 100000, "30 天累计折算麻黄碱"),
    ),
    basis=(
        Basis("食药监办药化监〔2012〕260号", "大量或多次购买应当报告", since=date(2012, 9, 4), verify=True),
        Basis("浙江省禁毒条例", "第十八条", verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
