"""Detect: run rules over what changed in the facts and make their findings alerts, a transaction per rule."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from typing import Any

from yaotong.acts.browsing import tell_browsing
from yaotong.acts.judging import Judging, Order, judge, judged_now
from yaotong.acts.muting import hold, settle
from yaotong.acts.opening import dispatch_row, open_alerts
from yaotong.acts.recording import note
from yaotong.acts.reminding import remind
from yaotong.acts.shadows import run_shadow
from yaotong.acts.sparing import keep_spared, parted, with_reasons
from yaotong.acts.stopping import guarded, stem_flood
from yaotong.alerts.decide import Plan, plan
from yaotong.alerts.effects import anew, with_look
from yaotong.alerts.model import Change, Finding
from yaotong.alerts.people import Office
from yaotong.alerts.route import route
from yaotong.alerts.states import Act, State
from yaotong.departments import departments
from yaotong.errors import NotFound, UsageError
from yaotong.reads.muting import inhibitions
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.scope import Span
from yaotong.store import Connection, alerts, findings, judged, loads, rulebook
from yaotong.store.athand import near
from yaotong.store.clearing import clear
from yaotong.store.factbase import open_facts
from yaotong.store.factengine import DUCKDB
from yaotong.store.judged import Mark
from yaotong.store.offices import read_offices
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What one rule's run came to. `days` counts the behaviour days it had to judge.

    `failed` says why the rule is quarantined and was not judged; "" for one that was.
    """

    rule_id: str
    found: int
    opened: int
    extended: int
    worsened: int
    vanished: int
    days: int
    seconds: float
    failed: str = ""

    @staticmethod
    def stopped(rule: Rule, why: str) -> RuleRun:
        """The run of a rule that did not run."""
        return RuleRun(rule.rule_id, 0, 0, 0, 0, 0, 0, 0.0, why)


def detect(
    workspace: Workspace,
    *,
    since: date | None = None,
    until: date | None = None,
    rule_ids: Sequence[str] = (),
    now: datetime,
    whole: bool = False,
    engine: str = DUCKDB,
    progress: Callable[[RuleRun], None] | None = None,
) -> list[RuleRun]:
    """Run rules over what came or was corrected since they last ran; all of it the first time.

    With `since` or `until`, over these behaviour days; with `whole`, over all days. The same data give
    the same alerts, whichever way: a second run opens nothing and tells nobody. A rule that fails is
    quarantined and the others run; versions that shadow a rule are judged beside it.
    `engine` is "duckdb" or the address of a Spark master.
    """
    rules = _chosen(rule_ids)
    inhibitions()  # A wrong entry stops a run before it begins.
    tell_browsing(workspace, now=now)
    with workspace.store.read() as connection:
        version, marks = loads.current_version(connection), judged.marks(connection)
    clear(workspace.store, version)
    facts = open_facts(workspace.store, until=until, version=version, engine=engine)
    if engine == DUCKDB:
        facts = near(facts, workspace.store, version, recent=bool(marks) and not whole)
    judging = Judging(workspace.store, facts, version)
    order = Order(since, until, {} if whole else marks)
    with _kept_apart():
        runs = run_rules(workspace, judging, rules, order, now, progress)
    with workspace.store.write() as connection:
        settle(connection)
        remind(connection, now)
        note_runs(connection, runs, version, now)
    return runs


@contextmanager
def _kept_apart() -> Iterator[None]:
    """What is in memory by now stays: the collector, whom rules call often, does not look it over."""
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def run_rules(
    workspace: Workspace,
    judging: Judging,
    rules: Sequence[Rule],
    order: Order,
    now: datetime,
    progress: Callable[[RuleRun], None] | None = None,
) -> list[RuleRun]:
    """Judge rules as they are live, with their shadows; the caller settles what is muted at its end."""
    with workspace.store.read() as connection:
        live, beside = rulebook.live(connection), rulebook.shadows(connection)
    one = partial(_run, workspace, judging, order, now)
    runs = []
    for rule in rules:
        if judging.days(rule) is None:
            continue
        run = guarded(workspace, rule, live.get(rule.rule_id), now, one)
        runs.append(RuleRun.stopped(rule, run) if isinstance(run, str) else run)
        for tuned in beside.get(rule.rule_id, ()):
            run_shadow(workspace, judging, order, rule, tuned, now)
        if progress is not None:
            progress(runs[-1])
    return runs


def note_runs(connection: Connection, runs: Sequence[RuleRun], version: int, now: datetime) -> None:
    """Note in the audit chain what a run came to; what it moved is in the events of the alerts."""
    counts = {name: sum(getattr(run, name) for run in runs) for name in ("opened", "extended", "vanished")}
    failed = sum(bool(run.failed) for run in runs)
    note(
        connection, SYSTEM, "detect", f"version:{version}", now=now, **counts,
        rules=len({run.rule_id for run in runs}), failed=failed,
        seconds=round(sum(run.seconds for run in runs), 1),
    )  # fmt: skip


def _run(workspace: Workspace, judging: Judging, order: Order, now: datetime, rule: Rule) -> RuleRun:
    """Judge one rule, as it is live, over what it has to judge."""
    started = time.monotonic()
    spans, reached = order.due(judging, rule, rule.rule_id)
    decided = _judge(workspace, judging, rule, spans, reached, now)
    return _told(rule, spans, decided, time.monotonic() - started)


