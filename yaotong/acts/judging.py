"""Which days and whose lines a rule still has to judge, and what it found there as findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import pandas as pd
from ibis.backends.sql import SQLBackend

from yaotong.alerts.model import Finding
from yaotong.codes import Level
from yaotong.facts import FACT_MOMENTS, REGISTER_DAYS, Facts, Window
from yaotong.nearfacts import NearFacts
from yaotong.rules.keys import key_of
from yaotong.rules.lint import tables_of
from yaotong.rules.model import FIGURES, Rule, Values
from yaotong.rules.run import boundary, run_rule
from yaotong.rules.scope import (
    Span,
    days_of,
    keys_of,
    merged,
    narrowed,
    windows_of,
    windows_within,
)
from yaotong.store.changes import Changes, changes_between
from yaotong.store.engine import Store
from yaotong.store.judged import Mark

# Beyond so many lines of sales, what some rules hold of all of them at once no longer fits four gigabytes.
MOST_LINES = 16_000_000
_SHORT_DAYS = 31


@dataclass(slots=True)
class Judging:
    """The facts of one data version, and what changed since the versions that rules have judged."""

    store: Store
    facts: Facts
    data_version: int
    _changes: dict[int, Changes] = field(default_factory=dict)
    _days: dict[str, Window | None] = field(default_factory=dict)
    _changed: dict[tuple[str, int], set[date]] = field(default_factory=dict)
    _most_days: int | None = None

    def days(self, rule: Rule) -> Window | None:
        """The first to the last day with data: of sales where the rule reads them, else of what it reads."""
        dated = [name for name in REGISTER_DAYS if name in rule.feeds]
        if dated:
            return self._days_told(dated[0])
        feeds = [feed for feed in FACT_MOMENTS if feed in rule.feeds]
        wanted = ["sales"] if "sales" in feeds or not feeds else feeds
        known = [days for feed in wanted if (days := self._days_of(feed)) is not None]
        return Window(min(one.since for one in known), max(one.until for one in known)) if known else None

    @property
    def most_days(self) -> int:
        """How many days hold as many lines of sales as are judged at once, given what a day has."""
        if self._most_days is None:
            days = self._days_of("sales")
            lines = int(self.facts.sales.count().to_pandas()) if days is not None else 0
            long = (days.until - days.since).days + 1 if days is not None else 1
            self._most_days = max(1, MOST_LINES * long // max(lines, 1))
        return self._most_days

    def _days_of(self, feed: str) -> Window | None:
        if feed not in self._days:
            table = getattr(self.facts, feed)
            moment = table[FACT_MOMENTS[feed]]
            first, last = table.aggregate(first=moment.min(), last=moment.max()).to_pandas().iloc[0]
            self._days[feed] = None if pd.isna(first) else Window(first.date(), last.date())
        return self._days[feed]

    def _days_told(self, name: str) -> Window | None:
        """The first to the last day of a register whose rows are of days."""
        day = getattr(self.facts, name)[REGISTER_DAYS[name]]
        first, last = day.as_table().aggregate(first=day.min(), last=day.max()).to_pandas().iloc[0]
        return None if pd.isna(first) else Window(pd.Timestamp(first).date(), pd.Timestamp(last).date())

    def spans(self, rule: Rule, values: Values, whole: Window, mark: Mark | None) -> list[Span]:
        """What a rule has to judge of the days that can be judged; [] when nothing can have changed."""
        if mark is None or mark.rule_key != key_of(rule, values):
            return [Span(whole)]
        read, changed = tables_of(rule), self.changed_since(mark.data_version)
        if (changed - set(FACT_MOMENTS)) & read:
            return [Span(whole)]
        feeds = [feed for feed in FACT_MOMENTS if feed in changed & read]
        days = {day for feed in feeds for day in self._days_changed(feed, mark.data_version)}
        windows = windows_of(days, rule.lookback_days, whole)
        if rule.apart:
            return self.apart(rule, windows, feeds, mark.data_version)
        if mark.until < whole.until:  # days that nobody judged yet: there may be silence to tell of
            windows.append(Window(mark.until + timedelta(days=1), whole.until))
        return [Span(window) for window in merged(windows)]

    def apart(self, rule: Rule, windows: Sequence[Window], feeds: Sequence[str], since: int) -> list[Span]:
        """The spans of a rule that judges one subject at a time, when lines of `feeds` came after `since`."""
        keys = keys_of(self.changes_since(since).lines, feeds, rule.apart)
        return [Span(window, keys) for window in windows]

    def found(self, rule: Rule, span: Span, part: Window) -> pd.DataFrame:
        """What a rule finds in a part of a span, as run_rule tells it."""
        return run_rule(rule, self.facts_of(rule, span), part)

    def changed_since(self, version: int) -> frozenset[str]:
        """The feeds of lines and the registries that changed after a data version."""
        changes = self.changes_since(version)
        return frozenset(changes.lines) | changes.registries

    def _days_changed(self, feed: str, since: int) -> set[date]:
        if (feed, since) not in self._changed:
            self._changed[feed, since] = days_of(self.changes_since(since).lines, [feed])
        return self._changed[feed, since]

    def changes_since(self, version: int) -> Changes:
        """What changed after a data version, looked up once."""
        if version not in self._changes:
            backend = self.facts.sales.get_backend()
            assert isinstance(backend, SQLBackend)
            with self.store.read() as connection:
                self._changes[version] = changes_between(
                    backend, connection, self.store.facts_dir, version, self.data_version
                )
        return self._changes[version]

    def facts_of(self, rule: Rule, span: Span) -> Facts:
        """The facts that a span is judged on."""
        if span.keys is None:
            return self.facts
        facts = self.facts
        if isinstance(facts, NearFacts):
            facts = facts.late(span.window.widened(rule.lookback_days + 1).start)
        return narrowed(facts, rule.apart, span.keys)


@dataclass(frozen=True, slots=True)
class Order:
    """What a run was asked for: certain behaviour days, or all days, or what changed since `marks`."""

    since: date | None
    until: date | None
    marks: Mapping[str, Mark]

    def due(self, judging: Judging, rule: Rule, name: str) -> tuple[list[Span], Mark | None]:
        """The spans a rule has to judge and how far it has then come; `name` is its mark's."""
        span = judging.days(rule)
        if span is None:
            return [], None
        if self.since or self.until:
            return [Span(Window(self.since or span.since, self.until or span.until))], None
        values = rule.values()
        with boundary(rule):
            spans = judging.spans(rule, values, span, self.marks.get(name))
        return spans, Mark(key_of(rule, values), judging.data_version, span.until)


