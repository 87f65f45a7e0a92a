"""R-M20 药店停报: days on which a shop is normally open and not one line of it came in."""

from __future__ import annotations

import math

import ibis
import ibis.expr.types as ir

from yaotong.codes import Level, SubjectKind
from yaotong.facts import Facts, Window
from yaotong.rules.model import FINDING_COLUMNS, Basis, Clause, Parameter, Rule, Values
from yaotong.rules.shapes import day_numbers, noticed, number_of

_PAST_DAYS = 56


def find(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Shops and days that complete a silence; it may run to the window's last day."""
    silent = _silent_days(facts, window, values)
    gap = [silent.pharmacy_id, silent.last_number]
    counted = silent.mutate(
        run=ibis.row_number().over(ibis.window(group_by=gap, order_by=silent.number)) + 1,
        first=silent.day.min().over(ibis.cumulative_window(group_by=gap, order_by=silent.number)),
    )
    # A shop with few lines a day has empty days by chance: the silence must be longer than chance allows.
    unlikely = counted.run * counted.lines_a_day >= -math.log(float(values["chance"]))
    long = counted.filter(counted.run >= int(values["days_yellow"]), unlikely, counted.day >= window.since)
    orange = long.run >= int(values["days_orange"])
    return long.mutate(
        subject=long.pharmacy_id,
        behaviour_day=long.day,
        behaviour_from=long.first.cast("timestamp"),
        behaviour_until=long.day.cast("timestamp"),
        clause=ibis.literal("silent"),
        measure=long.run.cast("float64"),
        threshold=ibis.literal(float(values["days_yellow"])),
        level=orange.ifelse(str(Level.ORANGE), str(Level.YELLOW)),
        pharmacy_ids=ibis.array([long.pharmacy_id]),
        line_ids=ibis.literal([], type="array<string>"),
    ).select(*FINDING_COLUMNS)


def _silent_days(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Expected days without a line, those of a town-wide outage left out."""
    expected = _expected(facts, window)
    days_off = noticed(facts, "closure", "holiday", "outage")
    expected = expected.anti_join(days_off, ["pharmacy_id", "day"])
    silent = expected.filter(expected.is_silent)
    share = expected.group_by("area_code", "day").agg(
        share=expected.is_silent.cast("float64").mean(), shops=expected.count()
    )
    outage = share.filter((share.share >= float(values["outage_share"])) & (share.shops >= 3))
    return silent.anti_join(outage, ["area_code", "day"])


def _expected(facts: Facts, window: Window) -> ir.Table:
    """Every day a shop is due to report, with the last day before it that it did and its usual pace.

    Due: after its first report, on a weekday on which it reported in at least half of the eight weeks
    up to its last report, no more than eight weeks after that, and on no statutory holiday.
    """
    reported = _reported(facts, window)
    days = day_numbers(facts.days)
    # Twice the past: whether a town was cut off on an earlier day hangs on what its shops sent before it.
    days = days.filter((days.day >= window.widened(2 * _PAST_DAYS).since) & (days.day <= window.until))
    shops = facts.pharmacies.filter(facts.pharmacies.status.fill_null("active") == "active")
    grid = days.cross_join(shops.select("pharmacy_id", "area_code"))
    grid = grid.left_join(
        reported.select("pharmacy_id", "lines", seen="number"),
        [grid.pharmacy_id == reported.pharmacy_id, grid.number == reported.number],
    ).select("pharmacy_id", "area_code", "day", "number", "weekday", "is_holiday", "lines")
    before = ibis.window(group_by=grid.pharmacy_id, order_by=grid.number, preceding=(None, 1), following=None)
    grid = grid.mutate(last_number=grid.lines.notnull().ifelse(grid.number, None).max().over(before))
    # Told for eight weeks at the most, whatever the window asked for.
    grid = grid.filter(grid.number - grid.last_number <= _PAST_DAYS)
    paced = grid.join(_pace(reported), ["pharmacy_id", "last_number", "weekday"])
    return paced.filter(~paced.is_holiday, paced.usual).mutate(is_silent=paced.lines.isnull())


def _reported(facts: Facts, window: Window) -> ir.Table:
    """pharmacy_id, number, lines: the days a shop reported, from twice the past on."""
    daily = facts.shop_days(window.widened(2 * _PAST_DAYS + 400).start, window.end)
    return daily.select("pharmacy_id", "day", "lines", number=number_of(daily.day))


def _pace(reported: ir.Table) -> ir.Table:
    """For each reporting day and weekday: whether the shop usually reports then, and lines a day."""
    last = reported.select(pharmacy_id="pharmacy_id", last_number="number")
    earlier = reported.select(shop="pharmacy_id", number="number", lines="lines")
    past = last.join(earlier, last.pharmacy_id == earlier.shop)
    past = past.filter((past.number <= past.last_number) & (past.number > past.last_number - _PAST_DAYS))
    past = past.mutate(weekday=((past.number + 3) % 7).cast("int32"))
    whole = past.group_by("pharmacy_id", "last_number").agg(
        lines=past.lines.sum().cast("float64"), since=past.number.min()
    )
    # Days without a line count too, or a shop of few sales would look busier than it is.
    whole = whole.mutate(lines_a_day=whole.lines / (whole.last_number - whole.since + 1))
    by_weekday = past.group_by("pharmacy_id", "last_number", "weekday").agg(times=past.count())
    both = whole.join(by_weekday, ["pharmacy_id", "last_number"])
    weeks = ((both.last_number - both.since) // 7) + 1
    return both.mutate(usual=both.times * 2 >= weeks).select(
        "pharmacy_id", "last_number", "weekday", "lines_a_day", "usual"
    )


RULE = Rule(
    rule_id="R-M20",
    name_zh="药店停报",
    name_en="A pharmacy that fell silent",
    kind="model",
    level=Level.YELLOW,
    subject_kind=SubjectKind.PHARMACY,
    lookback_days=_PAST_DAYS,
    cooldown_days=7,
    feeds=("sales", "pharmacies", "calendar"),
    clauses={
        "silent": Clause(
            "应营业的日子连续 {measure} 天没有任何销售数据（达到 {threshold} 天即提示）",
            "no sales data on {measure} days running on which the shop is normally open",
            "天",
        )
    },
    parameters=(
        Parameter("days_yellow", 1, "天", 1, 7, "应营业而无数据满几天提示（黄色）"),
        Parameter("days_orange", 3, "天", 2, 30, "满几天升为橙色"),
        Parameter("chance", 0.0001, "概率", 0.000001, 0.05, "按该店平时的笔数，空白出于偶然的概率须低于此值"),
        Parameter("outage_share", 0.5, "比例", 0.2, 1.0, "同镇街同日停报的药店达到此比例视为线路故障"),
    ),
    basis=(Basis("药品管理法", "第五十七条（真实、完整的购销记录）", verify=True),),
    find=find,
)