def _chosen(rule_ids: Sequence[str]) -> list[Rule]:
    known = book()
    strange = [one for one in rule_ids if one not in known]
    if strange:
        raise UsageError(f"没有规则 {'、'.join(strange)}。可用：{'、'.join(known)}")
    return [known[one] for one in (rule_ids or known)]


def _judge(
    workspace: Workspace,
    judging: Judging,
    rule: Rule,
    spans: Sequence[Span],
    reached: Mark | None,
    now: datetime,
) -> list[tuple[int, Plan]]:
    """Judge spans and write what they came to, all or nothing; how many findings and which changes each."""
    found = judge(judging, rule, spans)
    decided = []
    with workspace.store.write() as connection:
        for span, each in found:
            changes = _decide(connection, rule, each, span)
            apply(connection, rule, changes, now)
            decided.append((len(each), changes))
        if reached is not None:
            judged.mark(connection, rule.rule_id, reached)
        stem_flood(connection, rule, workspace.settings.flood_alerts_a_day, now)
    return decided


def _told(rule: Rule, spans: Sequence[Span], decided: Sequence[tuple[int, Plan]], seconds: float) -> RuleRun:
    def count(act: Act) -> int:
        return sum(changes.count(act) for _, changes in decided)

    return RuleRun(
        rule.rule_id,
        sum(found for found, _ in decided),
        count(Act.OPEN),
        count(Act.EXTEND),
        count(Act.WORSEN),
        count(Act.VANISH),
        sum((span.window.until - span.window.since).days + 1 for span in spans),
        seconds,
    )


def _decide(connection: Connection, rule: Rule, found: Sequence[Finding], span: Span) -> Plan:
    window = span.window
    found, spared = parted(connection, rule, found)
    known_before = findings.in_window(connection, rule.rule_id, window.since, window.until)
    anew = judged_now({name: subject for name, (subject, _) in known_before.items()}, span)
    stored = {name: sha for name, (_, sha) in known_before.items() if name in anew}
    still = {one.finding_id for one in found}
    gone = [one for one in stored if one not in still]
    news = [one for one in found if stored.get(one.finding_id) != one.content_sha]
    subjects = {one.subject for one in news} | alerts.subjects_of(connection, gone)
    known = alerts.known(connection, rule.rule_id, sorted(subjects))
    findings.let_go(connection, gone, loads.current_version(connection))
    keep_spared(connection, rule, span, spared)
    findings.judged_again(connection, rule.rule_id, window.since, window.until)
    return with_reasons(plan(news, gone, known, rule.cooldown_days, rule.version), spared)


def apply(connection: Connection, rule: Rule, decided: Plan, now: datetime) -> None:
    """Write what was decided: alerts, events, findings, and messages to those who are told.

    The caller ends with `muting.settle`: until then, what might be muted waits.
    """
    version = loads.current_version(connection)
    offices = read_offices(connection)
    hold(connection, rule.rule_id, [one.alert_id for one in decided.changes])
    opened = [one for one in decided.changes if one.act is Act.OPEN]
    open_alerts(connection, rule, opened, offices, now)
    for change in (one for one in decided.changes if one.act is not Act.OPEN):
        _alter(connection, change, now, version)
        if change.act is not Act.VANISH:
            homes = {one.finding_id: change.alert_id for one in change.findings}
            findings.keep(connection, homes, change.findings, version)
        _tell(connection, rule, change, offices, now)


def _alter(connection: Connection, change: Change, now: datetime, version: int) -> None:
    row = alerts.get(connection, change.alert_id)
    if row is None:
        raise NotFound(f"没有预警 {change.alert_id}。")
    gone = change.act is Act.VANISH
    columns = {} if gone else change.columns()
    if change.act is Act.RECUR:
        columns |= _begin_again(row, change, now)
        alerts.mark_dispatch(
            connection, change.alert_id, row.lead, {"accepted_at": None, "accepted_by": None}
        )
    alerts.change(
        connection,
        change.alert_id,
        row.revision,
        {**columns, "condition_gone": gone, "data_version": version},
        at=now,
    )


def _begin_again(row: Any, change: Change, now: datetime) -> dict[str, Any]:
    """The columns of a closed alert whose behaviour recurred: to be accepted and checked once more."""
    lead = departments()[row.lead]
    columns = {"state": str(State.DISPATCHED), **anew(change.gravest.level, lead, now)}
    return with_look(State.DISPATCHED, row._mapping, columns)


def _tell(
    connection: Connection, rule: Rule, change: Change, offices: Sequence[Office], now: datetime
) -> None:
    """Append the event; tell the departments, and dispatch to those not told of this alert before."""
    row: Any = alerts.get(connection, change.alert_id)
    state = State(row.state)
    before = State.CLOSED if change.act is Act.RECUR else state
    seq = alerts.add_event(
        connection,
        change.alert_id,
        at=now,
        actor=SYSTEM.username,
        department=SYSTEM.department,
        act=change.act,
        sources=(before, state),
        reason=change.reason,
        text=f"{len(change.findings)} 条发现",
    )
    known = departments()
    told = alerts.parts(connection, change.alert_id)
    for sending in route(change.gravest, rule.assists, known, offices):
        fresh = sending.department not in told
        if fresh:
            alerts.add_dispatches(connection, [dispatch_row(change.alert_id, sending, now)])
        if fresh or change.told:
            channels = known[sending.department].channels
            alerts.queue(connection, change.alert_id, seq, sending.department, channels, now)
