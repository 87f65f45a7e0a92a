"""Detect: run rules over the facts and make their findings alerts, in one transaction per rule."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from yaotong.alerts.decide import Plan, plan
from yaotong.alerts.model import Change, Finding
from yaotong.alerts.route import Office, due, route
from yaotong.alerts.states import Act, State
from yaotong.codes import Level
from yaotong.departments import departments, lead_of
from yaotong.errors import NotFound, UsageError
from yaotong.facts import Facts, Window
from yaotong.rules.book import book
from yaotong.rules.model import Rule
from yaotong.rules.run import run_rule
from yaotong.store import Connection, alerts, findings, loads, registry
from yaotong.store.factbase import open_facts
from yaotong.store.schema import office
from yaotong.viewer import SYSTEM
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class RuleRun:
    """What one rule's run came to."""

    rule_id: str
    found: int
    opened: int
    extended: int
    worsened: int
    vanished: int
    seconds: float


def detect(
    workspace: Workspace,
    *,
    since: date | None = None,
    until: date | None = None,
    rule_ids: Sequence[str] = (),
    now: datetime,
    progress: Callable[[RuleRun], None] | None = None,
) -> list[RuleRun]:
    """Run rules over a span of behaviour days (all days that have data by default).

    The same data give the same alerts: a second run opens nothing and tells nobody.
    """
    rules = _chosen(rule_ids)
    facts = open_facts(workspace.store, until=until)
    window = _window(facts, since, until)
    if window is None:
        return []
    runs = []
    for rule in rules:
        runs.append(_run(workspace, rule, facts, window, now))
        if progress is not None:
            progress(runs[-1])
    return runs


def _chosen(rule_ids: Sequence[str]) -> list[Rule]:
    known = book()
    strange = [one for one in rule_ids if one not in known]
    if strange:
        raise UsageError(f"没有规则 {'、'.join(strange)}。可用：{'、'.join(known)}")
    return [known[one] for one in (rule_ids or known)]


def _window(facts: Facts, since: date | None, until: date | None) -> Window | None:
    span = facts.sales.aggregate(first=facts.sales.sold_at.min(), last=facts.sales.sold_at.max()).to_pandas()
    first, last = span.iloc[0]
    if pd.isna(first):
        return None
    return Window(since or first.date(), until or last.date())


def _run(workspace: Workspace, rule: Rule, facts: Facts, window: Window, now: datetime) -> RuleRun:
    started = time.monotonic()
    found = to_findings(rule, run_rule(rule, facts, window))
    with workspace.store.write() as connection:
        decided = _decide(connection, rule, found, window)
        _apply(connection, rule, decided, now)
    return RuleRun(
        rule.rule_id,
        len(found),
        decided.count(Act.OPEN),
        decided.count(Act.EXTEND),
        decided.count(Act.WORSEN),
        decided.count(Act.VANISH),
        time.monotonic() - started,
    )


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
    )


def _decide(connection: Connection, rule: Rule, found: Sequence[Finding], window: Window) -> Plan:
    stored = findings.in_window(connection, rule.rule_id, window.since, window.until)
    gone = [one for one in stored if one not in {each.finding_id for each in found}]
    news = [one for one in found if stored.get(one.finding_id) != one.content_sha]
    subjects = {one.subject for one in news} | alerts.subjects_of(connection, gone)
    known = alerts.known(connection, rule.rule_id, sorted(subjects))
    findings.let_go(connection, gone, loads.current_version(connection))
    findings.judged_again(connection, rule.rule_id, window.since, window.until)
    return plan(news, gone, known, rule.cooldown_days)


def _apply(connection: Connection, rule: Rule, decided: Plan, now: datetime) -> None:
    version = loads.current_version(connection)
    rows = registry.read(connection, office)
    offices = [
        Office(str(code), str(role), str(area))
        for code, role, area in zip(rows["department_code"], rows["role"], rows["area_code"], strict=True)
    ]
    for change in decided.changes:
        if change.act is Act.OPEN:
            _open(connection, rule, change, now, version)
        else:
            _alter(connection, change, now, version)
        if change.act is not Act.VANISH:
            homes = {one.finding_id: change.alert_id for one in change.findings}
            findings.keep(connection, homes, change.findings, version)
        _tell(connection, rule, change, offices, now)


def _open(connection: Connection, rule: Rule, change: Change, now: datetime, version: int) -> None:
    lead = lead_of(rule.rule_id, departments())
    limits = due(change.gravest, lead, now)
    alerts.insert_alert(
        connection,
        {
            **change.columns(),
            "alert_id": change.alert_id,
            "subject_kind": str(rule.subject_kind),
            "state": str(State.DISPATCHED),
            "lead": lead.department_id,
            "opened_at": now,
            "accept_due": limits.accept,
            "check_due": limits.check,
            "dispose_due": limits.dispose,
            "close_due": limits.close,
            "data_version": version,
        },
    )


def _alter(connection: Connection, change: Change, now: datetime, version: int) -> None:
    row = alerts.get(connection, change.alert_id)
    if row is None:
        raise NotFound(f"没有预警 {change.alert_id}。")
    gone = change.act is Act.VANISH
    columns = {} if gone else change.columns()
    alerts.change(
        connection,
        change.alert_id,
        row.revision,
        {**columns, "condition_gone": gone, "data_version": version},
    )


def _tell(
    connection: Connection, rule: Rule, change: Change, offices: Sequence[Office], now: datetime
) -> None:
    """Append the event; tell the departments, and dispatch to those not told of this alert before."""
    row = alerts.get(connection, change.alert_id)
    state = State(row.state) if row is not None else State.DISPATCHED
    before = None if change.act is Act.OPEN else state
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
            alerts.add_dispatch(
                connection, change.alert_id, sending.department, sending.part, sending.office_code, now
            )
        if fresh or change.told:
            channels = known[sending.department].channels
            alerts.queue(connection, change.alert_id, seq, sending.department, channels, now)
