"""Explain an alert by doing it again: the same rule over the same days, beside what was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from yaotong.errors import NotFound
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.run import explain_sentence, run_rule
from yaotong.store import alerts, findings, rulebook
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One finding as it was kept, and whether the facts still say the same."""

    day: date
    clause: str
    sentence: str
    measure: float
    threshold: float
    line_ids: tuple[str, ...]
    recomputed: float | None
    same: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert's findings recomputed from the facts in force now."""

    alert_id: str
    rule_id: str
    rule_version: int
    same: bool
    days: tuple[ExplainedDay, ...]


def explain(workspace: Workspace, alert_id: str) -> Explanation:
    """Recompute an alert from its evidence; NotFound when there is no such alert."""
    with workspace.store.read() as connection:
        row = alerts.get(connection, alert_id)
        if row is None:
            raise NotFound(f"没有预警 {alert_id}。")
        rule = rulebook.in_force(connection, book()[row.rule_id], row.rule_version)
        kept = findings.of_alerts(connection, [alert_id])[alert_id]
    facts = open_facts(workspace.store, until=row.last_day)
    frame = run_rule(rule, facts, Window(row.first_day, row.last_day))
    mine = frame[frame["subject"] == row.subject]
    again = {
        (one.behaviour_day, one.clause): (float(one.measure), frozenset(one.line_ids))
        for one in mine.itertuples(index=False)
    }
    days = []
    for one in kept:
        measure, lines = again.get((one.behaviour_day, one.clause), (None, frozenset()))
        same = measure is not None and abs(measure - one.measure) < 1e-6 and lines == frozenset(one.line_ids)
        days.append(
            ExplainedDay(
                day=one.behaviour_day,
                clause=one.clause,
                sentence=explain_sentence(rule, one.clause, one.measure, one.threshold, "zh"),
                measure=one.measure,
                threshold=one.threshold,
                line_ids=one.line_ids,
                recomputed=measure,
                same=same,
            )
        )
    whole = all(one.same for one in days) and len(again) == len(days)
    return Explanation(alert_id, row.rule_id, row.rule_version, whole, tuple(days))
