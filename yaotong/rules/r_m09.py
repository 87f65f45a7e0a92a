"""R-M09 药师不在岗售处方药: prescription drugs sold between shifts, or by a pharmacist who was elsewhere."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import km_between, seconds_between, shop_findings, unreturned
from yaotong.rules.model import Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, MINUTE_S, inside, number_of, spread

_LASTS = datetime(9999, 12, 31)


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days with prescription drugs sold while nobody was on duty, or in two places at once."""
    return ibis.union(_unattended(facts, window, values), _apart(facts, window, values))


def _unattended(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Sales in the gaps between shifts, told on the day the next shift closed the gap."""
    gaps = _gaps(facts, window, int(values["reach_days"]))
    lines = facts.sales_of("RX", "PSY2")
    near = lines.sold_at >= window.start - timedelta(days=int(values["reach_days"]))
    lines = lines.filter(near, lines.sold_at < window.end)
    lines = lines.mutate(bucket=number_of(lines.sold_at.date()))
    gaps = spread(gaps, number_of(gaps.left_at.date()), number_of(gaps.came_at.date()))
    pairs = lines.join(gaps, ["pharmacy_id", "bucket"])
    slack = int(values["clock_minutes"]) * MINUTE_S
    late = seconds_between(pairs.left_at, pairs.sold_at) > slack
    early = seconds_between(pairs.sold_at, pairs.came_at) > slack
    kept = unreturned(pairs.filter(late, early), "pharmacy_id", "came_at", "drug_code")
    rows = kept.mutate(
        day=kept.came_at.date(),
        at=kept.sold_at,
        measure=kept.quantity,
        threshold=ibis.literal(0.0),
        level=ibis.literal(str(Level.ORANGE)),
    )
    return shop_findings(facts, rows, clause="unattended")


def _gaps(facts: Facts, window: Window, reach_days: int) -> ir.Table:
    """Stretches of a shop between the last shift to end and the next to begin, no longer than the reach."""
    duty = facts.duty.filter(facts.duty.duty_from < window.end)
    before = ibis.window(
        group_by=duty.pharmacy_id, order_by=[duty.duty_from, duty.line_id], preceding=(None, 1)
    )
    ended = duty.duty_until.fill_null(ibis.literal(_LASTS).cast("timestamp(0)"))
    gaps = duty.select("pharmacy_id", came_at="duty_from", left_at=ended.max().over(before))
    length = seconds_between(gaps.left_at, gaps.came_at)
    return gaps.filter(gaps.came_at >= window.start, length > 0, length <= reach_days * DAY_S)


def _apart(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Sales that name a pharmacist who had just been named at a shop too far away."""
    lines, shops = facts.sales_of("RX", "PSY2"), facts.pharmacies.select("pharmacy_id", "lon", "lat")
    seconds = int(values["apart_minutes"]) * MINUTE_S
    near = lines.sold_at >= window.start - timedelta(seconds=seconds)
    named = lines.filter(lines.pharmacist_id.notnull(), lines.quantity > 0, near, lines.sold_at < window.end)
    places = named.group_by("pharmacist_id").agg(shops=named.pharmacy_id.nunique())
    some = named.semi_join(places.filter(places.shops > 1), "pharmacist_id").join(shops, "pharmacy_id")
    some = some.select("line_id", "pharmacy_id", "pharmacist_id", "sold_at", "lon", "lat")
    there = some.rename(
        there_line="line_id", there_shop="pharmacy_id", there_at="sold_at", there_lon="lon", there_lat="lat"
    )
    pairs = some.filter(inside(some, window)).join(there, "pharmacist_id")
    waited = seconds_between(pairs.there_at, pairs.sold_at)
    pairs = pairs.filter(pairs.pharmacy_id != pairs.there_shop, waited >= 0, waited <= seconds).mutate(
        measure=km_between(pairs.lon, pairs.lat, pairs.there_lon, pairs.there_lat)
    )
    far = pairs.filter(pairs.measure > float(values["apart_km"])).mutate(
        day=lambda one: one.sold_at.date(),
        threshold=ibis.literal(float(values["apart_km"])),
        level=ibis.literal(str(Level.ORANGE)),
    )
    columns = ("pharmacy_id", "day", "measure", "threshold", "level", "at", "line_id")
    here = far.mutate(at=far.sold_at).select(*columns)
    other = far.drop("line_id").mutate(at=far.there_at, line_id=far.there_line).select(*columns)
    return shop_findings(facts, ibis.union(here, other), clause="apart", measure="max")


RULE = Rule(
    rule_id="R-M09",
    name_zh="药师不在岗售处方药",
    name_en="Prescription drugs sold without a pharmacist",
    kind="statutory",
    level=Level.ORANGE,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=30,
    cooldown_days=7,
    feeds=("sales", "drugs", "duty", "pharmacies"),
    clauses={
        "unattended": Clause(
            "没有药师在岗时售出处方药 {measure} 盒",
            "{measure} packs of prescription drugs sold while no pharmacist was on duty",
            "盒",
            Adds("packs"),
        ),
        "apart": Clause(
            "同一药师半小时左右在相距 {measure} 公里的两家店经手处方药（限 {threshold} 公里）",
            "one pharmacist served at two shops {measure} km apart at about one time, {threshold} km allowed",
            "公里",
        ),
    },
    parameters=(
        Parameter("clock_minutes", 15, "分钟", 0, 60, "上下岗打卡与收银时钟之间容许的误差"),
        Parameter("reach_days", 14, "天", 1, 30, "两班之间最长几天算作不在岗，再长视为在岗记录中断"),
        Parameter("apart_minutes", 30, "分钟", 5, 120, "同一药师在两家店经手相隔不超过多久"),
        Parameter("apart_km", 2, "公里", 0.5, 20, "两家店相距超过多远"),
    ),
    basis=(
        Basis("药品经营和使用质量监督管理办法", "第四十二条", since=date(2024, 1, 1), verify=True),
        Basis("药品管理法", "第五十二条", since=date(2019, 12, 1), verify=True),
    ),
    find=find,
    assists=(Assist("nhsa"),),
)
