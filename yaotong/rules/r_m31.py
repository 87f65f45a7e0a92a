"""R-M31 高风险组合: one buyer gathers drugs that are dangerous or sought after together."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import registered, spanned
from yaotong.rules.linked import subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import HOUR_S

_HOURS = 48
# No category tells these apart: the names of the drugs do.
_BENZODIAZEPINES = ("西泮", "唑仑")
_COUGH_OPIOIDS = ("待因", "右美沙芬")


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Buyers and days on which the purchases of 48 hours held a risky combination."""
    lines = _told_apart(registered(facts, window, _HOURS // 24, "PSY2", "OPI_CMP"))
    pairs = spanned(lines.filter(lines.quantity > 0), window, _HOURS * HOUR_S, "buyer_key")
    least = float(values["kinds"])
    held = pairs.group_by("at_line").agg(
        kinds=pairs.kind.nunique(where=pairs.psychotropic),
        all_kinds=pairs.kind.nunique(),
        psychotropic=pairs.psychotropic.any(),
        opioid=pairs.opioid.any(),
        paired_kinds=pairs.kind.nunique(where=pairs.benzodiazepine | pairs.cough),
        benzodiazepine=pairs.benzodiazepine.any(),
        cough=pairs.cough.any(),
    )
    many = held.filter(held.kinds >= least).mutate(measure=held.kinds)
    mixed = held.filter(held.psychotropic, held.opioid, held.all_kinds > 1).mutate(measure=held.all_kinds)
    deep = held.filter(held.benzodiazepine, held.cough, held.paired_kinds > 1)
    deep = deep.mutate(measure=deep.paired_kinds)
    return ibis.union(
        _told(facts, pairs.filter(pairs.psychotropic), many, "kinds", least),
        _told(facts, pairs, mixed, "with_opioid", 2.0),
        _told(facts, pairs.filter(pairs.benzodiazepine | pairs.cough), deep, "depressants", 2.0),
    )


def _told_apart(lines: ir.Table) -> ir.Table:
    """Lines with their kind, the name up to its first bracket: packs of other sizes are one kind."""
    name = lines.drug_name
    return lines.mutate(
        kind=name.re_replace(r"[(（].*$", ""),
        psychotropic=lines.categories.contains("|PSY2|"),
        opioid=lines.categories.contains("|OPI_CMP|"),
        benzodiazepine=name.contains(_BENZODIAZEPINES[0]) | name.contains(_BENZODIAZEPINES[1]),
        cough=name.contains(_COUGH_OPIOIDS[0]) | name.contains(_COUGH_OPIOIDS[1]),
    )


def _told(facts: Facts, pairs: ir.Table, hits: ir.Table, clause: str, threshold: float) -> ir.Table:
    rows = pairs.join(hits.select("at_line", "measure"), "at_line")
    told = rows.select(
        "pharmacy_id", "measure", "line_id",
        subject="buyer_key",
        day=rows["at"].date(),
        at="sold_at",
        threshold=ibis.literal(threshold),
    )  # fmt: skip
    return subject_findings(facts, told, clause=clause, level=Level.YELLOW)


RULE = Rule(
    rule_id="R-M31",
    name_zh="高风险组合",
    name_en="A risky combination of drugs",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.BUYER,
    lookback_days=2,
    cooldown_days=30,
    apart="buyer",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "kinds": Clause(
            "48 小时内购买第二类精神药品 {measure} 种，达到 {threshold} 种",
            "{measure} kinds of class II psychotropics bought within 48 hours, limit {threshold}",
            "种",
        ),
        "with_opioid": Clause(
            "48 小时内既买第二类精神药品，又买含麻醉药品复方制剂，共 {measure} 种",
            "class II psychotropics and opioid compounds bought within 48 hours, {measure} kinds",
            "种",
        ),
        "depressants": Clause(
            "48 小时内既买苯二氮䓬类镇静药，又买含可待因或右美沙芬的药品，共 {measure} 种",
            "benzodiazepines and codeine or dextromethorphan bought within 48 hours, {measure} kinds",
            "种",
        ),
    },
    parameters=(Parameter("kinds", 3, "种", 2, 10, "48 小时内买了几种第二类精神药品"),),
    basis=(
        Basis("麻醉药品和精神药品管理条例", "第三十二条", since=date(2005, 11, 1), verify=True),
        Basis("处方管理办法", "第二十三条", since=date(2007, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("hc"),),
)
