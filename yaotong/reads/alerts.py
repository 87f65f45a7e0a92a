"""The inbox of a department: what it was told of, gravest and most urgent first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from yaotong.alerts.states import State
from yaotong.codes import Level, SubjectKind
from yaotong.errors import NotFound
from yaotong.reads.muted import Muted, muted_of
from yaotong.reads.sight import sight_of
from yaotong.reads.subjects import is_hidden, subject_label
from yaotong.reads.tallies import tallies_of
from yaotong.rules.book import book
from yaotong.rules.run import explain_sentence
from yaotong.store import Connection, desklines, inboxes, registry
from yaotong.store.desklines import DUE_OF_STATE
from yaotong.store.schema import area, pharmacy
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

PARTS = ("lead", "assist")
# What is due within it is due soon.


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
    muted: Muted | None = None


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of rows, how many there are in all, and counts over everything the viewer may see.

    `overdue` counts what the department leads and what calls: an assisting department owes no step.
    `muted` counts the open alerts that call nobody.
    """

    rows: tuple[AlertRow, ...]
    total: int
    by_level: Mapping[str, int]
    by_state: Mapping[str, int]
    by_rule: Mapping[str, int]
    open: int
    overdue: int
    muted: int


@dataclass(frozen=True, slots=True)
class Filters:
    """What an inbox is narrowed to; "" leaves a side open. `state` "open" is all but closed.

    `text` is looked for in what the row shows: id, subject, town and the rule's names. `but` are left out;
    `muted` leaves only what calls nobody.
    """

    level: str = ""
    state: str = "open"
    rule_id: str = ""
    part: str = ""
    area_code: str = ""
    pharmacy_id: str = ""
    text: str = ""
    but: frozenset[str] = frozenset()
    muted: bool = False
    # Only these; None: any.
    ids: frozenset[str] | None = None


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
    asked = filters or Filters()
    with workspace.store.read() as connection:
        wanted = wanted_of(connection, viewer, asked)
        tallies = tallies_of(connection, viewer, now)
        muted = [one for one in tallies_of(connection, viewer, now, muted=True) if not one.closed]
        page, total = inboxes.page_and_total(connection, viewer, wanted, limit=limit, offset=offset)
        found = _rows(connection, viewer, page, now)
    live = [one for one in tallies if not one.closed]
    return Inbox(
        rows=found,
        total=total,
        by_level=_sums((str(list(Level)[one.rank]), one.n) for one in live),
        by_state=_sums((one.state, one.n) for one in tallies),
        by_rule=_sums((one.rule_id, one.n) for one in live),
        open=sum(one.n for one in live),
        overdue=_late(live) - _late(muted),
        muted=sum(one.n for one in muted),
    )


def desk_mark(workspace: Workspace) -> int:
    """A number that is another once anything on any desk changed; it costs one row."""
    with workspace.store.read() as connection:
        return desklines.mark(connection)


def _late(tallies: Iterable[Any]) -> int:
    return sum(one.late for one in tallies if one.part == "lead")


