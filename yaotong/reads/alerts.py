"""The inbox of a department: what it was told of, gravest and most urgent first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from yaotong.alerts.states import State
from yaotong.codes import Level
from yaotong.errors import NotFound
from yaotong.reads.sight import sight_of
from yaotong.reads.subjects import subject_label
from yaotong.rules.book import book
from yaotong.rules.run import explain_sentence
from yaotong.store import casework, registry
from yaotong.store.schema import area, pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

# Which deadline an alert in a state runs against.
_DUE_OF_STATE = {
    State.DISPATCHED: "accept_due",
    State.ACCEPTED: "check_due",
    State.CHECKING: "dispose_due",
    State.DISPOSED: "close_due",
}


@dataclass(frozen=True, slots=True)
class AlertRow:
    """One alert as a line of an inbox. `due` is None once it is closed; `due_act` is what is due."""

    alert_id: str
    rule_id: str
    rule_zh: str
    rule_en: str
    level: str
    state: str
    part: str
    subject_kind: str
    subject: str
    sentence_zh: str
    sentence_en: str
    area_code: str | None
    area_name: str
    pharmacy_ids: tuple[str, ...]
    first_day: date
    last_day: date
    opened_at: datetime
    due: datetime | None
    due_act: str
    overdue: bool
    revision: int
    outcome: str | None

    @property
    def shown_text(self) -> str:
        """What a person may search a row for: nothing that the row does not show."""
        return "\n".join(
            (self.alert_id, self.subject, self.area_name, self.rule_id, self.rule_zh, self.rule_en)
        )


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of rows, how many there are in all, and counts over everything the viewer may see.

    `overdue` counts what the department leads: an assisting department owes no step.
    """

    rows: tuple[AlertRow, ...]
    total: int
    by_level: Mapping[str, int]
    by_state: Mapping[str, int]
    by_rule: Mapping[str, int]
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What an inbox is narrowed to; "" leaves a side open. `state` "open" is all but closed.

    `text` is looked for in what the row shows: id, subject, town and the rule's names.
    """

    level: str = ""
    state: str = "open"
    rule_id: str = ""
    part: str = ""
    area_code: str = ""
    pharmacy_id: str = ""
    text: str = ""
    # Only these; None: any.
    ids: frozenset[str] | None = None

    def admits(self, row: AlertRow) -> bool:
        """Whether a row passes every filter that is set."""
        return (
            (not self.level or row.level == self.level)
            and (
                not self.state or (row.state != "closed" if self.state == "open" else row.state == self.state)
            )
            and (not self.rule_id or row.rule_id == self.rule_id)
            and (not self.part or row.part == self.part)
            and (not self.area_code or (row.area_code or "").startswith(self.area_code))
            and (not self.pharmacy_id or self.pharmacy_id in row.pharmacy_ids)
            and (self.ids is None or row.alert_id in self.ids)
            and self.text.lower() in row.shown_text.lower()
        )


def inbox(
    workspace: Workspace,
    viewer: Viewer,
    *,
    filters: Filters | None = None,
    limit: int = 50,
    offset: int = 0,
    now: datetime,
) -> Inbox:
    """The viewer's alerts: only those dispatched to the department, within the viewer's area."""
    everything = rows_of(workspace, viewer, now=now)
    wanted = [row for row in everything if (filters or Filters()).admits(row)]
    live = [row for row in everything if row.state != State.CLOSED]
    return Inbox(
        rows=tuple(wanted[offset : offset + limit]),
        total=len(wanted),
        by_level=Counter(row.level for row in live),
        by_state=Counter(row.state for row in everything),
        by_rule=Counter(row.rule_id for row in live),
        open=len(live),
        overdue=sum(row.overdue and row.part == "lead" for row in live),
    )


def rows_of(workspace: Workspace, viewer: Viewer, *, now: datetime) -> list[AlertRow]:
    """All rows of an inbox in order: open before closed, gravest first, then what is due first."""
    with workspace.store.read() as connection:
        frame = casework.told(connection, viewer.department)
        names = Names.read(connection)
    rows = [
        _row(one, names, now, shown_fields(viewer.department, one["part"]))
        for one in frame.to_dict("records")
        if viewer.covers(one["area_code"])
    ]
    rows.sort(key=lambda row: row.alert_id)
    return sorted(
        rows,
        key=lambda row: (row.state == State.CLOSED, Level(row.level).rank, row.due or datetime.max),
    )


def row_of(workspace: Workspace, viewer: Viewer, alert_id: str, *, now: datetime) -> AlertRow:
    """One alert's row for a viewer; NotFound when the viewer's department was not told of it."""
    row = next((one for one in rows_of(workspace, viewer, now=now) if one.alert_id == alert_id), None)
    if row is None:
        raise NotFound(f"没有预警 {alert_id}，或没有派发给本部门。")
    return row


def shown_fields(department: str, part: str) -> frozenset[str]:
    """The fields that a department's TOML lets it see in its part; none for one without a TOML."""
    return sight_of(department, part).fields


@dataclass(frozen=True, slots=True)
class Names:
    """Names of shops and areas by code."""

    shops: Mapping[str, str]
    areas: Mapping[str, str]

    @classmethod
    def read(cls, connection: Any) -> Names:
        """The names in force now."""
        shops = registry.read(connection, pharmacy)
        areas = registry.read(connection, area)
        return cls(
            dict(zip(shops["license_no"], shops["name"], strict=True)),
            dict(zip(areas["area_code"], areas["area_name"], strict=True)),
        )


def _row(one: Mapping[Any, Any], names: Names, now: datetime, shown: frozenset[str]) -> AlertRow:
    rule, state = book()[one["rule_id"]], State(one["state"])
    due_column = _DUE_OF_STATE.get(state)
    due = one[due_column].to_pydatetime() if due_column else None
    told = (one["clause"], one["measure"], one["threshold"])
    place = one["area_code"]
    return AlertRow(
        alert_id=one["alert_id"],
        rule_id=one["rule_id"],
        rule_zh=rule.name_zh,
        rule_en=rule.name_en,
        level=one["level"],
        state=str(state),
        part=one["part"],
        subject_kind=one["subject_kind"],
        subject=subject_label(one["subject_kind"], one["subject"], names.shops, names.areas, shown),
        sentence_zh=explain_sentence(rule, *told, "zh"),
        sentence_en=explain_sentence(rule, *told, "en"),
        area_code=place,
        area_name=names.areas.get(place, "") if place else "",
        pharmacy_ids=tuple(json.loads(one["pharmacy_ids"])) if "pharmacy" in shown else (),
        first_day=one["first_day"],
        last_day=one["last_day"],
        opened_at=one["opened_at"].to_pydatetime(),
        due=due,
        due_act=(due_column or "").removesuffix("_due"),
        overdue=due is not None and due < now,
        revision=int(one["revision"]),
        outcome=one["outcome"],
    )
