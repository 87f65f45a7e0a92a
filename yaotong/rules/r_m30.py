"""R-M30 药店销量突增: a shop's daily packs of a special category far above its own past."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Adds, Assist, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import bears, inside, located, noticed, number_of, packs_of

CATEGORIES = ("EPH", "OPI_CMP", "PSY2", "WATCH")
_WEEKS = 8
# What has lasted for months is measured by the weeks half a year and a year before, too.
_APART_WEEKS, _BLOCKS = 26, 3
_REACH_DAYS = 7 * (_APART_WEEKS * (_BLOCKS - 1) + _WEEKS)
_RUN_DAYS = 40


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops, days and categories where the second or a later day running is far above the past."""
    hits = _hits(facts, window, values)
    running = _running(hits, values)
    lines = _lines(facts, window.widened(_RUN_DAYS), "line_id").drop("day")
    rows = running.join(lines, ["pharmacy_id", "category", "number"])
    found = rows.group_by("pharmacy_id", "day", "category").agg(
        measure=rows.packs.max(),
        bound=rows.bound.max(),
        run=rows.run.max(),
        line_ids=rows.line_id.collect(),
    )
    placed = found.left_join(located(facts), "pharmacy_id")
    orange = placed.run >= int(values["days_orange"])
    return placed.mutate(
        subject=placed.pharmacy_id,
        behaviour_day=placed.day,
        behaviour_from=placed.day.cast("timestamp"),
        behaviour_until=placed.day.cast("timestamp"),
        clause=placed.category,
        threshold=placed.bound,
        level=orange.ifelse(str(Level.ORANGE), str(Level.YELLOW)),
        pharmacy_ids=ibis.array([placed.pharmacy_id]),
    ).select(*FINDING_COLUMNS)


def _lines(facts: Facts, window: Window, column: str) -> ir.Table:
    """Lines of each special category: pharmacy_id, category, day, its number, and one column of the lines."""
    drugs = facts.drugs
    held = ibis.union(
        *(
            drugs.filter(bears(drugs.categories, one)).select(
                "drug_code", "valid_from", "valid_to", category=ibis.literal(one)
            )
            for one in CATEGORIES
        )
    )
    sales = facts.sales.filter(inside(facts.sales, window))
    sold = sales.select("pharmacy_id", "drug_code", column, day=sales.sold_at.date())
    same = [sold.drug_code == held.drug_code, sold.day >= held.valid_from, sold.day <= held.valid_to]
    lines = sold.join(held, same).select("pharmacy_id", "category", "day", column)
    return lines.mutate(number=number_of(lines.day))


