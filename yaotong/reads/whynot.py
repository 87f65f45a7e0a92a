"""Why a rule did not fire for a subject: what it would have taken, and what it had to go on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import reduce
from typing import Any

import ibis
import pandas as pd

from yaotong.errors import NotFound, UsageError
from yaotong.facts import FACT_MOMENTS, KEYS, Apart, Facts, Window
from yaotong.reads.exemptions import reaches_rule
from yaotong.reads.explain import facts_about
from yaotong.rules.asks import categories, columns_needed
from yaotong.rules.book import book
from yaotong.rules.model import Rule, Values
from yaotong.rules.near import Hit, Near, nearest
from yaotong.rules.run import run_rule
from yaotong.store import exemptions, rulebook
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace

SPAN_DAYS = 30


@dataclass(frozen=True, slots=True)
class Held:
    """A finding that there is after all: it did fire. `exemption_id` tells why nobody was told."""

    day: date
    clause: str
    measure: float
    threshold: float
    exemption_id: int | None


@dataclass(frozen=True, slots=True)
class FeedLines:
    """A subject's lines in one feed over what the rule reads, and needed columns that none of them fills."""

    feed: str
    lines: int
    empty: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exempted:
    """An exemption of the subject that covers some of the days."""

    exemption_id: int
    reason: str
    since: date
    until: date


@dataclass(frozen=True, slots=True)
class WhyNot:
    """What can be said of one rule, one subject and some days.

    `near` tells, for clauses that did not hold but could have, what it would have taken; `far` names those
    for which no value tried was enough. `of_categories` counts the subject's sales lines of the drug
    categories the rule looks for, None where it looks for none. `awaiting` names the clauses that judge
    nothing until a register was sent, and the register.
    """

    rule_id: str
    subject: str
    since: date
    until: date
    held: tuple[Held, ...]
    near: Mapping[str, Near]
    far: tuple[str, ...]
    feeds: tuple[FeedLines, ...]
    categories: tuple[str, ...]
    of_categories: int | None
    status: str | None
    exempted: tuple[Exempted, ...]
    awaiting: Mapping[str, str] = field(default_factory=dict)

    @property
    def silent(self) -> bool:
        """Whether the rule had no line of the subject to go on."""
        return bool(self.feeds) and not any(one.lines for one in self.feeds)


def why_not(workspace: Workspace, rule_id: str, subject: str, on: date | None = None) -> WhyNot:
    """Ask a rule about one subject on a day, or over the last thirty days of data.

    NotFound for a rule or shop that is not known; UsageError when there are no data at all.
    """
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    with workspace.store.read() as connection:
        rule = rulebook.in_force(connection, book()[rule_id])
    facts = open_facts(workspace.store, until=on)
    window = Window(on, on) if on is not None else _last_days(rule, facts)
    status = _status(rule, facts, subject)
    own = facts_about(rule, facts, subject)
    base = _hits(rule, own, window, subject, rule.values())
    feeds = lines_of(rule, facts, window, subject)
    silent = bool(feeds) and not any(one.lines for one in feeds)
    near = {} if silent else nearest(rule, lambda values: _best(_hits(rule, own, window, subject, values)))
    spared, exempted = _exemptions(workspace, rule, subject, window)
    wanted, counted = _of_categories(rule, facts, window, subject)
    return WhyNot(
        rule_id=rule_id,
        subject=subject,
        since=window.since,
        until=window.until,
        held=tuple(_held(one, spared) for one in base.itertuples(index=False)),
        near=near,
        far=tuple(one for one in rule.clauses if one not in near and one not in set(base["clause"])),
        feeds=feeds,
        categories=wanted,
        of_categories=counted,
        status=status,
        exempted=exempted,
        awaiting=_awaiting(rule, facts),
    )


def _awaiting(rule: Rule, facts: Facts) -> dict[str, str]:
    """Clauses whose register holds no row."""
    wanted = {name: one.awaits for name, one in rule.clauses.items() if one.awaits}
    return {name: one for name, one in wanted.items() if not getattr(facts, one).count().to_pandas()}


def _last_days(rule: Rule, facts: Facts) -> Window:
    """The last thirty days with data of what the rule reads."""
    feeds = [feed for feed in FACT_MOMENTS if feed in rule.feeds] or ["sales"]
    wanted = ["sales"] if "sales" in feeds else feeds
    moments = [getattr(facts, feed)[FACT_MOMENTS[feed]].max().to_pandas() for feed in wanted]
    known = [pd.Timestamp(one).date() for one in moments if not pd.isna(one)]
    if not known:
        raise UsageError(f"还没有 {rule.rule_id} 要读的数据（{'、'.join(feeds)}）。")
    return Window(max(known) - timedelta(days=SPAN_DAYS - 1), max(known))


