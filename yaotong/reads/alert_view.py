"""One alert as one department may see it: reasons, evidence, what happened, what may be done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from yaotong.alerts.model import Finding
from yaotong.alerts.states import MOVES, REOPEN_DAYS, Act, Move, State
from yaotong.codes import SubjectKind
from yaotong.departments import departments
from yaotong.reads.alerts import AlertRow, Names, row_of, shown_fields
from yaotong.reads.evidence import evidence_lines, fields_of, near_of
from yaotong.reads.rulebook import worth_of
from yaotong.reads.series import Series, series_of
from yaotong.reads.sight import Sight, sight_of
from yaotong.reads.subjects import buyer_label
from yaotong.reports.worth import Worth
from yaotong.rules.book import book
from yaotong.rules.model import Basis, Rule
from yaotong.rules.run import explain_sentence
from yaotong.store import casework, findings
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class Reason:
    """One finding in words: the day, why, and how many lines it rests on."""

    day: date
    sentence_zh: str
    sentence_en: str
    level: str
    lines: int


@dataclass(frozen=True, slots=True)
class Told:
    """Another department's part in the alert."""

    department: str
    name_zh: str
    name_en: str
    part: str
    office: str
    sent_at: datetime
    accepted_at: datetime | None
    answered_at: datetime | None
    answer: str
    outcome: str | None


@dataclass(frozen=True, slots=True)
class Event:
    """One row of the alert's history."""

    seq: int
    at: datetime
    actor: str
    department: str
    act: str
    from_state: str
    to_state: str
    reason: str
    text: str


@dataclass(frozen=True, slots=True)
class EvidenceTable:
    """Lines behind the alert as this department may see them; `hidden` counts those it may not.

    `counts` stands in for the lines where only counts may be seen: (area, Monday of the week, lines).
    `feeds` are those that the lines came in.
    """

    fields: tuple[str, ...]
    rows: tuple[Mapping[str, Any], ...]
    total: int
    hidden: int
    counts: tuple[tuple[str, date, int], ...] = ()
    feeds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LoadPart:
    """How many of the shown lines one receipt stands for."""

    load_id: int
    file: str
    lines: int


@dataclass(frozen=True, slots=True)
class AlertView:
    """Everything an alert's page shows."""

    row: AlertRow
    reasons: tuple[Reason, ...]
    evidence: EvidenceTable
    series: Series | None
    told: tuple[Told, ...]
    events: tuple[Event, ...]
    moves: tuple[Move, ...]
    # The departments that a move may hand the alert to, or ask to join in.
    handable: Mapping[Act, tuple[str, ...]]
    deadlines: tuple[tuple[str, datetime, bool], ...]
    basis: tuple[Basis, ...]
    kind: str
    shops: tuple[tuple[str, str], ...]
    loads: tuple[LoadPart, ...]
    condition_gone: bool
    # Whether it is gone because its days of behaviour are exempt.
    exempted: bool
    # Data version of a correction that no run has judged yet.
    corrected_at_version: int | None
    supervised_at: datetime | None
    merged_into: str | None
    # What the alerts of the rule's same version turned out to be.
    worth: Worth


