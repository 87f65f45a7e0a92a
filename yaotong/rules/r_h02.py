"""R-H02 空间聚集: shops near one another sell more against one symptom, on the same days. Counts only."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.linked import km_between
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import DAY_S, inside, noticed, number_of, packs_of, spread
from yaotong.watched import SYMPTOMS as GROUPS

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
    return _findings(facts, threes, float(values["min_packs"]))


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
    sent = _sent(facts, window)
    high = daily.filter(daily.number >= first - 1, daily.packs >= float(values["shop_packs"]))
    judged = _far(daily, sent, near, _above_own(daily, sent, high, values))
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
    # No two are alike: said so that what follows refers to one table and not to two of the same.
    return running.select(*_OF, "packs").distinct()


def _sent(facts: Facts, window: Window) -> ir.Table:
    """(pharmacy_id, past): the days on which each shop sent anything; others are missing, and not zero."""
    days = facts.shop_days(window.widened(_FURTHEST + 1).start, window.end)
    return days.select("pharmacy_id", past=number_of(days.day))


def _above_own(daily: ir.Table, sent: ir.Table, high: ir.Table, values: Values) -> ir.Table:
    """High days that would surge if the shops farther away had sold as ever: with median and mad.

    What others sold only ever raises what is expected, so no surge is lost; the looks at others, which are
    dear, are then for few. So are medians: where one is low enough, half of the days at least are.
    """
    past = _past(daily, sent, high)
    low = _would_surge(past.packs, past.past_packs, values).ifelse(1, 0)
    counted = past.group_by(*_OF, "packs").agg(known=past.count(), low=low.sum())
    likely = counted.filter(counted.known >= int(values["least_days"]), counted.low * 2 >= counted.known)
    near_past = _past(daily, sent, likely.select(*_OF, "packs"))
    usual = near_past.past_packs.median().cast("float64")
    middle = near_past.group_by(*_OF, "packs").agg(median=usual)
    some = middle.filter(_would_surge(middle.packs, middle.median, values))
    again = _past(daily, sent, some)
    away = (again.past_packs - again.median).abs().median().cast("float64")
    return again.group_by(*_OF, "packs", "median").agg(mad=away)


def _would_surge(packs: ir.FloatingValue, usual: ir.FloatingValue, values: Values) -> ir.BooleanValue:
    """Whether a day is far above what is usual by the least deviation there can be; falls with `usual`."""
    deviation = ibis.greatest(usual, 1.0).sqrt()
    return (packs >= usual * float(values["times"])) & (packs - usual >= deviation * float(values["score"]))


def _past(daily: ir.Table, sent: ir.Table, rows: ir.Table, *, last: int = _NEAREST) -> ir.Table:
    """Rows beside each earlier day (past) on which the shop sent anything, with its own past_packs.

    The days end `last` days before the row's own.
    """
    days = spread(rows, rows.number - _FURTHEST, rows.number - last).rename(past="bucket")
    own = daily.select("pharmacy_id", "symptom", past="number", own="packs")
    then = ["pharmacy_id", "symptom", "past"]
    both = days.semi_join(sent, ["pharmacy_id", "past"]).left_join(own, then)
    both = both.drop("pharmacy_id_right", "symptom_right", "past_right")
    return both.mutate(past_packs=both.own.fill_null(0.0)).drop("own")


def _far(daily: ir.Table, sent: ir.Table, near: ir.Table, rows: ir.Table) -> ir.Table:
    """Rows with `far`, what shops that are not near sold of the group that day, and far_median of the
    days before."""
    then = ["pharmacy_id", "symptom", "past"]
    days = _past(daily, sent, rows, last=0)
    days = days.filter((days.past == days.number) | (days.past <= days.number - _NEAREST)).distinct()
    total = daily.group_by("symptom", past="number").agg(total=daily.packs.sum())
    both = days.left_join(total, ["symptom", "past"]).drop("symptom_right", "past_right")
    both = both.left_join(_around(daily, near, days.select(*then)), then)
    # A shop without a place has nobody near but itself.
    close = ibis.coalesce(both.around, both.past_packs)
    beside = both.mutate(away=(both.total.fill_null(0.0) - close).round(6))
    is_today, unknown = beside.past == beside.number, ibis.null("float64")
    return beside.group_by(*rows.columns).agg(
        far=is_today.ifelse(beside.away, unknown).max(),
        far_median=is_today.ifelse(unknown, beside.away).median().cast("float64"),
    )


def _around(daily: ir.Table, near: ir.Table, days: ir.Table) -> ir.Table:
    """What the shops near each shop, itself included, sold of its group on each of the days."""
    theirs = daily.select("symptom", "packs", other="pharmacy_id", past="number")
    # No two are alike: said so that an engine does not begin with all days of all pairs of shops.
    asked = days.join(near, "pharmacy_id").distinct()
    pairs = asked.join(theirs, ["other", "symptom", "past"])
    return pairs.group_by("pharmacy_id", "symptom", "past").agg(around=pairs.packs.sum())


def _threes(surges: ir.Table, near: ir.Table, min_packs: float) -> ir.Table:
    """Three surging shops, each near both others, with enough packs: symptom, number, a, b, c and the
    packs of each. Read off lists, since what is joined with itself is reckoned twice on Spark."""
    one = surges.select("symptom", "number", a="pharmacy_id", a_packs="packs")
    two = surges.select("symptom", "number", b="pharmacy_id", b_packs="packs")
    later = near.filter(near.pharmacy_id < near.other).select(a="pharmacy_id", b="other")
    pairs = one.join(later, "a").join(two, ["symptom", "number", "b"])
    beside = ibis.struct({"shop": pairs.b, "packs": pairs.b_packs}).collect()
    listed = pairs.group_by("symptom", "number", "a", "a_packs").agg(others=beside)
    listed = listed.filter(listed.others.length() >= 2).mutate(second=listed.others.unnest())
    each = listed.mutate(third=listed.others.unnest())
    told = each.select(
        *("symptom", "number", "a", "a_packs"),
        b=each.second.shop,
        b_packs=each.second.packs,
        c=each.third.shop,
        c_packs=each.third.packs,
    )
    closed = told.semi_join(later.select(b="a", c="b"), ["b", "c"])
    return closed.filter((closed.a_packs + closed.b_packs + closed.c_packs).round(6) >= min_packs)


def _findings(facts: Facts, threes: ir.Table, min_packs: float) -> ir.Table:
    """One finding for each town, group and day: the packs of all shops of the threes that touch the town."""
    touching = threes.mutate(asked=ibis.array([threes.a, threes.b, threes.c]).unnest())
    placed = facts.pharmacies.filter(facts.pharmacies.area_code.notnull())
    towns = touching.join(placed.select("area_code", asked="pharmacy_id"), "asked")
    members = towns.mutate(which=ibis.array([0, 1, 2]).unnest())
    members = members.mutate(
        member=members.which.cases((0, members.a), (1, members.b), else_=members.c),
        packs=members.which.cases((0, members.a_packs), (1, members.b_packs), else_=members.c_packs),
    )
    shops = members.select("area_code", "symptom", "number", "member", "packs").distinct()
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
