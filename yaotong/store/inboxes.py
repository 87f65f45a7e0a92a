"""Queries of inboxes: a page of lines in some order, and counts over all that a person may see.

A dispatch shows once the inbox message that carries it has been delivered, or waits because its rule is
paused: the alerts of a flood can be read, they only call nobody.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Connection, Row, and_, case, exists, false, func, or_, select

from yaotong.alerts.states import State
from yaotong.codes import Level
from yaotong.store.desk_tables import desk_line
from yaotong.store.findings import chunks
from yaotong.store.registry import in_force
from yaotong.store.rulestops import paused_rules
from yaotong.store.schema import alert, area, pharmacy
from yaotong.store.silences import silenced_alerts
from yaotong.viewer import Viewer

_line = desk_line.c


class Order(Enum):
    """How a page of an inbox lies: as an inbox does, by what is due first, or the newest behaviour first."""

    INBOX = (_line.closed, _line.rank, _line.due, _line.alert_id)
    DUE = (_line.due, _line.alert_id)
    NEWEST = (_line.last_day.desc(), _line.opened_at.desc(), _line.alert_id.desc())


@dataclass(frozen=True, slots=True)
class Sought:
    """A text to look for, and what only its asker can know of it.

    `rule_ids` are rules whose names hold it; `subjects` (part, kind, subject) are called by it, where a
    subject of None stands for all of that kind; `named` are parts in which shops are called by their names.
    """

    text: str
    rule_ids: tuple[str, ...]
    subjects: tuple[tuple[str, str, str | None], ...]
    named: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """Lines that belong together: of one shop or of none; of one area; or of an area, rules and a week.

    `family` is how the rules' ids begin, `monday` begins the week of the last behaviour; with `shops`, of
    lines about a shop `subject` alone, or (None) of all others.
    """

    shops: bool = False
    subject: str | None = None
    area_code: str | None = None
    family: str = ""
    monday: date | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an inbox is narrowed to; "" and None leave a side open. `state` "open" is all but closed.

    `among` and `but` name alerts; `shops_in` are the parts in which the viewer is told which shop an alert
    is about.
    """

    level: str = ""
    state: str = ""
    rule_id: str = ""
    part: str = ""
    area_code: str = ""
    pharmacy_id: str = ""
    shops_in: tuple[str, ...] = ()
    alert_id: str = ""
    among: frozenset[str] | None = None
    but: frozenset[str] = frozenset()
    due_from: datetime | None = None
    due_before: datetime | None = None
    sought: Sought | None = None
    muted: bool | None = None
    group: Group | None = None


def page(
    connection: Connection, viewer: Viewer, wanted: Wanted, *, order: Order = Order.INBOX,
    limit: int | None = None, offset: int = 0,
) -> pd.DataFrame:  # fmt: skip
    """Alerts with the viewer's part in them; all of them where there is no limit."""
    lines = select(_line.alert_id, _line.part).where(_seen(viewer), *_narrowed(wanted))
    found = connection.execute(lines.order_by(*order.value).limit(limit).offset(offset or None)).fetchall()
    return _whole(connection, [(row.alert_id, row.part) for row in found])


def ids(connection: Connection, viewer: Viewer) -> set[str]:
    """Every alert that a viewer may see."""
    return set(connection.execute(select(_line.alert_id).where(_seen(viewer))).scalars())


def page_and_total(
    connection: Connection, viewer: Viewer, wanted: Wanted, *, limit: int, offset: int = 0
) -> tuple[pd.DataFrame, int]:
    """A page in the order of an inbox, and how many lines there are in all.

    A text is looked for once: what holds it is numbered, and the page is a part of it.
    """
    if wanted.sought is None:
        query = select(func.count()).select_from(desk_line).where(_seen(viewer), *_narrowed(wanted))
        total = int(connection.execute(query).scalar_one())
        # A database refuses a number beyond its own; beyond the last line there is nothing in any case.
        return page(connection, viewer, wanted, limit=limit, offset=min(offset, total)), total
    lines = select(_line.alert_id, _line.part).where(_seen(viewer), *_narrowed(wanted))
    found = connection.execute(lines.order_by(*Order.INBOX.value)).fetchall()
    shown = [(row.alert_id, row.part) for row in found[offset : offset + limit]]
    return _whole(connection, shown), len(found)