def judge(judging: Judging, rule: Rule, spans: Sequence[Span]) -> list[tuple[Span, list[Finding]]]:
    """What a rule finds in spans; RuleFailed when it cannot."""
    return [(span, _found_in(judging, rule, span)) for span in spans]


def _found_in(judging: Judging, rule: Rule, span: Span) -> list[Finding]:
    """What a rule finds in one span, part by part where the span holds more lines than are judged at once."""
    days = (span.window.until - span.window.since).days + 1
    # Of a night's few days nobody has to know how many lines there are.
    short = days <= max(_SHORT_DAYS, 2 * rule.lookback_days)
    parts = [span.window] if short else windows_within(span.window, rule.lookback_days, judging.most_days)
    found = [one for part in parts for one in to_findings(rule, judging.found(rule, span, part))]
    return sorted(found, key=lambda one: (one.subject, one.behaviour_day, one.clause))


def judged_now(subjects: Mapping[str, str], span: Span) -> set[str]:
    """Of stored findings, given by their subjects, those that a span judges anew."""
    if span.keys is None or not subjects:
        return set(subjects)
    meant = span.subjects
    if meant is None:
        asked = sorted(set(subjects.values()))
        meant = frozenset(span.keys.filter(span.keys.key.isin(asked)).to_pandas()["key"])
    return {name for name, subject in subjects.items() if subject in meant}


def to_findings(rule: Rule, frame: pd.DataFrame) -> list[Finding]:
    """A rule's result as findings."""
    return [_finding(rule, row) for row in frame.itertuples(index=False)]


def _finding(rule: Rule, row: Any) -> Finding:
    return Finding(
        rule_id=rule.rule_id,
        rule_version=rule.version,
        subject=row.subject,
        behaviour_day=pd.Timestamp(row.behaviour_day).date(),
        behaviour_from=pd.Timestamp(row.behaviour_from).to_pydatetime(),
        behaviour_until=pd.Timestamp(row.behaviour_until).to_pydatetime(),
        clause=row.clause,
        measure=float(row.measure),
        threshold=float(row.threshold),
        level=Level(row.level),
        area_code=None if pd.isna(row.area_code) else row.area_code,
        pharmacy_ids=tuple(row.pharmacy_ids),
        line_ids=tuple(row.line_ids),
        figures=getattr(row, FIGURES, "") or "",
    )