def _status(rule: Rule, facts: Facts, subject: str) -> str | None:
    """The shop's state in the register; NotFound when the subject should be a shop and is none."""
    if str(rule.subject_kind) != "pharmacy":
        return None
    shops = facts.pharmacies.filter(facts.pharmacies.pharmacy_id == subject).select("status").to_pandas()
    if shops.empty:
        raise NotFound(f"没有药店 {subject}。")
    return None if pd.isna(shops["status"].iloc[0]) else str(shops["status"].iloc[0])


def _hits(rule: Rule, facts: Facts, window: Window, subject: str, values: Values) -> pd.DataFrame:
    """The subject's findings under some values, bounds aside."""
    frame = run_rule(rule, facts, window, probed=values)
    mine: pd.DataFrame = frame[frame["subject"] == subject]
    return mine


def _best(frame: pd.DataFrame) -> dict[str, Hit]:
    """For each clause the day on which the rule said most."""
    ordered = frame.sort_values(["measure", "behaviour_day"], ascending=[False, True])
    firsts = ordered.drop_duplicates("clause")
    columns = (firsts[name] for name in ("clause", "behaviour_day", "measure", "threshold"))
    return {
        str(clause): Hit(day, float(measure), float(threshold))
        for clause, day, measure, threshold in zip(*columns, strict=True)
    }


def _held(one: Any, spared: Mapping[tuple[date, str], int]) -> Held:
    day, clause = one.behaviour_day, one.clause
    told = float(one.measure), float(one.threshold)
    return Held(day, clause, *told, spared.get((day, clause)))


def _exemptions(
    workspace: Workspace, rule: Rule, subject: str, window: Window
) -> tuple[dict[tuple[date, str], int], tuple[Exempted, ...]]:
    """Which of the subject's findings are exempt, and its exemptions that touch the window."""
    with workspace.store.read() as connection:
        known = exemptions.every(connection, subject)
        kept = exemptions.of_subject(connection, rule.rule_id, subject)
    spared = {(one.behaviour_day, one.clause): by for one, by in kept if by is not None}
    mine = [one for one in known if reaches_rule(one, rule)]
    touching = [one for one in mine if one.valid_from <= window.until and one.valid_until >= window.since]
    return spared, tuple(
        Exempted(one.exemption_id, str(one.reason), one.valid_from, one.ended_from or one.valid_until)
        for one in touching
    )


def lines_of(rule: Rule, facts: Facts, window: Window, subject: str) -> tuple[FeedLines, ...]:
    """The subject's lines of each feed of lines that the rule reads, over all it looks back to."""
    kind: Apart = str(rule.subject_kind)  # type: ignore[assignment]
    keys = KEYS.get(kind, {})
    feeds = [feed for feed in FACT_MOMENTS if feed in rule.feeds and feed in keys]
    needed = columns_needed(rule.find(facts, window, rule.values()), feeds)
    return tuple(_feed(rule, facts, window, subject, feed, keys[feed], needed[feed]) for feed in feeds)


def _feed(
    rule: Rule,
    facts: Facts,
    window: Window,
    subject: str,
    feed: str,
    key: str,
    needed: Sequence[str],
) -> FeedLines:
    table, wide = getattr(facts, feed), window.widened(rule.lookback_days)
    moment = table[FACT_MOMENTS[feed]]
    own = table.filter(table[key] == subject, moment >= wide.start, moment < wide.end)
    told = own.aggregate(lines=own.count(), **{name: own[name].count() for name in needed}).to_pandas()
    lines = int(told["lines"].iloc[0])
    empty = tuple(name for name in needed if lines and not int(told[name].iloc[0]))
    return FeedLines(feed, lines, empty)


def _of_categories(
    rule: Rule, facts: Facts, window: Window, subject: str
) -> tuple[tuple[str, ...], int | None]:
    """The drug categories a rule looks for, and how many sales lines of them the subject has."""
    kind: Apart = str(rule.subject_kind)  # type: ignore[assignment]
    wanted = categories(rule.find(facts, window, rule.values()))
    key = KEYS.get(kind, {}).get("sales")
    if not wanted or key is None or "sales" not in rule.feeds:
        return wanted, None
    sold, wide = facts.sales_of(*wanted), window.widened(rule.lookback_days)
    tests = [sold[key] == subject, sold.sold_at >= wide.start, sold.sold_at < wide.end]
    return wanted, int(sold.filter(reduce(ibis.and_, tests)).count().to_pandas())
