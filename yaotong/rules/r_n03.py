"""R-N03 医保卡空间不可能: one person settled at two places that nobody travels between in the time."""

from __future__ import annotations

from datetime import date, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import km_between, seconds_between, standing, subject_findings
from yaotong.rules.model import Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, HOUR_S


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Persons and days with two settlements in a row too far apart for the time between."""
    pairs = _in_a_row(facts, window)
    waited = seconds_between(pairs.there_at, pairs.settled_at)
    km = km_between(pairs.lon, pairs.lat, pairs.there_lon, pairs.there_lat)
    reach = (waited * (float(values["km_per_hour"]) / HOUR_S)).round(3)
    told = pairs.mutate(measure=km, threshold=reach, day=pairs.settled_at.date())
    told = told.filter(
        told.settled_at >= window.start,
        told.pharmacy_id != told.there_shop,
        waited <= DAY_S,
        told.measure >= float(values["least_km"]),
        told.measure > told.threshold,
    )
    columns = ("subject", "day", "pharmacy_id", "at", "measure", "threshold", "line_id")
    named = told.mutate(subject=told.person_key, at=told.settled_at)
    here = named.select(*columns)
    there = named.mutate(at=told.there_at, line_id=told.there_line, pharmacy_id=told.there_shop)
    rows = ibis.union(here, there.select(*columns))
    return subject_findings(facts, rows, clause="apart", level=Level.ORANGE)


def _in_a_row(facts: Facts, window: Window) -> ir.Table:
    """Settlements at placed shops with the settlement of the same person before each."""
    settled, sales = facts.settlements, facts.sales
    near = settled.filter(
        settled.settled_at >= window.start - timedelta(days=1), settled.settled_at < window.end
    )
    sent = sales.filter(sales.channel.isin(("online", "delivery")), sales.settlement_id.notnull())
    # A parcel travels without its buyer.
    present = standing(near).anti_join(sent, "settlement_id")
    placed = present.join(facts.pharmacies.select("pharmacy_id", "lon", "lat"), "pharmacy_id")
    placed = placed.filter(placed.lon.notnull(), placed.lat.notnull())
    row = ibis.window(group_by=placed.person_key, order_by=[placed.settled_at, placed.line_id])
    return placed.mutate(
        there_at=placed.settled_at.lag().over(row),
        there_line=placed.line_id.lag().over(row),
        there_shop=placed.pharmacy_id.lag().over(row),
        there_lon=placed.lon.lag().over(row),
        there_lat=placed.lat.lag().over(row),
    )


RULE = Rule(
    rule_id="R-N03",
    name_zh="医保卡空间不可能",
    name_en="One card in two places",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.BUYER,
    lookback_days=1,
    cooldown_days=30,
    feeds=("settlements", "sales", "pharmacies"),
    clauses={
        "apart": Clause(
            "前后两次结算相距 {measure} 公里，其间最多能走 {threshold} 公里",
            "two settlements {measure} km apart, {threshold} km within reach in the time between",
            "公里",
        )
    },
    parameters=(
        Parameter("km_per_hour", 100, "公里/小时", 60, 150, "两地之间最快的速度"),
        Parameter("least_km", 5, "公里", 1, 50, "两店至少相距多远，才不怪坐标与时钟的误差"),
    ),
    basis=(
        Basis("医疗保障基金使用监督管理条例", "第十七条、第四十一条", since=date(2021, 5, 1), verify=True),
    ),
    find=find,
    assists=(Assist("msa"),),
)
