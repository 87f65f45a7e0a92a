"""R-M26 网售禁售药: drugs on the list of what must not be sold online, sold online."""

from __future__ import annotations

from datetime import date, datetime, time

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import shop_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Rule, Values
from yaotong.rules.shapes import bears, inside

_SINCE = date(2022, 12, 1)
# Whole categories on the list; drugs listed by name bear ONLINE_BAN in the catalogue.
_LISTED = (
    *("NARC", "PSY1", "PSY2", "TOXIC", "RADIO", "PRECURSOR", "VACCINE", "BLOOD", "EPH", "OPI_CMP"),
    *("ANABOLIC", "ABORT", "ONLINE_BAN"),
)


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold, returns netted, listed drugs online, or sent them to a home."""
    lines = facts.sales_of(*_LISTED, "PEPTIDE")
    lines = lines.filter(
        inside(lines, window),
        lines.sold_at >= datetime.combine(_SINCE, time()),
        lines.channel.isin(("online", "delivery")),
    )
    # Insulin is the one hormone of its class that the list leaves out.
    lines = lines.filter(
        bears(lines.categories, *_LISTED) | ~lines.drug_name.fill_null("").contains("胰岛素")
    )
    lines = lines.mutate(day=lines.sold_at.date())
    return ibis.union(
        _found(facts, lines.filter(lines.channel == "online"), "online", Level.RED),
        _found(facts, lines.filter(lines.channel == "delivery"), "delivered", Level.ORANGE),
    )


def _found(facts: Facts, lines: ir.Table, clause: str, level: Level) -> ir.Table:
    kept = unreturned(lines, "pharmacy_id", "day", "drug_code")
    rows = kept.mutate(
        at=kept.sold_at,
        measure=kept.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(level)),
    )
    return shop_findings(facts, rows, clause=clause)


RULE = Rule(
    rule_id="R-M26",
    name_zh="网售禁售药",
    name_en="Banned drugs sold online",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=0,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "online": Clause(
            "网上售出禁止网络销售的药品 {measure} 盒",
            "{measure} packs sold online of drugs that must not be",
            "盒",
        ),
        "delivered": Clause(
            "送货上门售出禁止网络销售的药品 {measure} 盒，是否网上订购待核",
            "{measure} packs delivered of drugs banned online; how they were ordered is to be asked",
            "盒",
        ),
    },
    parameters=(),
    basis=(
        Basis("药品管理法", "第六十一条", since=date(2019, 12, 1), verify=True),
        Basis("药品网络销售禁止清单（第一版）", since=_SINCE, verify=True),
    ),
    find=find,
    assists=(Assist("psb", at_least=Level.RED),),
)