def counts(
    connection: Connection, viewer: Viewer, *, now: datetime, soon: datetime, today: datetime,
    muted: bool = False,
) -> list[Row[Any]]:  # fmt: skip
    """Lines by closed, state, rank, rule_id and part: n, and of them late, soon (late before then) and new.

    `late` are due before `now`, `soon` from then until `soon`, `new` were opened since `today`; `next_late`
    and `next_soon` are the earliest hours of those that are not late yet, and not soon yet. With `muted`, of
    those alone that are muted.
    """

    def sum_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.sum(case((condition, 1), else_=0))

    by = (_line.closed, _line.state, _line.rank, _line.rule_id, _line.part)
    query = (
        select(
            *by,
            func.count().label("n"),
            sum_of(_line.due < now).label("late"),
            sum_of(and_(_line.due >= now, _line.due <= soon)).label("soon"),
            sum_of(_line.opened_at >= today).label("new"),
            func.min(case((_line.due >= now, _line.due))).label("next_late"),
            func.min(case((_line.due > soon, _line.due))).label("next_soon"),
        )
        .where(_seen(viewer), *([_line.alert_id.in_(silenced_alerts())] if muted else []))
        .group_by(*by)
    )
    return list(connection.execute(query).fetchall())


def grouped(
    connection: Connection, viewer: Viewer, wanted: Wanted, columns: Sequence[str]
) -> list[tuple[tuple[Any, ...], int, int]]:
    """How many of the wanted lines share values in some columns: the values, the rank, and n."""
    by = [*(_line[one] for one in columns), _line.rank]
    query = select(*by, func.count()).where(_seen(viewer), *_narrowed(wanted)).group_by(*by)
    return [(tuple(row[:-2]), int(row[-2]), int(row[-1])) for row in connection.execute(query)]


def subjects(
    connection: Connection, viewer: Viewer, part: str, kinds: Sequence[str]
) -> list[tuple[str, str, str]]:
    """Every part, kind and subject of a viewer's lines in one part and of some kinds."""
    query = (
        select(_line.part, _line.subject_kind, _line.subject)
        .where(_seen(viewer), _line.part == part, _line.subject_kind.in_(kinds))
        .distinct()
    )
    return [(row.part, row.subject_kind, row.subject) for row in connection.execute(query)]


def _whole(connection: Connection, lines: Sequence[tuple[str, str]]) -> pd.DataFrame:
    """The alerts of some lines, with the part of each."""
    said: dict[str, Row[Any]] = {}
    for some in chunks([alert_id for alert_id, _ in lines]):
        rows = connection.execute(select(alert).where(alert.c.alert_id.in_(some)))
        said |= {row.alert_id: row for row in rows}
    columns = [*(one.name for one in alert.c), "part"]
    return pd.DataFrame([(*said[alert_id], part) for alert_id, part in lines], columns=columns)


def _seen(viewer: Viewer) -> ColumnElement[bool]:
    """What was told to the viewer's department and lies in their area."""
    within = _line.area_code.startswith(viewer.area_code, autoescape=True)
    if viewer.covers(None):
        within = or_(_line.area_code.is_(None), within)
    return and_(
        _line.department == viewer.department,
        or_(_line.arrived, _line.rule_id.in_(paused_rules())),
        within,
    )


