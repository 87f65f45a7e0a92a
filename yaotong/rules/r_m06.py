"""R-M06 向未成年人销售特药: class II psychotropics to minors, and compounds bought by children."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.buyers import registered
from yaotong.rules.linked import shop_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import number_of


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that sold the drugs to persons too young for them."""
    adult, span = int(values["adult_years"]), int(values["span_days"])
    barred = registered(facts, window, 0, "PSY2")
    barred = barred.filter(barred.buyer_age_years < adult)
    young = registered(facts, window, span - 1, "EPH", "OPI_CMP")
    young = young.filter(young.buyer_age_years < adult)
    today = young.filter(young.sold_at >= window.start)
    child = today.filter(today.buyer_age_years < int(values["child_years"]))
    return ibis.union(
        _packs(facts, barred, "psychotropic", Level.RED),
        _packs(facts, child, "child", Level.YELLOW),
        _again(facts, window, young, span, float(values["buying_days"])),
    )


def _packs(facts: Facts, lines: ir.Table, clause: str, level: Level) -> ir.Table:
    rows = lines.mutate(
        at=lines.sold_at,
        measure=lines.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(level)),
    )
    return shop_findings(facts, rows, clause=clause)


def _again(facts: Facts, window: Window, lines: ir.Table, span: int, least: float) -> ir.Table:
    """Minors who bought at one shop on several of the days that end with a day of the window."""
    buyer = ["pharmacy_id", "buyer_key"]
    days = lines.select(*buyer, "day").distinct()
    then = days.rename(then_day="day")
    pairs = days.filter(days.day >= ibis.literal(window.since)).join(then, buyer)
    age = number_of(pairs.day) - number_of(pairs.then_day)
    near = pairs.filter(age >= 0, age < span)
    counted = near.group_by(*buyer, "day").agg(measure=near.count().cast("float64"))
    hits = near.join(counted.filter(counted.measure >= least), [*buyer, "day"])
    shown = lines.select(*buyer, "line_id", then_day="day", at="sold_at")
    rows = hits.join(shown, [*buyer, "then_day"]).mutate(
        threshold=ibis.literal(least), level=ibis.literal(str(Level.ORANGE))
    )
    return shop_findings(facts, rows, clause="again", measure="max")


RULE = Rule(
    rule_id="R-M06",
    name_zh="向未成年人销售特药",
    name_en="Special drugs sold to minors",
    kind="statutory",
    level=Level.RED,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=30,
    cooldown_days=7,
    apart="pharmacy",
    feeds=("sales", "drugs", "pharmacies"),
    clauses={
        "psychotropic": Clause(
            "向未满 18 周岁的人售出第二类精神药品 {measure} 盒",
            "{measure} packs of class II psychotropics sold to persons under 18",
            "盒",
        ),
        "child": Clause(
            "登记的购药人是年幼的孩子，售出含麻黄碱类或含麻醉药品复方制剂 {measure} 盒",
            "{measure} packs of ephedrine or opioid compounds sold to a registered child",
            "盒",
        ),
        "again": Clause(
            "同一未成年人近来有 {measure} 天在本店购买含麻黄碱类或含麻醉药品复方制剂，达到 {threshold} 天",
            "one minor bought ephedrine or opioid compounds here on {measure} days, limit {threshold}",
            "天",
        ),
    },
    parameters=(
        Parameter("adult_years", 18, "周岁", 18, 18, "未满多少周岁是未成年人", statutory=True),
        Parameter("child_years", 14, "周岁", 10, 16, "未满多少周岁买一次含麻复方就提示"),
        Parameter("buying_days", 2, "天", 2, 10, "未成年人在多少天里买过含麻复方"),
        Parameter("span_days", 30, "天", 7, 30, "往回看几天，连当天在内"),
    ),
    basis=(
        Basis(
            "麻醉药品和精神药品管理条例",
            "第三十二条，不得向未成年人销售第二类精神药品",
            since=date(2005, 11, 1),
            verify=True,
        ),
        Basis("食药监办药化监〔2012〕260号", "大量或多次购买应当报告", since=date(2012, 9, 4), verify=True),
    ),
    find=find,
    assists=(Assist("psb"), Assist("hc")),
)
