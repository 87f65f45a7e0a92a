"""R-H02 空间聚集: shops near one another sell more against one symptom, on the same days. Counts only."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import km_between
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.r_h01 import GROUPS
from yaotong.rules.shapes import DAY_S, inside, noticed, number_of, packs_of

_NAMES_ZH = {"fever": "退热", "cough": "止咳", "antiviral": "抗病毒", "antibacterial": "抗菌"}
# Four weeks that end a week before the day: what has just begun is no part of what it is held to.
_NEAREST, _FURTHEST = 8, 35
_KM_PER_DEGREE = 111.0
_OF = ["pharmacy_id", "symptom", "number"]


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Towns and days with three shops close together that surge for the second day or longer."""
    near = _near(facts, float(values["km"]))
    daily = _daily(facts, window)
    surges = _surges(facts, daily, near, window, values)
    threes = _threes(surges, near, float(values["min_packs"]))
    return _findings(facts, threes, surges, float(values["min_packs"]))


def _near(facts: Facts, km: float) -> ir.Table:
    """(pharmacy_id, other): the pairs of shops no farther apart, each shop with itself too."""
    shops = facts.pharmacies.filter(facts.pharmacies.lon.notnull(), facts.pharmacies.lat.notnull())
    here = shops.select("pharmacy_id", "lon", "lat")
    there = shops.select(other="pharmacy_id", other_lon="lon", other_lat="lat")
    reach = km / _KM_PER_DEGREE * 1.05
    pairs = here.join(there, [there.other_lat >= here.lat - reach, there.other_lat <= here.lat + reach])
    apart = km_between(pairs.lon, pairs.lat, pairs.other_lon, pairs.other_lat)
    return pairs.filter(apart <= km).select("pharmacy_id", "other")


def _daily(facts: Facts, window: Window) -> ir.Table:
    """Packs of each shop, group of symptoms and day with sales of it: pharmacy_id, symptom, number, packs."""
    sold = facts.sales_of("FOUR")
    sold = sold.filter(inside(sold, window.widened(_FURTHEST + 1)))
    branches = [
        (ibis.or_(*(sold.drug_name.contains(word) for word in words)), name) for name, words in GROUPS.items()
    ]
    sold = sold.mutate(
        symptom=ibis.cases(*branches, else_=ibis.null(str)), number=number_of(sold.sold_at.date())
    )
    told = sold.filter(sold.symptom.notnull())
    return told.group_by(*_OF).agg(packs=packs_of(told.quantity))


def _surges(facts: Facts, daily: ir.Table, near: ir.Table, window: Window, values: Values) -> ir.Table:
    """Shops, groups and days of the window far above their own past on that day and the day before."""
    first = (window.since - date(1970, 1, 1)).days
    high = daily.filter(daily.number >= first - 1, daily.packs >= float(values["shop_packs"]))
    past = _past(facts, _beside_far(daily, near, high, window), daily, near, window)
    middle = past.group_by(*_OF).agg(
        packs=past.packs.max(),
        far=past.far.max(),
        known=past.count(),
        median=past.past_packs.median().cast("float64"),
        far_median=past.past_far.median().cast("float64"),
    )
    both = past.join(middle.select(*_OF, "median"), _OF)
    spread = both.group_by(*_OF).agg(mad=(both.past_packs - both.median).abs().median().cast("float64"))
    judged = middle.filter(middle.known >= int(values["least_days"])).join(spread, _OF)
    # What lifts the shops farther away too (season, festival, epidemic) is not this neighbourhood's.
    factor = ibis.greatest(judged.far / ibis.greatest(judged.far_median, 1.0), 1.0)
    expected = judged.median * factor
    deviation = ibis.greatest(judged.mad * 1.4826 * factor, ibis.greatest(expected, 1.0).sqrt())
    hits = judged.filter(
        judged.packs >= expected * float(values["times"]),
        judged.packs - expected >= deviation * float(values["score"]),
    )
    hits = hits.mutate(day=(hits.number * DAY_S).as_timestamp("s").date())
    hits = hits.anti_join(noticed(facts, "promotion", "outage"), ["pharmacy_id", "day"])
    ordered = ibis.window(group_by=[hits.pharmacy_id, hits.symptom], order_by=hits.number)
    running = hits.mutate(before=hits.number.lag().over(ordered))
    running = running.filter(running.number - running.before == 1, running.number >= first)
    return running.select(*_OF, "packs")


def _beside_far(daily: ir.Table, near: ir.Table, high: ir.Table, window: Window) -> ir.Table:
    """High days with `far`: what shops that are not near sold of the group on that day."""
    around = _around(daily, near, "number", "around")
    total = daily.group_by("symptom", "number").agg(total=daily.packs.sum())
    both = high.join(total, ["symptom", "number"]).left_join(around, _OF)
    # A shop without a place has nobody near but itself.
    close = ibis.coalesce(both.around, both.packs)
    return both.select(*_OF, "packs", far=(both.total - close).round(6))


def _around(daily: ir.Table, near: ir.Table, number: str, name: str) -> ir.Table:
    """What the shops near each shop, itself included, sold of each group on each day."""
    theirs = daily.select("symptom", "packs", other="pharmacy_id", number="number")
    pairs = near.join(theirs, "other")
    summed = pairs.group_by("pharmacy_id", "symptom", "number").agg(packs=pairs.packs.sum())
    return summed.select("pharmacy_id", "symptom", **{number: "number", name: "packs"})