def _narrowed(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.level:
        ranks = [one.rank for one in Level if one == wanted.level]
        found.append(_line.rank.in_(ranks))
    if wanted.state == "open":
        found.append(~_line.closed)
    elif wanted.state:
        found += [_line.closed == (wanted.state == State.CLOSED), _line.state == wanted.state]
    found += [_line[name] == value for name in ("rule_id", "part", "alert_id")
              if (value := getattr(wanted, name))]  # fmt: skip
    if wanted.area_code:
        found.append(_line.area_code.startswith(wanted.area_code, autoescape=True))
    if wanted.pharmacy_id:
        found.append(_of_shop(wanted.pharmacy_id, wanted.shops_in))
    if wanted.among is not None:
        found.append(_line.alert_id.in_(sorted(wanted.among)))
    if wanted.but:
        found.append(_line.alert_id.not_in(sorted(wanted.but)))
    if wanted.due_from is not None:
        found.append(_line.due >= wanted.due_from)
    if wanted.due_before is not None:
        found.append(_line.due < wanted.due_before)
    if wanted.sought is not None:
        found.append(_called(wanted.sought))
    if wanted.muted is not None:
        muted = _line.alert_id.in_(silenced_alerts())
        found.append(muted if wanted.muted else ~muted)
    if wanted.group is not None:
        found += _in_group(wanted.group, wanted.shops_in)
    return found


def _in_group(group: Group, parts: Sequence[str]) -> list[ColumnElement[bool]]:
    if group.shops:
        of_shop = and_(_line.subject_kind == "pharmacy", _line.part.in_(parts))
        return [~of_shop if group.subject is None else and_(of_shop, _line.subject == group.subject)]
    found = [_line.area_code.is_(None) if group.area_code is None else _line.area_code == group.area_code]
    if group.monday is not None:
        found.append(_line.rule_id.startswith(group.family, autoescape=True))
        found.append(_line.last_day.between(group.monday, group.monday + timedelta(days=6)))
    return found


def _of_shop(license_no: str, parts: Sequence[str]) -> ColumnElement[bool]:
    """Alerts that name the shop, whose ids are kept as a JSON list, in a part that is told of shops."""
    named = alert.c.pharmacy_ids.contains(json.dumps(license_no), autoescape=True)
    return and_(_line.part.in_(parts), _line.alert_id.in_(select(alert.c.alert_id).where(named)))


def _called(sought: Sought) -> ColumnElement[bool]:
    """Lines that show the text: in their id, their place, their rule or what their subject is called."""

    def holds(column: ColumnElement[str]) -> ColumnElement[bool]:
        return func.lower(column).contains(sought.text.lower(), autoescape=True)

    places = select(area.c.area_code).where(in_force(area, None), holds(area.c.area_name))
    return or_(
        holds(_line.alert_id),
        _line.rule_id.in_(sought.rule_ids),
        _line.area_code.in_(places),
        _shop_called(sought, holds(pharmacy.c.name), holds(_line.subject)),
        *_subjects_called(sought.subjects),
    )


def _shop_called(
    sought: Sought, by_name: ColumnElement[bool], by_number: ColumnElement[bool]
) -> ColumnElement[bool]:
    if not sought.named:
        return false()
    registered = exists().where(in_force(pharmacy, None), pharmacy.c.license_no == _line.subject)
    called = select(pharmacy.c.license_no).where(in_force(pharmacy, None), by_name)
    return and_(
        _line.subject_kind == "pharmacy",
        _line.part.in_(sought.named),
        or_(_line.subject.in_(called), and_(by_number, ~registered)),
    )


def _subjects_called(subjects: Sequence[tuple[str, str, str | None]]) -> list[ColumnElement[bool]]:
    by: dict[tuple[str, str], list[str | None]] = {}
    for part, kind, subject in subjects:
        by.setdefault((part, kind), []).append(subject)
    return [
        and_(
            _line.part == part,
            _line.subject_kind == kind,
            *([] if None in found else [or_(*(_line.subject.in_(some) for some in chunks(_plain(found))))]),
        )
        for (part, kind), found in by.items()
    ]


def _plain(values: Sequence[str | None]) -> list[str]:
    return [one for one in values if one is not None]
