"""Calendar weeks, Monday to Sunday, and spans of days that end on a day: what shares are counted over."""

from __future__ import annotations

from datetime import timedelta

import ibis.expr.types as ir

from yaotong.facts import Window
from yaotong.rules.shapes import DAY_S

WEEK_DAYS = 7
# Day 0 of the count was a Thursday, and weeks end on a Sunday.
_THURSDAY = 3


def sunday_of(number: ir.IntegerValue) -> ir.IntegerValue:
    """The day count of the Sunday that ends a day's week."""
    return number + (WEEK_DAYS - 1) - (number + _THURSDAY) % WEEK_DAYS


def day_of(number: ir.IntegerValue) -> ir.DateValue:
    """A day count as its date."""
    return (number * DAY_S).as_timestamp("s").date()


def sold_between(sales: ir.Table, window: Window, days_before: int, days_after: int = 0) -> ir.Table:
    """Lines sold from some days before a window to some days before its end."""
    return sales.filter(
        sales.sold_at >= window.widened(days_before).start,
        sales.sold_at < window.end - timedelta(days=days_after),
    )


def spanned(daily: ir.Table, by: list[str], days: int, **sums: str) -> ir.Table:
    """The sums of columns over the days up to and including each day.

    `daily`: the `by` columns, `number` (day count), `day` and the columns; one row for each of them.
    Answers `by`, `number`, `day` and the sums by their new names.
    """
    then = daily.select(*by, then_number="number", **{f"then_{old}": old for old in sums.values()})
    pairs = daily.select(*by, "number", "day").join(then, by)
    age = pairs.number - pairs.then_number
    near = pairs.filter(age >= 0, age < days)
    return near.group_by(*by, "number", "day").agg(
        **{new: near[f"then_{old}"].sum() for new, old in sums.items()}
    )
