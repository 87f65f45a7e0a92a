"""Versions of a rule as a page shows them: values beside the live ones, proof, and what may be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.departments import departments, lead_of
from yaotong.errors import ConfigError, NotFound
from yaotong.gate import Standing, Step, allowed_steps, needs_text
from yaotong.reads.alerts import Names
from yaotong.reads.differences import Backtest, ShadowDifference, Sight, backtest_of, shadow_of
from yaotong.reads.standing import standing_of, trial_of
from yaotong.rules.book import book
from yaotong.rules.model import Parameter, Rule
from yaotong.rules.page import read_page
from yaotong.store import Connection, accounts, rulebook, rulestops
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """One parameter: as the code has it, as it is live, and as a version has it."""

    parameter: Parameter
    live: float
    value: float

    @property
    def changed(self) -> bool:
        """Whether the version has another value than the live one."""
        return self.value != self.live


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version as a line of the history."""

    number: int
    state: str
    author: str
    why: str
    made_at: datetime
    live_at: datetime | None
    ended_at: datetime | None
    shadow: bool
    tuned: tuple[tuple[Parameter, float], ...]


@dataclass(frozen=True, slots=True)
class RuleVersions:
    """What a rule's page says of its versions. `live` is the number in force."""

    rule: Rule
    lead: str
    live: int
    parameters: tuple[ParameterRow, ...]
    rows: tuple[VersionRow, ...]
    may_draft: bool
    may_lead: bool
    quarantine: str
    quarantined_at: datetime | None
    paused: str
    paused_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionPage:
    """Everything a version's page shows. `detail`: the viewer's department sees single subjects."""

    rule: Rule
    row: VersionRow
    revision: int
    live: int
    lead: str
    approved_by: str
    parameters: tuple[ParameterRow, ...]
    cases: str
    trial: tuple[Mapping[str, Any], ...]
    backtest: Backtest | None
    shadow: ShadowDifference | None
    events: tuple[tuple[Any, str], ...]
    steps: tuple[tuple[Step, bool], ...]
    detail: bool


def rule_versions(workspace: Workspace, viewer: Viewer, rule_id: str) -> RuleVersions:
    """The versions of a rule; NotFound when the book has no such rule."""
    rule = _known(rule_id)
    lead = lead_of(rule_id, departments()).department_id
    with workspace.store.read() as connection:
        rows = rulebook.versions(connection, rule_id)
        live, names = _live(connection, rule), _people(connection, rows)
        out = rulestops.quarantined(connection).get(rule_id)
        paused = rulestops.paused(connection).get(rule_id)
    mine = viewer.department == lead
    return RuleVersions(
        rule=rule,
        lead=lead,
        live=live.version,
        parameters=_parameters(rule, live, live),
        rows=tuple(_row(rule, one, names) for one in rows),
        may_draft=mine and viewer.works,
        may_lead=mine and viewer.leads,
        quarantine=out.reason if out is not None else "",
        quarantined_at=out.since if out is not None else None,
        paused=f"{paused.opened} > {paused.most}" if paused is not None else "",
        paused_at=paused.paused_at if paused is not None else None,
    )


def version_page(
    workspace: Workspace, viewer: Viewer, rule_id: str, number: int, *, now: datetime
) -> VersionPage:
    """One version for a viewer; NotFound when there is none."""
    rule = _known(rule_id)
    with workspace.store.read() as connection:
        row = rulebook.version(connection, rule_id, number)
        standing = standing_of(connection, row, now)
        live, new = _live(connection, rule), _as_version(rule, row)
        detail = viewer.department == standing.lead
        sight = Sight(viewer, new, Names.read(connection), connection)
        events = rulebook.events(connection, rule_id, number)
        names = _people(connection, [row, *events])
        last = rulebook.backtest(connection, rule_id, number)
        return VersionPage(
            rule=rule,
            row=_row(rule, row, names),
            revision=row.revision,
            live=live.version,
            lead=standing.lead,
            approved_by=names.get(row.approved_by, row.approved_by or ""),
            parameters=_parameters(rule, live, new),
            cases=row.cases,
            trial=tuple(trial_of(row).get("results", ())),
            backtest=backtest_of(last, sight if detail else None, now) if last is not None else None,
            shadow=shadow_of(connection, row, sight, detail) if row.shadow else None,
            events=tuple((one, names.get(one.actor, one.actor)) for one in reversed(events)),
            steps=_steps(standing, viewer),
            detail=detail,
        )


def starting_cases(rule_id: str) -> str:
    """The cases of a rule's page, for a draft to start from."""
    return read_page(_known(rule_id).rule_id).sections["案例"].strip() + "\n"


def notices(workspace: Workspace, viewer: Viewer) -> list[Any]:
    """What the viewer's department was told about its rules; rows with rule_id, kind, text and told_at."""
    with workspace.store.read() as connection:
        return rulestops.notices(connection, viewer.department)


def _known(rule_id: str) -> Rule:
    if rule_id not in book():
        raise NotFound(f"没有规则 {rule_id}。")
    return book()[rule_id]


def _live(connection: Connection, rule: Rule) -> Rule:
    """The rule as it is live; as the code has it when the code no longer takes the live values."""
    try:
        return rulebook.in_force(connection, rule)
    except ConfigError:
        return rule


def _as_version(rule: Rule, row: Any) -> Rule:
    try:
        return rule.at(row.number, rulebook.values_of(row))
    except ConfigError:
        return rule


def _parameters(rule: Rule, live: Rule, new: Rule) -> tuple[ParameterRow, ...]:
    now, then = live.values(), new.values()
    return tuple(ParameterRow(one, now[one.name], then[one.name]) for one in rule.parameters)


def _row(rule: Rule, row: Any, names: Mapping[str, str]) -> VersionRow:
    known = {one.name: one for one in rule.parameters}
    tuned = rulebook.values_of(row)
    return VersionRow(
        number=row.number,
        state=row.state,
        author=names.get(row.author, row.author),
        why=row.why,
        made_at=row.made_at,
        live_at=row.live_at,
        ended_at=row.ended_at,
        shadow=row.shadow,
        tuned=tuple((known[name], value) for name, value in tuned.items() if name in known),
    )


def _people(connection: Connection, rows: Collection[Any]) -> dict[str, str]:
    """Display names of everybody who is named in rows."""
    asked = {
        getattr(row, name, None) for row in rows for name in ("author", "approved_by", "actor", "started_by")
    }
    found = {name: accounts.get(connection, name) for name in asked if name}
    return {name: row.display_name for name, row in found.items() if row is not None}


def _steps(standing: Standing, viewer: Viewer) -> tuple[tuple[Step, bool], ...]:
    """The steps a viewer may take, each with whether it wants a reason."""
    return tuple((step, needs_text(step)) for step in allowed_steps(standing, viewer))
