"""Special drugs that came in, month by month: a shop's month to date held to its own months before.

The five ways of the opioid litigation to tell a suspicious order share these shapes. A month is a calendar
month of Beijing days; the month that is judged is never a part of what it is held to.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import ibis
import ibis.expr.types as ir

from yaotong.codes import CATEGORIES, Level
from yaotong.facts import Facts, Window
from yaotong.rules.linked import NOTHING
from yaotong.rules.model import FINDING_COLUMNS, Basis, Clause, Parameter, Values
from yaotong.rules.shapes import located, packs_of

YEAR_MONTHS = 12
WATCHED = ("EPH", "OPI_CMP", "PSY2")
BASIS = (
    Basis("药品管理法", "第五十七条", since=date(2019, 12, 1), verify=True),
    Basis("药品经营和使用质量监督管理办法", since=date(2024, 1, 1), verify=True),
    Basis("麻醉药品和精神药品管理条例", verify=True),
)
FLOOR = Parameter("min_packs", 20, "盒", 5, 500, "当月累计至少多少盒才判断")


def received(facts: Facts, window: Window, months: int) -> ir.Table:
    """Purchases of each watched category from `months` calendar months before the window's first month on.

    Columns: line_id, pharmacy_id, category (of the day it came), at, day, month (counted), quantity.
    """
    bought, drugs = _since(facts, window, months), facts.drugs
    day = bought.received_at.date()
    parts = []
    for category in WATCHED:
        mine = drugs.filter(drugs.categories.contains(f"|{category}|"))
        same = [bought.drug_code == mine.drug_code, day >= mine.valid_from, day <= mine.valid_to]
        part = bought.semi_join(mine, same)
        parts.append(
            part.select(
                "line_id", "pharmacy_id", "month", "quantity", "day",
                at="received_at", category=ibis.literal(category),
            )
        )  # fmt: skip
    return ibis.union(*parts)


def running(lines: ir.Table, window: Window) -> ir.Table:
    """Months to date, returns netted: pharmacy_id, category, month, day, packs, of days with lines."""
    some = lines.filter(lines.month >= month_of(window.since))
    daily = some.group_by("pharmacy_id", "category", "month", "day").agg(packs=packs_of(some.quantity))
    until = ibis.window(
        group_by=[daily.pharmacy_id, daily.category, daily.month], order_by=daily.day, following=0
    )
    return daily.mutate(packs=daily.packs.sum().over(until).round(6))


def with_past(facts: Facts, lines: ir.Table, window: Window, months: int) -> ir.Table:
    """`running` beside the months before: highest (packs of one month) and total (packs of all).

    A month in which the shop sent no purchase of any drug is unknown: who has one among them is left out. A
    month in which it sent some, but none of the category, is zero.
    """
    bought = _since(facts, window, months)
    known = bought.select("pharmacy_id", past_month="month").distinct()
    now = running(lines, window)
    asked = now.select("pharmacy_id", "category", "month").distinct().join(known, "pharmacy_id")
    asked = asked.filter(asked.past_month < asked.month, asked.past_month >= asked.month - months)
    monthly = lines.group_by("pharmacy_id", "category", past_month="month").agg(came=packs_of(lines.quantity))
    both = asked.left_join(monthly, ["pharmacy_id", "category", "past_month"])
    both = both.mutate(came=both.came.fill_null(0.0))
    past = both.group_by("pharmacy_id", "category", "month").agg(
        months=both.count(), highest=both.came.max(), total=packs_of(both.came)
    )
    return now.join(past.filter(past.months == months), ["pharmacy_id", "category", "month"])


def first_beyond(facts: Facts, lines: ir.Table, judged: ir.Table, *, level: Level, floor: float) -> ir.Table:
    """A finding on the first day of each month on which `packs` are above `bound`, and the floor or more.

    `judged`: the columns of `running` and bound. The evidence is the month's lines until that day.
    """
    high = judged.filter(judged.packs > judged.bound + NOTHING, judged.packs >= floor)
    key = ["pharmacy_id", "category", "month"]
    order = ibis.window(group_by=[high[name] for name in key], order_by=high.day)
    first = high.mutate(place=ibis.row_number().over(order)).filter(lambda one: one.place == 0)
    rows = first.select(*key, "packs", "bound", first_day="day").join(lines, key)
    shown = rows.filter(rows.day <= rows.first_day)
    found = shown.group_by("pharmacy_id", "category", "first_day").agg(
        behaviour_from=shown["at"].min(),
        behaviour_until=shown["at"].max(),
        measure=shown.packs.max().cast("float64"),
        threshold=shown.bound.max().round(6).cast("float64"),
        line_ids=shown.line_id.collect(),
    )
    placed = found.left_join(located(facts), "pharmacy_id")
    return placed.mutate(
        subject=placed.pharmacy_id,
        behaviour_day=placed.first_day,
        clause=placed.category,
        level=ibis.literal(str(level)),
        pharmacy_ids=ibis.array([placed.pharmacy_id]),
    ).select(*FINDING_COLUMNS)


def clauses(limit_zh: str, limit_en: str) -> Mapping[str, Clause]:
    """The limb of each category, whose limit is told in these words."""
    return {
        one: Clause(
            f"{CATEGORIES[one]}当月购进已达 {{measure}} 盒，超过{limit_zh} {{threshold}} 盒",
            f"{one}: {{measure}} packs received this month so far, above {limit_en} of {{threshold}}",
            "盒",
        )
        for one in WATCHED
    }


def month_of(day: date) -> int:
    """A calendar month as a count, whose differences are months."""
    return day.year * 12 + day.month


def _since(facts: Facts, window: Window, months: int) -> ir.Table:
    """Purchases of any drug from the first of the month so many before the window's, with day and month."""
    year, month = divmod(month_of(window.since) - months - 1, 12)
    first, bought = datetime(year, month + 1, 1), facts.purchases
    some = bought.filter(bought.received_at >= first, bought.received_at < window.end)
    day = some.received_at.date()
    return some.mutate(day=day, month=day.year() * 12 + day.month())


def above_mean(facts: Facts, window: Window, values: Values, level: Level) -> ir.Table:
    """Shops, categories and days whose month to date first exceeds `times` the mean of their year before."""
    lines = received(facts, window, YEAR_MONTHS)
    judged = with_past(facts, lines, window, YEAR_MONTHS)
    # A multiple of nothing tells nothing: what is new to a shop is R-D01's.
    some = judged.filter(judged.total > 0)
    bound = some.mutate(bound=some.total * float(values["times"]) / YEAR_MONTHS)
    return first_beyond(facts, lines, bound, level=level, floor=float(values["min_packs"]))