def alert_view(workspace: Workspace, viewer: Viewer, alert_id: str, *, now: datetime) -> AlertView:
    """The alert for a viewer; NotFound when the viewer's department was not told of it."""
    row = row_of(workspace, viewer, alert_id, now=now)
    rule = book()[row.rule_id]
    with workspace.store.read() as connection:
        kept = findings.of_alerts(connection, [alert_id])[alert_id]
        sent = casework.dispatches(connection, alert_id)
        history = casework.events(connection, alert_id)
        stored = casework.one(connection, alert_id)
        corrected = findings.corrected_since(connection, alert_id)
    wanted = [line for one in kept for line in one.line_ids]
    lines = evidence_lines(workspace.store, rule, wanted, near_of(rule, kept))
    shown = shown_fields(viewer.department, row.part)
    drawn = bool(kept) and _drawn(rule, shown)
    return AlertView(
        row=row,
        reasons=tuple(_reason(rule, one) for one in kept),
        evidence=_evidence(lines, sight_of(viewer.department, row.part), viewer.department),
        series=series_of(workspace, rule, stored.subject, kept, now, stored.data_version) if drawn else None,
        told=tuple(_told(one) for one in sent),
        events=tuple(_event(one) for one in history),
        moves=_open_to(allowed(row.state, row.part, viewer.role), stored, history, now),
        handable=_handable({one.department for one in sent}, stored.lead),
        deadlines=_deadlines(stored, row.state, now),
        basis=rule.basis,
        kind=rule.kind,
        shops=_shops(workspace, lines, row.pharmacy_ids) if "pharmacy" in shown else (),
        loads=_loads(lines) if "sold_at" in shown else (),
        condition_gone=bool(stored.condition_gone),
        exempted=[one.reason for one in history if one.act == "vanish"][-1:] == ["exempted"],
        corrected_at_version=corrected,
        supervised_at=stored.supervised_at,
        merged_into=stored.merged_into,
        worth=worth_of(workspace, row.rule_id, stored.rule_version),
    )


def _loads(lines: pd.DataFrame) -> tuple[LoadPart, ...]:
    counted = lines.groupby(["load_id", "file"]).size().reset_index(name="lines").to_dict("records")
    return tuple(LoadPart(int(one["load_id"]), str(one["file"]), int(one["lines"])) for one in counted)


def allowed_anywhere(role: str) -> tuple[Move, ...]:
    """The moves that a person of this role may make on some alert."""
    return tuple(move for move in MOVES if role != "officer" or not move.leader_only)


def allowed(state: str, part: str, role: str) -> tuple[Move, ...]:
    """The moves that a person of this part and role may make from a state."""
    return tuple(
        move
        for move in MOVES
        if State(state) in move.sources
        and move.part in ("any", part)
        and not (move.leader_only and role == "officer")
    )


def _open_to(moves: Sequence[Move], stored: Any, history: Sequence[Any], now: datetime) -> tuple[Move, ...]:
    """The moves that the alert's own past leaves open: one extension, and no reopening of old cases."""
    closed = [one.at for one in history if one.to_state == "closed" and one.from_state != "closed"]
    late = not closed or now - closed[-1] > timedelta(days=REOPEN_DAYS)
    barred = {Act.PROLONG} if stored.prolonged_days is not None else set()
    barred |= {Act.REOPEN} if late else set()
    return tuple(one for one in moves if one.act not in barred)


def _handable(told: Collection[str], lead: str) -> Mapping[Act, tuple[str, ...]]:
    """The departments an alert can be handed to, and those that can be asked to join in."""
    known = tuple(departments())
    others = tuple(one for one in known if one != lead)
    return {Act.TRANSFER: others, Act.CONSULT: tuple(one for one in known if one not in told)}


def _drawn(rule: Rule, shown: frozenset[str]) -> bool:
    """A series is about its subject: who may not see the subject may not see its days either."""
    return rule.subject_kind is SubjectKind.AREA or str(rule.subject_kind) in shown


