"""Judge what comes as soon as it has come: rules about one subject at once, the others when it is quiet.

A rule that judges one pharmacy, person or pack at a time needs only the lines of those the news is about, and
is judged with every load. Rules that hold shops or towns to one another look at everybody: they wait until
nothing comes, or until they have waited long enough. Either way the alerts are those of `detect`.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa

from yaotong.acts.detection import RuleRun, detect, note_runs, run_rules
from yaotong.acts.judging import Judging, Order
from yaotong.acts.muting import settle, settle_some
from yaotong.acts.reminding import remind
from yaotong.errors import ConfigError
from yaotong.facts import KEYS, Apart, Facts, Window
from yaotong.rules.book import book
from yaotong.rules.keys import key_of
from yaotong.rules.lint import tables_of
from yaotong.rules.model import Rule
from yaotong.rules.run import boundary, question, run_asked
from yaotong.rules.scope import Span
from yaotong.signals import NAME
from yaotong.store import Connection, judged, loads, rulebook
from yaotong.store.judged import Mark
from yaotong.store.livefacts import MOST_LINES, LiveFacts, News, lines_kept
from yaotong.store.rulebook import Tuned
from yaotong.workspace import Workspace

# A question is put for days up to the newest one; a few lengths do, so that it can be asked again.
_REACHES = (1, 7, 31, 92, 400)
_MOST_PUT = 600
# So long rules about everybody wait for a quiet moment while lines keep coming.
PATIENCE_SECONDS = 900.0

_Put = tuple[str, str, Window, bool]


@dataclass(slots=True)
class _Asked:
    """Questions put once, by rule, values, days, and whether they are about a few or everybody."""

    live: LiveFacts
    known: dict[_Put, str] = field(default_factory=dict)

    def __call__(self, rule: Rule, facts: Facts, window: Window, few: bool) -> pd.DataFrame:
        values = rule.values()
        name = (rule.rule_id, key_of(rule, values), window, few)
        if name not in self.known:
            if len(self.known) >= _MOST_PUT:
                for one in self.known.values():
                    self.live.drop(one)
                self.known.clear()
            with boundary(rule):
                self.known[name] = self.live.put(question(rule, facts, window, values))
        return run_asked(rule, window, lambda: self.live.answer(self.known[name]))


@dataclass(slots=True)
class _Following(Judging):
    """Judging on facts in memory, of which `news` came after the version `before`."""

    live: LiveFacts = field(kw_only=True)
    asked: _Asked = field(kw_only=True)
    news: News = field(kw_only=True)
    before: int = field(kw_only=True)
    _named: dict[Apart, frozenset[str]] = field(default_factory=dict)

    def _days_of(self, feed: str) -> Window | None:
        return self.live.days(feed)

    def changed_since(self, version: int) -> frozenset[str]:
        if version < self.before:
            return Judging.changed_since(self, version)
        return frozenset(self.news.lines) | self.news.registers

    def _days_changed(self, feed: str, since: int) -> set[date]:
        if since < self.before:
            return Judging._days_changed(self, feed, since)
        if (feed, since) not in self._changed:
            self._changed[feed, since] = _days_in(self.news.lines[feed])
        return self._changed[feed, since]

    def apart(self, rule: Rule, windows: Sequence[Window], feeds: Sequence[str], since: int) -> list[Span]:
        if since < self.before:
            return Judging.apart(self, rule, windows, feeds, since)
        last = self.days(rule)
        if not windows or last is None:
            return []
        window = _reaching(windows[0].since, last)
        if any(feed not in KEYS[rule.apart] for feed in feeds):
            return [Span(window)]
        named = self._subjects(rule.apart)
        return [Span(window, self.live.keys(rule.apart), named)] if named else []

    def found(self, rule: Rule, span: Span, part: Window) -> pd.DataFrame:
        counted = NAME in tables_of(rule)  # judged anew each time, a question put once would not be
        if counted or (span.keys is not None and span.subjects is None):
            return Judging.found(self, rule, span, part)
        few = span.subjects is not None
        return self.asked(rule, self.live.narrowed(rule.apart) if few else self.facts, part, few)

    def _subjects(self, apart: Apart) -> frozenset[str]:
        """Whom the news is about; the narrowed facts are then of these."""
        if apart not in self._named:
            names = KEYS[apart]
            told = [self.news.lines[feed][names[feed]] for feed in names if feed in self.news.lines]
            self._named[apart] = frozenset(one for some in told for one in some.unique().to_pylist() if one)
            self.live.narrow(apart, self._named[apart])
        return self._named[apart]


class Follower:
    """Keeps the alerts up with the facts, a step at a time. For one thread, and one process at a time."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        with workspace.store.read() as connection:
            version = loads.current_version(connection)
        self._live = LiveFacts(workspace.store, version)
        self._asked = _Asked(self._live)
        self._waiting_since: float | None = None
        self._resting: dict[str, float] = {}  # rules that failed, and until when they are not tried
        self._unnoted: list[RuleRun] = []  # since all rules were up with the facts

    def step(self, now: datetime) -> list[RuleRun]:
        """Judge what came since the last step; else one rule that is behind. [] when there is nothing to do.

        RuleRun of each rule that was judged. StoreError when a store cannot be had: the step is taken again.
        """
        with self._workspace.store.read() as connection:
            version, come_to = loads.current_version(connection), _come_to(connection)
            order = Order(None, None, judged.marks(connection))
        before = self._live.version
        news = self._live.advance(version) if version > before else News()
        judging = self._judging(news, before)
        runs: list[RuleRun] = []
        if version > before:
            ready = [one for one in book().values() if one.apart and come_to[one.rule_id] >= before]
            runs = self._run(judging, ready, order, now)
            with self._workspace.store.write() as connection:
                settle_some(connection, [one.rule_id for one in ready], ran=True)
        behind = [
            one
            for name, one in book().items()
            if come_to[name] < version and name not in {run.rule_id for run in runs}
            and self._resting.get(name, 0.0) < time.monotonic() and judging.days(one) is not None
        ]  # fmt: skip
        return runs + self._one_of(behind, judging, order, now, busy=bool(runs))

    def _one_of(
        self, behind: Sequence[Rule], judging: _Following, order: Order, now: datetime, *, busy: bool
    ) -> list[RuleRun]:
        """Judge a rule that is not up with the facts, unless lines keep coming and it has not waited long."""
        if not behind:
            self._waiting_since = None
            return []
        self._waiting_since = self._waiting_since or time.monotonic()
        if busy and time.monotonic() - self._waiting_since < PATIENCE_SECONDS:
            return []
        ran = self._run(judging, behind[:1], order, now)
        with self._workspace.store.write() as connection:
            if len(behind) > 1:
                settle_some(connection, [behind[0].rule_id], ran=True)
            else:
                settle(connection)
                remind(connection, now)
                note_runs(connection, self._unnoted, self._live.version, now)
                self._unnoted.clear()
        return ran

    def _run(self, judging: _Following, rules: Sequence[Rule], order: Order, now: datetime) -> list[RuleRun]:
        runs = run_rules(self._workspace, judging, rules, order, now)
        self._unnoted += runs
        rest = time.monotonic() + PATIENCE_SECONDS
        self._resting.update({one.rule_id: rest for one in runs if one.failed})
        return runs

    def _judging(self, news: News, before: int) -> _Following:
        live = self._live
        return _Following(
            self._workspace.store,
            live.facts,
            live.version,
            live=live,
            asked=self._asked,
            news=news,
            before=before,
        )


