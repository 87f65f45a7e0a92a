"""Explain an alert: definition, values, law, arithmetic, and the same rule run again over the evidence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import ibis
import pandas as pd

from yaotong.alerts.model import Finding
from yaotong.errors import NotFound
from yaotong.facts import Facts, Window
from yaotong.reads.evidence import evidence_lines, near_of
from yaotong.reads.sight import EVERYTHING, Sight
from yaotong.rules.arithmetic import Arithmetic, arithmetic
from yaotong.rules.book import book
from yaotong.rules.model import FIGURES, Basis, Rule
from yaotong.rules.page import read_page
from yaotong.rules.run import explain_sentence, run_rule
from yaotong.rules.scope import narrowed
from yaotong.store import alerts, exemptions, findings, rulebook
from yaotong.store.factbase import open_facts
from yaotong.workspace import Workspace

MAX_STEPS = 100


@dataclass(frozen=True, slots=True)
class ShownParameter:
    """A value the rule works with."""

    name: str
    meaning_zh: str
    value: float
    unit: str
    low: float
    high: float
    statutory: bool


@dataclass(frozen=True, slots=True)
class ShownBasis:
    """A legal basis and whether it was in force on the behaviour days; None where its dates are not known."""

    title_zh: str
    article: str
    since: date | None
    until: date | None
    verify: bool
    in_force: bool | None


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One line of the sum; what the reader may not see of it is None."""

    at: datetime | None
    pharmacy: str | None
    drug: str | None
    amount: float
    total: float


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What the rule finds today for one day and clause: None where it finds nothing. Counts are of lines."""

    measure: float | None
    threshold: float | None
    lines_gone: int
    lines_new: int
    same: bool


@dataclass(frozen=True, slots=True)
class ExplainedDay:
    """One finding as it was kept, how its measure comes about, and what the facts say now.

    `figures` are what a detector said with it, empty for other rules. `value` is the sum over the lines,
    None where the measure is no sum of them. `steps_hidden` counts
    the steps not shown: out of the reader's sight, or beyond the first hundred.
    """

    day: date
    clause: str
    level: str
    sentence: str
    sentence_en: str
    unit: str
    measure: float
    threshold: float
    lines: int
    line_ids: tuple[str, ...]
    words_zh: str
    words_en: str
    steps: tuple[ShownStep, ...]
    steps_hidden: int
    value: float | None
    again: Recomputed | None
    figures: Mapping[str, float]

    @property
    def same(self) -> bool:
        """Whether doing it again came to the same; True where it was not done."""
        return self.again is None or self.again.same


@dataclass(frozen=True, slots=True)
class Explanation:
    """An alert from its definition to its arithmetic.

    `same` is None when the rule was not run again. `found_since` are days and clauses that it finds now
    and the alert does not hold. `corrected_at_version` is the version of a correction not judged yet.
    """

    alert_id: str
    rule_id: str
    rule_version: int
    book_version: int
    name_zh: str
    name_en: str
    definition: str
    parameters: tuple[ShownParameter, ...]
    basis: tuple[ShownBasis, ...]
    days: tuple[ExplainedDay, ...]
    same: bool | None
    found_since: tuple[tuple[date, str], ...]
    corrected_at_version: int | None
    data_version: int


def explain(
    workspace: Workspace, alert_id: str, *, sight: Sight = EVERYTHING, recompute: bool = True
) -> Explanation:
    """An alert explained as far as a reader sees; NotFound when there is no such alert."""
    with workspace.store.read() as connection:
        row = alerts.get(connection, alert_id)
        if row is None:
            raise NotFound(f"没有预警 {alert_id}。")
        rule = rulebook.in_force(connection, book()[row.rule_id], row.rule_version)
        kept = findings.of_alerts(connection, [alert_id])[alert_id]
        corrected = findings.corrected_since(connection, alert_id)
        held = exemptions.of_subject(connection, row.rule_id, row.subject)
    spared = {(one.behaviour_day, one.clause) for one, by in held if by is not None}
    again = _again(rule, open_facts(workspace.store, until=row.last_day), row) if recompute else None
    wanted = [line for one in kept for line in one.line_ids]
    lines = evidence_lines(workspace.store, rule, wanted, near_of(rule, kept))
    days = tuple(_day(rule, one, lines, sight, again) for one in kept)
    since = tuple(sorted(set(again or {}) - spared - {(one.behaviour_day, one.clause) for one in kept}))
    return Explanation(
        alert_id=alert_id,
        rule_id=rule.rule_id,
        rule_version=row.rule_version,
        book_version=rule.version,
        name_zh=rule.name_zh,
        name_en=rule.name_en,
        definition=read_page(rule.rule_id).sections["定义"],
        parameters=parameters_of(rule),
        basis=tuple(_basis(one, row.first_day, row.last_day) for one in rule.basis),
        days=days,
        same=None if again is None else all(one.same for one in days) and not since,
        found_since=since,
        corrected_at_version=corrected,
        data_version=row.data_version,
    )


def parameters_of(rule: Rule) -> tuple[ShownParameter, ...]:
    """The values in force with their units and bounds."""
    values = rule.values()
    return tuple(
        ShownParameter(one.name, one.meaning_zh, values[one.name], one.unit, one.low, one.high, one.statutory)
        for one in rule.parameters
    )


def facts_about(rule: Rule, facts: Facts, subject: str) -> Facts:
    """The facts that tell of a subject: only its own lines where the rule judges each apart."""
    if rule.apart and str(rule.subject_kind) == rule.apart:
        return narrowed(facts, rule.apart, ibis.memtable({"key": [subject]}))
    return facts


def _again(rule: Rule, facts: Facts, row: Any) -> dict[tuple[date, str], Any]:
    """What the rule finds for the alert's subject on its days, by day and clause."""
    frame = run_rule(rule, facts_about(rule, facts, row.subject), Window(row.first_day, row.last_day))
    mine = frame[frame["subject"] == row.subject]
    return {(one.behaviour_day, one.clause): one for one in mine.itertuples(index=False)}