def _shops(workspace: Workspace, lines: pd.DataFrame, ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Licence numbers and names of the shops that the evidence names, else of those that the alert does."""
    placed = lines.dropna(subset=["pharmacy_id"])
    if len(placed):
        return tuple(dict.fromkeys(zip(placed["pharmacy_id"], placed["pharmacy"], strict=True)))
    with workspace.store.read() as connection:
        names = Names.of(connection, ids, ())
    return tuple((one, names.shops.get(one, one)) for one in ids)


def _evidence(lines: pd.DataFrame, sight: Sight, reader: str) -> EvidenceTable:
    """What the department's TOML lets it see of the lines, and nothing else."""
    if lines.empty or sight.lines == "none":
        return EvidenceTable((), (), len(lines), len(lines), _counts(lines))
    allowed_lines = sight.admits(lines)
    feeds = tuple(sorted(lines["feed"].unique()))
    asked = sight.fields & fields_of(feeds)
    fields = tuple(name for name in _COLUMNS if name in asked)
    rows = tuple(
        {name: _COLUMNS[name]({**line, "reader": reader}) for name in fields}
        for line in allowed_lines.head(MAX_LINES).to_dict("records")
    )
    return EvidenceTable(fields, rows, len(lines), len(lines) - len(rows), feeds=feeds)


def _counts(lines: pd.DataFrame) -> tuple[tuple[str, date, int], ...]:
    """Lines by area and week: all that leaves for a department that may see no line."""
    if lines.empty:
        return ()
    monday = lines["sold_at"].dt.normalize() - pd.to_timedelta(lines["sold_at"].dt.day_of_week, unit="D")
    counted = lines.groupby([lines["shop_area_name"].fillna("不详"), monday]).size()
    rows = counted.rename("lines").rename_axis(["area", "week"]).reset_index().to_dict("records")
    return tuple((str(one["area"]), one["week"].date(), int(one["lines"])) for one in rows)


def _plain(name: str) -> Any:
    return lambda line: None if pd.isna(line[name]) else line[name]


# Field of the departments' TOML → its value of a line.
_COLUMNS: Mapping[str, Any] = {
    "sold_at": lambda line: line["sold_at"].to_pydatetime(),
    "pharmacy": _plain("pharmacy"),
    "drug": _plain("drug_name"),
    "quantity": _plain("quantity"),
    "unit_price": lambda line: None if pd.isna(line["unit_price_fen"]) else line["unit_price_fen"] / 100,
    "supplier": _plain("supplier"),
    "batch_no": _plain("batch_no"),
    "trace_code": _plain("trace_code"),
    "buyer": lambda line: (
        None if pd.isna(line["buyer_key"]) else buyer_label(line["buyer_key"], line["reader"])
    ),
    "prescription_no": _plain("prescription_no"),
    "settlement_id": _plain("settlement_id"),
    "channel": _plain("channel"),
    "recorded_at": lambda line: None if pd.isna(line["recorded_at"]) else line["recorded_at"].to_pydatetime(),
}


def _reason(rule: Rule, one: Finding) -> Reason:
    told = (one.clause, one.measure, one.threshold)
    return Reason(
        one.behaviour_day,
        explain_sentence(rule, *told, "zh"),
        explain_sentence(rule, *told, "en"),
        str(one.level),
        len(one.line_ids),
    )


def _told(one: Any) -> Told:
    department = departments()[one.department]
    return Told(
        department=one.department,
        name_zh=department.name_zh,
        name_en=department.name_en,
        part=one.part,
        office=one.department_name or "",
        sent_at=one.sent_at,
        accepted_at=one.accepted_at,
        answered_at=one.answered_at,
        answer=one.answer or "",
        outcome=one.outcome,
    )


def _event(one: Any) -> Event:
    return Event(
        seq=one.seq,
        at=one.at,
        actor=one.display_name or ("系统" if one.actor == "system" else one.actor),
        department=one.department,
        act=one.act,
        from_state=one.from_state,
        to_state=one.to_state,
        reason=one.reason,
        text=one.text,
    )


# How far an alert has come, in steps done; while it is paused no clock runs.
_DONE = {
    State.DISPATCHED: 0,
    State.ACCEPTED: 1,
    State.CHECKING: 2,
    State.SUSPENDED: 4,
    State.DISPOSED: 3,
    State.CLOSED: 4,
}


def _deadlines(stored: Any, state: str, now: datetime) -> tuple[tuple[str, datetime, bool], ...]:
    """(act, due, whether it is past and not yet done) for the four steps."""
    done = _DONE[State(state)]
    steps = [(act, getattr(stored, f"{act}_due")) for act in ("accept", "check", "dispose", "close")]
    return tuple((act, due, number >= done and due < now) for number, (act, due) in enumerate(steps))
