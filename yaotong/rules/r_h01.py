"""R-H01 症状类药品镇街突增: a town's sales against symptoms rise as other towns' do not. Counts only."""

from __future__ import annotations

from datetime import date

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import day_numbers, inside, noticed, number_of, packs_of
from yaotong.watched import SYMPTOM_NAMES_ZH, symptom_of

# A month for the median, and for its first day a month of the other towns before that.
_REACH_DAYS = 60
# What an outage held back arrives within some days after it.
_AFTER_DAYS = 5


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Towns, days and groups above their own last week and month, two days running (EARS-C2)."""
    daily = _daily(facts, window)
    judged = _against_the_past(_beside_other_towns(daily))
    hits = judged.filter(
        judged.c2 > float(values["score"]),
        judged.packs >= float(values["times"]) * judged.month_median,
        judged.packs >= float(values["min_packs"]),
        judged.days_known >= 21,
    )
    hits = hits.anti_join(_exempt(facts, window, float(values["outage_share"])), ["area_code", "day"])
    ordered = ibis.window(group_by=[hits.area_code, hits.symptom], order_by=hits.number)
    second = hits.mutate(before=hits.number.lag().over(ordered))
    second = second.filter(second.number - second.before == 1)
    return second.mutate(
        subject=second.area_code,
        behaviour_day=second.day,
        behaviour_from=second.day.cast("timestamp"),
        behaviour_until=second.day.cast("timestamp"),
        clause=second.symptom,
        measure=second.packs,
        threshold=ibis.greatest(second.month_median * float(values["times"]), float(values["min_packs"])),
        level=ibis.literal(str(Level.YELLOW)),
        pharmacy_ids=ibis.literal([], type="array<string>"),
        line_ids=ibis.literal([], type="array<string>"),
    ).select(*FINDING_COLUMNS)


def _daily(facts: Facts, window: Window) -> ir.Table:
    """area_code, symptom, day, number, weekday, packs: every day of every town, zeros included."""
    sold = facts.sales_of("FOUR")
    sold = sold.filter(inside(sold, window.widened(_REACH_DAYS)))
    sold = sold.mutate(symptom=symptom_of(sold.drug_name), day=sold.sold_at.date())
    placed = sold.filter(sold.symptom.notnull()).join(
        facts.pharmacies.select("pharmacy_id", "area_code"), "pharmacy_id"
    )
    placed = placed.filter(placed.area_code.notnull())
    summed = placed.group_by("area_code", "symptom", "day").agg(packs=packs_of(placed.quantity))
    days = _days(facts, window)
    grid = (
        summed.select("area_code", "symptom").distinct().cross_join(days.select("day", "number", "weekday"))
    )
    filled = grid.left_join(summed, ["area_code", "symptom", "day"])
    return filled.select(
        "area_code", "symptom", "day", "number", "weekday", packs=filled.packs.fill_null(0.0)
    )


def _days(facts: Facts, window: Window) -> ir.Table:
    """The days that can have data: within reach, and not before the first sale ever sent."""
    days = day_numbers(facts.days)
    days = days.filter((days.day >= window.widened(_REACH_DAYS).since) & (days.day <= window.until))
    first = facts.first_sold()
    return days.join(first, days.day >= first.first).drop("first")


def _beside_other_towns(daily: ir.Table) -> ir.Table:
    """Adds `adjusted`: packs with the common movement of all other towns taken out.

    Season, weekday, weather and festivals move every town; what is left is the town's own. The others
    are compared with their own mean of the four weeks before, and lift a town fourfold at the most.
    """
    city = daily.group_by("symptom", "number").agg(city=daily.packs.sum())
    both = daily.join(city, ["symptom", "number"])
    both = both.mutate(others=both.city - both.packs)
    month = ibis.window(group_by=[both.area_code, both.symptom], order_by=both.number, preceding=(28, 1))
    usual = both.others.mean().over(month).fill_null(both.others)
    factor = ibis.greatest(both.others, 1.0) / ibis.greatest(usual, 1.0)
    return both.mutate(adjusted=both.packs / ibis.greatest(factor, 0.25))


def _against_the_past(daily: ir.Table) -> ir.Table:
    """Adds c2 (the 7 days that end 3 days before), month_median and days_known of the 28 days before."""
    by = [daily.area_code, daily.symptom]
    week = ibis.window(group_by=by, order_by=daily.number, preceding=(9, 3))
    month = ibis.window(group_by=by, order_by=daily.number, preceding=(28, 1))
    mean = daily.adjusted.mean().over(week)
    # Counts vary at least as their square root: a calm week must not make the next day alarming.
    floor = ibis.greatest(mean, 1.0).sqrt()
    spread = ibis.greatest(daily.adjusted.std(how="sample").over(week).fill_null(0.0), floor)
    return daily.mutate(
        c2=(daily.adjusted - mean) / spread,
        month_median=daily.adjusted.median().over(month),
        days_known=daily.adjusted.count().over(month),
    )


def _exempt(facts: Facts, window: Window, share: float) -> ir.Table:
    """(area_code, day) pairs that explain themselves: a promotion, or catching up after an outage."""
    towns = facts.pharmacies.filter(facts.pharmacies.area_code.notnull())
    promoted = noticed(facts, "promotion").join(towns.select("pharmacy_id", "area_code"), "pharmacy_id")
    return promoted.select("area_code", "day").union(_after_outage(facts, window, share), distinct=True)


def _after_outage(facts: Facts, window: Window, share: float) -> ir.Table:
    """The five days after a day on which most shops of a town sent nothing.

    How many shops usually send is the median of the 60 days before, so that a day is judged alike
    whatever the window.
    """
    per_day = _shops_a_day(facts, window)
    days = _days(facts, window)
    judged = days.filter(days.day >= window.widened(_AFTER_DAYS + 1).since, ~days.is_holiday)
    judged = judged.select(outage_number="number")
    before = per_day.join(
        judged,
        [
            per_day.number < judged.outage_number,
            per_day.number >= judged.outage_number - _REACH_DAYS,
        ],
    )
    usual = before.group_by("area_code", "outage_number").agg(usual=before.shops.median().cast("float64"))
    seen = per_day.select("area_code", outage_number="number", shops="shops")
    joined = usual.left_join(seen, ["area_code", "outage_number"])
    low = joined.filter(joined.shops.fill_null(0) <= joined.usual * (1.0 - share))
    low = low.select("area_code", "outage_number")
    after = low.join(
        days.select("day", "number"),
        [days.number > low.outage_number, days.number <= low.outage_number + _AFTER_DAYS],
    )
    return after.select("area_code", "day")


def _shops_a_day(facts: Facts, window: Window) -> ir.Table:
    """area_code, number, shops: how many shops of a town sent anything on a day, where any did."""
    reported = facts.shop_days(window.widened(_REACH_DAYS + _AFTER_DAYS + 1).start, window.end)
    reported = reported.mutate(number=number_of(reported.day))
    placed = reported.join(facts.pharmacies.select("pharmacy_id", "area_code"), "pharmacy_id")
    return placed.group_by("area_code", "number").agg(shops=placed.count())


RULE = Rule(
    rule_id="R-H01",
    name_zh="症状类药品镇街突增",
    name_en="Rise of symptom drugs in a town",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.AREA,
    lookback_days=_REACH_DAYS,
    cooldown_days=14,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        name: Clause(
            f"{zh}类药品一日售出 {{measure}} 盒，高于前一周与前 28 天的界线 {{threshold}} 盒",
            f"{{measure}} packs of {name} drugs in a day, above the limit of {{threshold}}",
            "盒",
        )
        for name, zh in SYMPTOM_NAMES_ZH.items()
    },
    parameters=(
        Parameter("score", 3, "标准差", 2, 6, "高出基线周（提前 3 天）的标准差倍数"),
        Parameter("times", 1.5, "倍", 1.2, 5, "至少为前 28 天中位数的多少倍"),
        Parameter("min_packs", 20, "盒", 5, 500, "一日至少多少盒才比较"),
        Parameter(
            "outage_share", 0.5, "比例", 0.2, 1.0, "一镇街多少比例的药店停报视为中断，其后五天补报不计"
        ),
    ),
    basis=(Basis("传染病防治法（2025 年修订）", "监测与预警", since=date(2025, 9, 1), verify=True),),
    find=find,
    assists=(Assist("msa"),),
)