def _past(facts: Facts, high: ir.Table, daily: ir.Table, near: ir.Table, window: Window) -> ir.Table:
    """High days beside each earlier day on which the shop sent anything: past_packs and past_far.

    Such a day without the group is zero; a day without any sale is missing.
    """
    sales = facts.sales.filter(inside(facts.sales, window.widened(_FURTHEST + 1)))
    sent = sales.select("pharmacy_id", past=number_of(sales.sold_at.date())).distinct()
    pairs = high.join(sent, "pharmacy_id")
    age = pairs.number - pairs.past
    pairs = pairs.filter(age >= _NEAREST, age <= _FURTHEST)
    own = daily.select("pharmacy_id", "symptom", past="number", own="packs")
    then = ["pharmacy_id", "symptom", "past"]
    beside = pairs.left_join(own, then).drop("pharmacy_id_right", "symptom_right", "past_right")
    total = daily.group_by("symptom", past="number").agg(total=daily.packs.sum())
    beside = beside.left_join(total, ["symptom", "past"]).drop("symptom_right", "past_right")
    beside = beside.left_join(_around(daily, near, "past", "around"), then)
    mine = beside.own.fill_null(0.0)
    return beside.select(
        *_OF, "packs", "far",
        past_packs=mine,
        past_far=(beside.total.fill_null(0.0) - ibis.coalesce(beside.around, mine)).round(6),
    )  # fmt: skip


def _threes(surges: ir.Table, near: ir.Table, min_packs: float) -> ir.Table:
    """(symptom, number, a, b, c): three surging shops, each near both others, with enough packs."""
    one = surges.select("symptom", "number", a="pharmacy_id", a_packs="packs")
    two = surges.select("symptom", "number", b="pharmacy_id", b_packs="packs")
    joined = one.join(two, ["symptom", "number"])
    joined = joined.filter(joined.a < joined.b)
    pairs = joined.semi_join(near, [joined.a == near.pharmacy_id, joined.b == near.other])
    more = pairs.select("symptom", "number", "a", c="b", c_packs="b_packs")
    threes = pairs.join(more, ["symptom", "number", "a"])
    threes = threes.filter(threes.b < threes.c)
    closed = pairs.select("symptom", "number", b="a", c="b")
    closed = threes.semi_join(closed, ["symptom", "number", "b", "c"])
    enough = (closed.a_packs + closed.b_packs + closed.c_packs).round(6) >= min_packs
    return closed.filter(enough).select("symptom", "number", "a", "b", "c")


def _findings(facts: Facts, threes: ir.Table, surges: ir.Table, min_packs: float) -> ir.Table:
    """One finding for each town, group and day: the packs of all shops of the threes that touch the town."""
    same = ["symptom", "number", "a", "b", "c"]
    members = ibis.union(*(threes.mutate(pharmacy_id=threes[one]) for one in ("a", "b", "c")))
    placed = members.join(facts.pharmacies.select("pharmacy_id", "area_code"), "pharmacy_id")
    towns = placed.filter(placed.area_code.notnull()).select(*same, "area_code").distinct()
    shops = towns.join(members, same).select("area_code", *_OF).distinct().join(surges, _OF)
    found = shops.group_by("area_code", "symptom", "number").agg(measure=packs_of(shops.packs))
    day = (found.number * DAY_S).as_timestamp("s")
    return found.mutate(
        subject=found.area_code,
        behaviour_day=day.date(),
        behaviour_from=((found.number - 1) * DAY_S).as_timestamp("s"),
        behaviour_until=day,
        clause=found.symptom,
        threshold=ibis.literal(min_packs),
        level=ibis.literal(str(Level.ORANGE)),
        pharmacy_ids=ibis.literal([], type="array<string>"),
        line_ids=ibis.literal([], type="array<string>"),
    ).select(*FINDING_COLUMNS)


RULE = Rule(
    rule_id="R-H02",
    name_zh="症状类药品空间聚集",
    name_en="A cluster of symptom drugs in a neighbourhood",
    kind="model",
    level=Level.ORANGE,
    subject_kind=SubjectKind.AREA,
    lookback_days=_FURTHEST + 1,
    cooldown_days=14,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        name: Clause(
            f"相邻几家药店同时突增，{_NAMES_ZH[name]}类药品一日共售 {{measure}} 盒（至少 {{threshold}} 盒）",
            f"shops close together surge: {{measure}} packs of {name} drugs in a day, {{threshold}} or more",
            "盒",
        )
        for name in GROUPS
    },
    parameters=(
        Parameter("km", 1.5, "公里", 0.3, 5, "药店两两相距不超过多少"),
        Parameter("min_packs", 15, "盒", 5, 500, "三家一日合计至少多少盒"),
        Parameter("shop_packs", 4, "盒", 2, 100, "每家一日至少多少盒才比较"),
        Parameter("score", 3, "倍离差", 2, 10, "高出往常多少倍离差（中位数绝对偏差，设平方根下限）"),
        Parameter("times", 2, "倍", 1.5, 10, "至少为往常的多少倍"),
        Parameter("least_days", 14, "天", 7, 28, "前四周里至少有几个有数据的日子"),
    ),
    basis=(Basis("传染病防治法（2025 年修订）", "监测与预警", since=date(2025, 9, 1), verify=True),),
    find=find,
    assists=(Assist("msa"),),
)
