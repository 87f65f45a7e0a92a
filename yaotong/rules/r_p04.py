"""R-P04 身份异常使用: one document registered at two shops that nobody travels between in the time."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import km_between, seconds_between, subject_findings, unreturned
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, HOUR_S, MINUTE_S, inside


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Buyers and days with two registered purchases in a row too far apart for the time between."""
    pairs = _in_a_row(facts, window)
    waited = seconds_between(pairs.there_at, pairs.sold_at)
    slack = int(values["clock_minutes"]) * MINUTE_S
    told = pairs.mutate(
        subject=pairs.buyer_key,
        at=pairs.sold_at,
        measure=km_between(pairs.lon, pairs.lat, pairs.there_lon, pairs.there_lat),
        threshold=((waited + slack) * (float(values["km_per_hour"]) / HOUR_S)).round(3),
    )
    told = told.filter(
        told.sold_at >= window.start,
        told.pharmacy_id != told.there_shop,
        waited <= DAY_S,
        told.measure >= float(values["least_km"]),
        told.measure > told.threshold,
    )
    columns = ("subject", "day", "pharmacy_id", "at", "measure", "threshold", "line_id")
    there = told.drop("at", "line_id", "pharmacy_id").rename(
        at="there_at", line_id="there_line", pharmacy_id="there_shop"
    )
    rows = ibis.union(told.select(*columns), there.select(*columns))
    return subject_findings(facts, rows, clause="apart", level=Level.ORANGE)


def _in_a_row(facts: Facts, window: Window) -> ir.Table:
    """Purchases over the counter of placed shops, with the same buyer's purchase before each."""
    sales = facts.sales
    over_counter = sales.channel.isnull() | sales.channel.notin(("online", "delivery"))
    known = sales.filter(inside(sales, window.widened(1)), sales.buyer_key.notnull(), over_counter)
    dated = known.mutate(day=known.sold_at.date())
    kept = unreturned(dated, "buyer_key", "pharmacy_id", "drug_code", "day")
    placed = kept.filter(kept.quantity > 0).join(
        facts.pharmacies.select("pharmacy_id", "lon", "lat"), "pharmacy_id"
    )
    placed = placed.filter(placed.lon.notnull(), placed.lat.notnull())
    row = ibis.window(group_by=placed.buyer_key, order_by=[placed.sold_at, placed.line_id])
    return placed.mutate(
        there_at=placed.sold_at.lag().over(row),
        there_line=placed.line_id.lag().over(row),
        there_shop=placed.pharmacy_id.lag().over(row),
        there_lon=placed.lon.lag().over(row),
        there_lat=placed.lat.lag().over(row),
    )


RULE = Rule(
    rule_id="R-P04",
    name_zh="身份异常使用",
    name_en="One document in two places",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=1,
    cooldown_days=30,
    apart="buyer",
    feeds=("sales", "pharmacies"),
    clauses={
        "apart": Clause(
            "同一证件前后两次登记购药相距 {measure} 公里，其间最多能走 {threshold} 公里",
            "one document registered twice {measure} km apart, {threshold} km within reach meanwhile",
            "公里",
        )
    },
    parameters=(
        Parameter("km_per_hour", 120, "公里/小时", 60, 150, "两地之间最快的速度"),
        Parameter("least_km", 5, "公里", 1, 50, "两店至少相距多远，才不怪坐标的误差"),
        Parameter("clock_minutes", 2, "分钟", 0, 30, "两家店的时钟容许相差多久"),
    ),
    basis=(
        Basis("食药监办药化监〔2012〕260号", "查验身份证并登记", since=date(2012, 9, 4), verify=True),
        Basis("居民身份证法", "第十七条", since=date(2012, 1, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
