"""Shapes that several rules share: evidence by pairs of lines, areas of shops, notices of a day."""

from __future__ import annotations

from datetime import date
from functools import reduce
from operator import or_

import ibis
import ibis.expr.types as ir

from yaotong.counting import noticed as noticed  # they belong to the same shapes
from yaotong.counting import packs_of as packs_of
from yaotong.facts import Facts, Window

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
_SHORT_DAYS = 31


def inside(table: ir.Table, window: Window) -> ir.BooleanValue:
    """Lines sold within a window."""
    return (table.sold_at >= window.start) & (table.sold_at < window.end)


def bears(categories: ir.StringValue, *wanted: str) -> ir.BooleanValue:
    """Whether categories (of a drug or a licence's scope, "|EPH|RX|") hold any of those wanted."""
    return reduce(or_, (categories.contains(f"|{one}|") for one in wanted))


def latest(moment: ir.TimestampValue, line_id: ir.StringValue) -> ir.StringValue:
    """A key that orders lines by time and, within one second, by their id: the last one is always one."""
    return moment.cast("string") + line_id


def of_now(lines: ir.Table, moment: str, keys: list[str], window: Window) -> ir.Table:
    """Lines of the keys that occur inside a window, so that a night reads the past of few.

    All lines for a long window, in which nearly every key occurs: the look would cost more than it saves.
    """
    if (window.until - window.since).days > _SHORT_DAYS:
        return lines
    now = lines.filter(lines[moment] >= window.start, lines[moment] < window.end).select(*keys).distinct()
    return lines.semi_join(now, keys)


def spread(spans: ir.Table, first: ir.IntegerValue, last: ir.IntegerValue) -> ir.Table:
    """Each span once for every whole number from `first` to `last`, told as `bucket`.

    Lines that bear the number of their own moment then meet spans by equality: engines that would hold
    every line of a shop to every span of it do not finish.
    """
    # As columns of their own: on Spark, ibis takes a difference that stands in a range apart (a - b - 1).
    ends = spans.mutate(first_bucket=first, last_bucket=last)
    every = ends.mutate(bucket=ibis.range(ends.first_bucket, ends.last_bucket + 1).unnest())
    return every.drop("first_bucket", "last_bucket")


def shortly_before(
    rows: ir.Table, there: ir.Table, keys: list[str], *, moment: str, then: str, seconds: int
) -> ir.Table:
    """Pairs of rows and of those `there` of the same keys whose `then` is up to `seconds` before `moment`.

    Adds age, the seconds between. Columns of both must differ, the keys apart.
    """
    bucket = rows[moment].epoch_seconds() // seconds
    began = there[then].epoch_seconds() // seconds
    pairs = rows.mutate(bucket=bucket).join(spread(there, began, began + 1), [*keys, "bucket"])
    pairs = pairs.mutate(age=pairs[moment].epoch_seconds() - pairs[then].epoch_seconds())
    return pairs.filter(pairs.age >= 0, pairs.age <= seconds).drop("bucket")


def located(facts: Facts) -> ir.Table:
    """pharmacy_id and the area its point lies in."""
    return facts.pharmacies.select("pharmacy_id", "area_code")


def day_numbers(days: ir.Table) -> ir.Table:
    """The calendar with `number`, a day count whose differences are whole days on every engine."""
    return days.mutate(number=(days.day.cast("timestamp").epoch_seconds() // DAY_S))


def number_of(day: ir.DateValue) -> ir.IntegerValue:
    """A date as its day count."""
    return day.cast("timestamp").epoch_seconds() // DAY_S


def numbers(window: Window) -> ir.Table:
    """`number`: the day count of every day of a window, whether anything happened on it or not."""
    first = (window.since - date(1970, 1, 1)).days
    last = (window.until - date(1970, 1, 1)).days
    # Of their type from the start: Spark casts nothing while it is being laid out.
    laid_out = ibis.range(ibis.literal(first, "int64"), ibis.literal(last + 1, "int64")).unnest()
    return laid_out.name("number").as_table()
