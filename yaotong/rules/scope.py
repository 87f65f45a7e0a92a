"""What a change of the facts can change in the findings of a rule: days, and of whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from functools import reduce
from itertools import pairwise

import ibis
import ibis.expr.operations as ops
import ibis.expr.types as ir

from yaotong.facts import FACT_MOMENTS, KEYS, SIGNALS_SCHEMA, Apart, Facts, Window
from yaotong.nearfacts import NearFacts

# Facts worked out from others: a change of these changes them.
_RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "openings": ("pharmacies", "notices"),
    "signals": ("sales", "drugs", "pharmacies", "notices"),
}
_MOST_WINDOWS = 6
# A line in the night can end what began the evening before.
_BEFORE_DAYS = 1


@dataclass(frozen=True, slots=True)
class Span:
    """Days to judge, and of whom: `keys` is a table of one column `key`, or None for everybody.

    `subjects` are the keys once more where they are few enough to be held here.
    """

    window: Window
    keys: ir.Table | None = None
    subjects: frozenset[str] | None = None


def tables_read(found: ir.Table) -> frozenset[str]:
    """The fact tables that an expression reads, by their names in Facts."""
    known = {one.name for one in fields(Facts)}
    read = {node.name.removesuffix("_lines") for node in found.op().find(ops.DatabaseTable)} & known
    if any(tuple(node.schema) == tuple(SIGNALS_SCHEMA.names) for node in found.op().find(ops.InMemoryTable)):
        read |= {"signals"}
    return frozenset(read | {other for name in read for other in _RESTS_ON.get(name, ())})


def windows_of(days: Iterable[date], lookback_days: int, whole: Window) -> list[Window]:
    """The days whose findings lines of some days can change, within those that can be judged."""
    reached = []
    for day in sorted(set(days)):
        since = max(day - timedelta(days=_BEFORE_DAYS), whole.since)
        until = min(day + timedelta(days=lookback_days), whole.until)
        if since <= until:
            reached.append(Window(since, until))
    return merged(reached)


def merged(windows: Iterable[Window]) -> list[Window]:
    """Windows without overlap, in order; one long one for many, which costs less than many short runs."""
    apart: list[Window] = []
    for one in sorted(windows, key=lambda window: window.since):
        if apart and one.since <= apart[-1].until + timedelta(days=1):
            apart[-1] = Window(apart[-1].since, max(one.until, apart[-1].until))
        else:
            apart.append(one)
    return apart if len(apart) <= _MOST_WINDOWS else [Window(apart[0].since, apart[-1].until)]


def windows_within(whole: Window, lookback_days: int, most_days: int) -> list[Window]:
    """The parts of a window that are judged one after another, each of `most_days` at the most.

    A part reads `lookback_days` before it again: a rule for which that is half of a part or more is judged
    as a whole.
    """
    days = (whole.until - whole.since).days + 1
    if days <= most_days or lookback_days * 2 >= most_days:
        return [whole]
    count = -(-days // most_days)
    starts = [whole.since + timedelta(days=days * place // count) for place in range(count + 1)]
    return [Window(one, beyond - timedelta(days=1)) for one, beyond in pairwise(starts)]


def days_of(lines: Mapping[str, ir.Table], feeds: Iterable[str]) -> set[date]:
    """The days that lines of some feeds are of."""
    days: set[date] = set()
    for feed in feeds:
        moment = lines[feed][FACT_MOMENTS[feed]]
        told = lines[feed].filter(moment.notnull()).select(day=moment.date()).distinct().to_pandas()
        days.update(one.date() if hasattr(one, "date") else one for one in told["day"])
    return days


def keys_of(lines: Mapping[str, ir.Table], feeds: Sequence[str], apart: Apart) -> ir.Table | None:
    """Whom lines are about, as a table of one column `key`; None when some of them do not tell."""
    names = KEYS.get(apart, {})
    if not feeds or any(feed not in names for feed in feeds):
        return None
    parts = [lines[feed].select(key=lines[feed][names[feed]]) for feed in feeds]
    every = reduce(ibis.union, parts)
    return every.filter(every.key.notnull()).distinct()


def narrowed(facts: Facts, apart: Apart, keys: ir.Table) -> Facts:
    """The facts with only the lines of some pharmacies, persons or packs."""
    names = KEYS[apart]
    less = {
        feed: table.semi_join(keys, table[name] == keys.key)
        for feed, name in names.items()
        for table in [getattr(facts, feed)]
    }
    if isinstance(facts, NearFacts):
        return replace(facts, **less, only=(apart, keys))
    return replace(facts, **less)