def _sums(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, n in pairs:
        found[name] += n
    return found


def wanted_of(connection: Connection, viewer: Viewer, filters: Filters) -> inboxes.Wanted:
    """What the filters ask for, with what can only be known here: who is called by the text."""
    named = tuple(part for part in PARTS if "pharmacy" in shown_fields(viewer.department, part))
    return inboxes.Wanted(
        level=filters.level,
        state=filters.state,
        rule_id=filters.rule_id,
        part=filters.part,
        area_code=filters.area_code,
        pharmacy_id=filters.pharmacy_id,
        but=filters.but,
        among=filters.ids,
        shops_in=named,
        muted=filters.muted or None,
        sought=_sought(connection, viewer, filters.text, named) if filters.text else None,
    )


def _sought(connection: Connection, viewer: Viewer, text: str, named: tuple[str, ...]) -> inboxes.Sought:
    low = text.lower()
    rules = [
        one.rule_id
        for one in book().values()
        if any(low in said.lower() for said in (one.rule_id, one.name_zh, one.name_en))
    ]
    called = [one for part in PARTS for one in _subjects_called(connection, viewer, part, low)]
    return inboxes.Sought(text, tuple(rules), tuple(called), named)


def _subjects_called(
    connection: Connection, viewer: Viewer, part: str, low: str
) -> Iterator[tuple[str, str, str | None]]:
    """Part, kind and subject of what is called by the text, but for shops: the register finds those."""
    fields = shown_fields(viewer.department, part)
    told = [kind for kind in SubjectKind if not is_hidden(kind, fields)]
    for kind in set(SubjectKind) - set(told):
        if low in subject_label(kind, "", {}, {}, fields).lower():
            yield part, kind, None
    others = inboxes.subjects(connection, viewer, part, [one for one in told if one != SubjectKind.PHARMACY])
    names = Names.of(connection, (), (_places(kind, subject) for _, kind, subject in others))
    called = [
        (part, kind, subject)
        for _, kind, subject in others
        if low in subject_label(kind, subject, {}, names.areas, fields, viewer.department).lower()
    ]
    yield from _whole_kinds(called, others)


def _whole_kinds(
    called: Sequence[tuple[str, str, str]], others: Sequence[tuple[str, str, str]]
) -> Iterator[tuple[str, str, str | None]]:
    """A kind of which every subject is called so, as one; the others one by one."""
    having = Counter((part, kind) for part, kind, _ in others)
    found = Counter((part, kind) for part, kind, _ in called)
    for part, kind in found:
        if found[part, kind] == having[part, kind]:
            yield part, kind, None
    for part, kind, subject in called:
        if found[part, kind] < having[part, kind]:
            yield part, kind, subject


def rows_of(
    connection: Connection, viewer: Viewer, wanted: inboxes.Wanted, *, now: datetime,
    order: inboxes.Order = inboxes.Order.INBOX, limit: int | None = None, offset: int = 0,
) -> tuple[AlertRow, ...]:  # fmt: skip
    """Rows of an inbox, in its order: open before closed, gravest first, then what is due first."""
    frame = inboxes.page(connection, viewer, wanted, order=order, limit=limit, offset=offset)
    return _rows(connection, viewer, frame, now)


def _rows(connection: Connection, viewer: Viewer, frame: pd.DataFrame, now: datetime) -> tuple[AlertRow, ...]:
    kinds = list(zip(frame["subject_kind"], frame["subject"], strict=True))
    areas = [*frame["area_code"].dropna(), *(_places(*one) for one in kinds)]
    names = Names.of(connection, (subject for kind, subject in kinds if kind == "pharmacy"), areas)
    muted = muted_of(connection, viewer, list(frame["alert_id"]))
    return tuple(
        _row(one, names, now, viewer.department, muted.get(one["alert_id"]))
        for one in frame.to_dict("records")
    )


def _places(kind: str, subject: str) -> str:
    """The area in a subject's name; for one that has none, a code that no area has."""
    return subject if kind == "area" else subject.partition(":")[0] if kind == "drug" else ""


def row_of(workspace: Workspace, viewer: Viewer, alert_id: str, *, now: datetime) -> AlertRow:
    """One alert's row for a viewer; NotFound when the viewer's department was not told of it."""
    with workspace.store.read() as connection:
        found = rows_of(connection, viewer, inboxes.Wanted(alert_id=alert_id), now=now) if alert_id else ()
    if not found:
        raise NotFound(f"没有预警 {alert_id}，或没有派发给本部门。")
    return found[0]


def rows_among(
    workspace: Workspace, viewer: Viewer, alert_ids: Collection[str], *, now: datetime
) -> tuple[AlertRow, ...]:
    """Of some alerts those that the viewer may see, in the order of an inbox."""
    with workspace.store.read() as connection:
        return rows_of(connection, viewer, inboxes.Wanted(among=frozenset(alert_ids)), now=now)


def shown_fields(department: str, part: str) -> frozenset[str]:
    """The fields that a department's TOML lets it see in its part; none for one without a TOML."""
    return sight_of(department, part).fields


@dataclass(frozen=True, slots=True)
class Names:
    """Names of shops and areas by code."""

    shops: Mapping[str, str]
    areas: Mapping[str, str]

    @classmethod
    def read(cls, connection: Connection) -> Names:
        """All names in force now."""
        shops = registry.read(connection, pharmacy, names=("license_no", "name"))
        areas = registry.read(connection, area, names=("area_code", "area_name"))
        return cls(
            dict(zip(shops["license_no"], shops["name"], strict=True)),
            dict(zip(areas["area_code"], areas["area_name"], strict=True)),
        )

    @classmethod
    def of(cls, connection: Connection, shops: Iterable[str], areas: Iterable[str]) -> Names:
        """The names in force of some shops and areas."""
        return cls(
            registry.called(connection, pharmacy, "license_no", "name", shops),
            registry.called(connection, area, "area_code", "area_name", areas),
        )


def _row(one: Mapping[Any, Any], names: Names, now: datetime, reader: str, muted: Muted | None) -> AlertRow:
    shown = shown_fields(reader, one["part"])
    rule, state = book()[one["rule_id"]], State(one["state"])
    due_column = DUE_OF_STATE.get(state)
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
        subject=subject_label(one["subject_kind"], one["subject"], names.shops, names.areas, shown, reader),
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
        muted=muted,
    )
