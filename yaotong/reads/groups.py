"""An inbox in groups: what is about one shop, lies in one area, or is of one kind, place and week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from yaotong.codes import Level
from yaotong.reads.alerts import AlertRow, Filters, Names, rows_of, wanted_of
from yaotong.store import Connection, inboxes
from yaotong.store.inboxes import Group, Wanted
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

BY = ("shop", "area", "event")
# What must be asked of a line to know its group.
_COLUMNS = {
    "shop": ("subject_kind", "part", "subject"),
    "area": ("area_code",),
    "event": ("last_day", "rule_id", "area_code"),
}
GROUPS = 20
ROWS = 8
ROWS_OF_ONE = 200


@dataclass(frozen=True, slots=True)
class AlertGroup:
    """One group: what it is called, how many alerts of each level, and the first of them.

    `name` is of a shop or area, "" for what has none; `family` and `monday` are given for an event; `key`
    asks for this group alone.
    """

    key: str
    name: str
    code: str
    family: str
    monday: date | None
    by_level: Mapping[str, int]
    total: int
    rows: tuple[AlertRow, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """A page of groups, how many groups and alerts there are in all."""

    groups: tuple[AlertGroup, ...]
    groups_total: int
    total: int


def grouped_inbox(
    workspace: Workspace, viewer: Viewer, *, by: str, filters: Filters, page: int = 1, only: str = "",
    now: datetime,
) -> Grouped:  # fmt: skip
    """The viewer's alerts in groups, the group with most of the gravest first; `page` counts from 1.

    A group shows its first few alerts; with `only`, a group's key, it stands alone and shows many.
    """
    with workspace.store.read() as connection:
        wanted = wanted_of(connection, viewer, filters)
        counted = _counted(connection, viewer, wanted, by)
        if only:
            counted = {one: counts for one, counts in counted.items() if _key(one) == only}
        keys = sorted(counted, key=lambda one: (*(-counted[one][level.rank] for level in Level), _order(one)))
        shown = keys[(page - 1) * GROUPS : page * GROUPS]
        names = _names(connection, shown)
        limit = ROWS_OF_ONE if only else ROWS
        groups = []
        for one in shown:
            rows = rows_of(connection, viewer, replace(wanted, group=one), now=now, limit=limit)
            groups.append(_group(one, counted[one], names, rows))
    return Grouped(tuple(groups), len(keys), sum(one.total() for one in counted.values()))


def _names(connection: Connection, shown: Sequence[Group]) -> Names:
    shops = [one.subject for one in shown if one.subject]
    return Names.of(connection, shops, [one.area_code for one in shown if one.area_code])


def _key(one: Group) -> str:
    return "|".join((one.subject or "", one.area_code or "", one.family, str(one.monday or "")))


def _counted(connection: Connection, viewer: Viewer, wanted: Wanted, by: str) -> dict[Group, Counter[int]]:
    found: dict[Group, Counter[int]] = {}
    for values, rank, n in inboxes.grouped(connection, viewer, wanted, _COLUMNS[by]):
        key = _KEYS[by](wanted.shops_in, *values)
        found.setdefault(key, Counter())[rank] += n
    return found


def _by_shop(named: tuple[str, ...], kind: str, part: str, subject: str) -> Group:
    return Group(shops=True, subject=subject if kind == "pharmacy" and part in named else None)


def _by_area(_: tuple[str, ...], area_code: str | None) -> Group:
    return Group(area_code=area_code)


def _by_event(_: tuple[str, ...], day: date, rule_id: str, area_code: str | None) -> Group:
    monday = day - timedelta(days=day.weekday())
    return Group(area_code=area_code, family=rule_id[:3], monday=monday)


_KEYS: Mapping[str, Any] = {"shop": _by_shop, "area": _by_area, "event": _by_event}


def _order(one: Group) -> tuple[int, str, str, str]:
    """Among groups alike: the latest week first, then by code."""
    week = -one.monday.toordinal() if one.monday else 0
    return week, one.subject or "", one.area_code or "", one.family


def _group(one: Group, counts: Counter[int], names: Names, rows: tuple[AlertRow, ...]) -> AlertGroup:
    code = (one.subject if one.shops else one.area_code) or ""
    called = names.shops if one.shops else names.areas
    return AlertGroup(
        key=_key(one),
        name=called.get(code, code),
        code=code,
        family=one.family,
        monday=one.monday,
        by_level={str(level): counts[level.rank] for level in Level if counts[level.rank]},
        total=counts.total(),
        rows=rows,
    )
