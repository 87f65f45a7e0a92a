"""How wide a rule fires: a condition that holds for nearly everybody nearly always tells nothing.

Measured on the days on which the rule fires at all, so that a rule that judges once a week is weighed by
those days: of the subjects that had data that day, how many it found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce

import ibis
import ibis.expr.types as ir
import pandas as pd

from yaotong.codes import SubjectKind
from yaotong.facts import FACT_MOMENTS, KEYS, Facts, Window
from yaotong.rules.model import Rule
from yaotong.rules.scope import tables_read

ALWAYS_SHARE = 0.9  # of the subjects with data on a day
ALWAYS_DAYS = 0.1  # of the days with data: rarer than that is an event, not a condition
FEWEST = 20  # subject-days; fewer say nothing


@dataclass(frozen=True, slots=True)
class Breadth:
    """Days with data, days it fired on; of the subjects with data on these, those it found."""

    days: int
    fired_days: int
    subject_days: int
    fired: int

    @property
    def share(self) -> float:
        """Of the subjects with data on a day it fires on, the part it finds."""
        return self.fired / self.subject_days if self.subject_days else 0.0

    @property
    def always(self) -> bool:
        """Whether the condition is as good as always true."""
        enough = self.subject_days >= FEWEST and self.fired_days >= ALWAYS_DAYS * self.days
        return enough and self.share >= ALWAYS_SHARE


def breadth(found: Iterable[tuple[str, date]], present: Mapping[date, int]) -> Breadth:
    """From (subject, day) of the findings and how many subjects had data on each day.

    An absence is found where there is no data: a day then counts the found ones at least.
    """
    fired: dict[date, set[str]] = {}
    for subject, day in found:
        fired.setdefault(day, set()).add(subject)
    subject_days = sum(max(present.get(day, 0), len(subjects)) for day, subjects in fired.items())
    return Breadth(len(present), len(fired), subject_days, sum(map(len, fired.values())))


def present_by_day(facts: Facts, rule: Rule, window: Window) -> dict[date, int]:
    """How many subjects of the rule's kind have data on each day of a window, in the feeds it reads."""
    read = tables_read(rule.find(facts, window, rule.values()))
    parts = [
        part
        for feed in FACT_MOMENTS
        if feed in read and (part := _subjects(facts, rule.subject_kind, feed, window)) is not None
    ]
    if not parts:
        return {}
    every = reduce(ibis.union, parts).distinct()
    counted = every.group_by("day").agg(subjects=every.subject.nunique()).to_pandas()
    return {
        pd.Timestamp(day).date(): int(count)
        for day, count in zip(counted["day"], counted["subjects"], strict=True)
    }


def _subjects(facts: Facts, kind: SubjectKind, feed: str, window: Window) -> ir.Table | None:
    """Distinct (subject, day) of one feed; None when the feed does not tell subjects of this kind."""
    table = getattr(facts, feed)
    moment = table[FACT_MOMENTS[feed]]
    table = table.filter((moment >= window.start) & (moment < window.end))
    subject = _subject(facts, kind, feed, table)
    if subject is None:
        return None
    table, column = subject
    told = table.select(subject=column, day=table[FACT_MOMENTS[feed]].date())
    return told.filter(told.subject.notnull()).distinct()


def _subject(
    facts: Facts, kind: SubjectKind, feed: str, table: ir.Table
) -> tuple[ir.Table, ir.Column] | None:
    if kind is SubjectKind.PHARMACY and feed in KEYS["pharmacy"]:
        return table, table.pharmacy_id
    if kind is SubjectKind.BUYER and feed in KEYS["buyer"]:
        return table, table[KEYS["buyer"][feed]]
    if kind is SubjectKind.TRACE_CODE and feed in KEYS["trace_code"]:
        return table, table.trace_code
    if kind is SubjectKind.LOT and "batch_no" in table.columns:
        return table, table.drug_code + ":" + table.batch_no
    if kind is SubjectKind.AREA and "pharmacy_id" in table.columns:
        areas = facts.pharmacies.select("pharmacy_id", "area_code")
        placed = table.inner_join(areas, "pharmacy_id")
        return placed, placed.area_code
    return None