class Patient:
    """The same for facts too many to hold in memory: a run of `detect`, now and then, when something came."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._next = 0.0
        self._version = -1

    def step(self, now: datetime) -> list[RuleRun]:
        """Judge what came since the last run, if that is long enough ago."""
        with self._workspace.store.read() as connection:
            version = loads.current_version(connection)
        if version == self._version or time.monotonic() < self._next:
            return []
        runs = detect(self._workspace, now=now)
        self._version, self._next = version, time.monotonic() + PATIENCE_SECONDS
        return runs


def follower(workspace: Workspace) -> Follower | Patient:
    """Who keeps the alerts of a workspace up with its facts."""
    with workspace.store.read() as connection:
        lines = lines_kept(connection)
    return Follower(workspace) if lines <= MOST_LINES else Patient(workspace)


def _come_to(connection: Connection) -> dict[str, int]:
    """The data version that each rule, as it is live, has judged; -1 where it has judged none."""
    marks, live = judged.marks(connection), rulebook.live(connection)
    return {name: _version_of(marks.get(name), one, live.get(name)) for name, one in book().items()}


def _version_of(mark: Mark | None, rule: Rule, tuned: Tuned | None) -> int:
    try:
        now = rule if tuned is None else tuned.of(rule)
    except ConfigError:
        return -1  # whoever runs it says what is wrong with it
    return mark.data_version if mark is not None and mark.rule_key == key_of(now, now.values()) else -1


def _reaching(since: date, whole: Window) -> Window:
    """The shortest window up to the last day, of a length that is asked for again, that holds a day."""
    for days in _REACHES:
        first = whole.until - timedelta(days=days)
        if first <= since:
            return Window(max(first, whole.since), whole.until)
    return Window(since, whole.until)


def _days_in(lines: pa.Table) -> set[date]:
    moments = lines["at"].drop_null().to_numpy().astype("datetime64[D]")
    return set(np.unique(moments).tolist())