def _hits(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shop-days above their past of any block of weeks: pharmacy_id, category, day, number, packs, bound."""
    # From as far back as any day is compared with.
    lines = _lines(facts, window.widened(_REACH_DAYS + _RUN_DAYS), "quantity")
    daily = lines.group_by("pharmacy_id", "category", "day", "number").agg(packs=packs_of(lines.quantity))
    recent = daily.day >= ibis.literal(window.widened(_RUN_DAYS).since)
    past = _past(facts, daily, daily.filter(recent, daily.packs >= float(values["min_packs"])), window)
    middle = past.group_by("pharmacy_id", "category", "day", "number", "packs", "block").agg(
        weeks=past.count(),
        median=past.past_packs.median().cast("float64"),
        city_median=past.past_city.median().cast("float64"),
        city=past.city.max(),
    )
    one = ("pharmacy_id", "category", "number", "block")
    both = past.join(middle.select(*one, "median"), one)
    spread = both.group_by(*one).agg(mad=(both.past_packs - both.median).abs().median().cast("float64"))
    judged = middle.join(spread, one)
    # What lifts every other shop on that day too (season, festival, epidemic) is not this shop's.
    factor = ibis.greatest(judged.city / ibis.greatest(judged.city_median, 1.0), 1.0)
    judged = judged.mutate(expected=judged.median * factor)
    floor = ibis.greatest(judged.expected, 1.0).sqrt()  # more returns than sales: no root
    judged = judged.mutate(
        score=(judged.packs - judged.expected) / ibis.greatest(1.4826 * judged.mad * factor, floor)
    )
    times = (judged.block == 0).ifelse(float(values["times"]), float(values["long_times"]))
    judged = judged.mutate(bound=ibis.greatest(judged.expected * times, float(values["min_packs"])))
    hits = judged.filter(
        judged.weeks >= int(values["min_weeks"]),
        judged.score >= float(values["score"]),
        judged.packs >= times * judged.expected,
    )
    hits = hits.group_by("pharmacy_id", "category", "day", "number").agg(
        packs=hits.packs.max(), bound=hits.bound.min()
    )
    return hits.anti_join(noticed(facts, "promotion"), ["pharmacy_id", "day"])


def _past(facts: Facts, daily: ir.Table, high: ir.Table, window: Window) -> ir.Table:
    """Each high day with the same weekdays of each block of weeks before it on which the shop reported.

    Block 0 is the eight weeks before; 1 and 2 are the eight weeks half a year and a year before those. A
    reporting day without the category is zero; a day without any report is missing. `city` is what all other
    shops sold on the day, `past_city` what they sold on the earlier one.
    """
    reported = facts.shop_days(window.widened(_REACH_DAYS + _RUN_DAYS).start, window.end)
    reported = reported.select(shop="pharmacy_id", past_number=number_of(reported.day))
    pairs = high.join(reported, high.pharmacy_id == reported.shop)
    apart = pairs.number - pairs.past_number
    pairs = pairs.filter((apart >= 7) & (apart <= _REACH_DAYS) & (apart % 7 == 0)).drop("shop")
    weeks = (pairs.number - pairs.past_number) // 7 - 1
    pairs = pairs.mutate(block=weeks // _APART_WEEKS).filter(weeks % _APART_WEEKS < _WEEKS)
    own = daily.select("pharmacy_id", "category", past_number="number", past_sold="packs")
    pairs = pairs.left_join(own, ["pharmacy_id", "category", "past_number"])
    pairs = pairs.select(
        "pharmacy_id", "category", "day", "number", "packs", "block", "past_number",
        past_packs=pairs.past_sold.fill_null(0.0),
    )  # fmt: skip
    total = daily.group_by("category", "number").agg(total=daily.packs.sum())
    today = total.select("category", "number", city_total="total")
    then = total.select("category", past_number="number", past_total="total")
    pairs = pairs.left_join(today, ["category", "number"]).drop("category_right", "number_right")
    pairs = pairs.left_join(then, ["category", "past_number"])
    return pairs.select(
        "pharmacy_id", "category", "day", "number", "packs", "block", "past_packs",
        city=pairs.city_total - pairs.packs,
        past_city=pairs.past_total.fill_null(0.0) - pairs.past_packs,
    )  # fmt: skip


def _running(hits: ir.Table, values: Values) -> ir.Table:
    """Hits on consecutive days from the second on; `run` counts days."""
    ordered = ibis.window(group_by=[hits.pharmacy_id, hits.category], order_by=hits.number)
    islands = hits.mutate(island=hits.number - ibis.row_number().over(ordered))
    inside_one = ibis.window(
        group_by=[islands.pharmacy_id, islands.category, islands.island], order_by=islands.number
    )
    runs = islands.mutate(run=ibis.row_number().over(inside_one) + 1)
    return runs.filter(runs.run >= int(values["days_running"]))


RULE = Rule(
    rule_id="R-M30",
    name_zh="药店特药销量突增",
    name_en="A pharmacy's surge against its own past",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=_REACH_DAYS + _RUN_DAYS,
    cooldown_days=7,
    feeds=("sales", "drugs", "pharmacies", "calendar"),
    clauses={
        category: Clause(
            f"{name}一日售出 {{measure}} 盒，超过本店往常的界线 {{threshold}} 盒",
            f"{category}: {{measure}} packs in a day, over this shop's own limit of {{threshold}}",
            "盒",
            Adds("packs"),
        )
        for category, name in zip(
            CATEGORIES,
            ("含麻黄碱类复方制剂", "含麻醉药品口服复方制剂", "第二类精神药品", "重点关注药品"),
            strict=True,
        )
    },
    parameters=(
        Parameter("score", 3, "倍离差", 2, 10, "高出同星期中位数多少倍离差（中位数绝对偏差，设平方根下限）"),
        Parameter("min_packs", 10, "盒", 5, 200, "一日至少多少盒才比较"),
        Parameter("times", 2, "倍", 1.5, 10, "至少为预期的多少倍"),
        Parameter("long_times", 4, "倍", 2, 20, "与半年前、一年前的同期比，至少为预期的多少倍"),
        Parameter("days_running", 2, "天", 1, 7, "连续多少天才提示"),
        Parameter("days_orange", 3, "天", 2, 14, "连续多少天升为橙色"),
        Parameter("min_weeks", 4, "周", 3, 8, "过去八周里至少有几个同星期的有数据日"),
    ),
    basis=(Basis("药品经营和使用质量监督管理办法", since=None, verify=True),),
    find=find,
    assists=(Assist("psb", at_least=Level.ORANGE),),
    version=2,
)