def _day(
    rule: Rule,
    one: Finding,
    lines: pd.DataFrame,
    sight: Sight,
    again: Mapping[tuple[date, str], Any] | None,
) -> ExplainedDay:
    own = lines[lines["line_id"].isin(one.line_ids)]
    clause = rule.clauses[one.clause]
    sums = arithmetic(clause, own, one.measure, rule.values())
    steps = _steps(sums, own, sight)
    seen = sight.admits(own) if "pharmacy" in sight.fields else own.iloc[:0]
    told = (one.clause, one.measure, one.threshold)
    return ExplainedDay(
        day=one.behaviour_day,
        clause=one.clause,
        level=str(one.level),
        sentence=explain_sentence(rule, *told, "zh"),
        sentence_en=explain_sentence(rule, *told, "en"),
        unit=clause.unit,
        measure=one.measure,
        threshold=one.threshold,
        lines=len(one.line_ids),
        line_ids=tuple(seen["line_id"]),
        words_zh=sums.words_zh,
        words_en=sums.words_en,
        steps=steps,
        steps_hidden=len(sums.steps) - len(steps),
        value=sums.value if sums.agrees else None,
        again=None if again is None else _compared(one, again.get((one.behaviour_day, one.clause))),
        figures=json.loads(one.figures) if one.figures else {},
    )


def _steps(sums: Arithmetic, lines: pd.DataFrame, sight: Sight) -> tuple[ShownStep, ...]:
    """The steps as far as they may be seen; none where the lines do not come to what the rule told."""
    if not sums.agrees or not sight.adds_up:
        return ()
    seen = sight.admits(lines).drop_duplicates("line_id").set_index("line_id").to_dict("index")
    shown = [(step, seen[step.line_id]) for step in sums.steps if step.line_id in seen]
    return tuple(
        ShownStep(
            at=line["sold_at"].to_pydatetime(),
            pharmacy=_text(line["pharmacy"]) if "pharmacy" in sight.fields else None,
            drug=_text(line["drug_name"]) if "drug" in sight.fields else None,
            amount=step.amount,
            total=step.total,
        )
        for step, line in shown[:MAX_STEPS]
    )


def _text(value: Any) -> str | None:
    return None if pd.isna(value) else str(value)


def _compared(one: Finding, now: Any | None) -> Recomputed:
    if now is None:
        return Recomputed(None, None, len(one.line_ids), 0, False)
    before, after = set(one.line_ids), set(now.line_ids)
    equal = abs(now.measure - one.measure) < 1e-6 and abs(now.threshold - one.threshold) < 1e-6
    equal = equal and one.figures == getattr(now, FIGURES, "")
    return Recomputed(
        float(now.measure),
        float(now.threshold),
        len(before - after),
        len(after - before),
        equal and before == after,
    )


def _basis(one: Basis, first: date, last: date) -> ShownBasis:
    """In force when it covered all days of the behaviour; not known without a first day."""
    known = one.since is not None
    held = known and one.since <= first and (one.until is None or last <= one.until)  # type: ignore[operator]
    return ShownBasis(
        one.title_zh, one.article, one.since, one.until, one.verify, bool(held) if known else None
    )


def gravest_first(days: Sequence[ExplainedDay]) -> list[ExplainedDay]:
    """Days in the order in which a person should read them: the one furthest beyond its limit first."""
    return sorted(
        days, key=lambda one: (-(one.measure / one.threshold if one.threshold else one.measure), one.day)
    )
