"""The work desk at 08:30: what is due, what is new, who fell silent, how fresh the data are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from yaotong.codes import Level
from yaotong.reads.alerts import AlertRow, rows_of
from yaotong.reads.sources import Coverage, coverage, quality
from yaotong.store import loads
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

FIRST = 8


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk of one viewer: lists hold the first few, counts count all.

    `overdue` and `soon` (within a day) are the steps this department leads.
    """

    open: int
    by_level: dict[str, int]
    to_accept: int
    overdue: tuple[AlertRow, ...]
    overdue_count: int
    soon: tuple[AlertRow, ...]
    soon_count: int
    newest: tuple[AlertRow, ...]
    opened_today: int
    silent: tuple[Coverage, ...]
    pharmacies: int
    reporting: int
    data_until: date | None
    data_version: int
    last_load: datetime | None
    quality: int


def overview(workspace: Workspace, viewer: Viewer, *, now: datetime) -> Overview:
    """What a viewer's day starts with."""
    rows = [row for row in rows_of(workspace, viewer, now=now) if row.state != "closed"]
    covered = [one for one in coverage(workspace) if viewer.covers(one.area_code)]
    with workspace.store.read() as connection:
        version = loads.current_version(connection)
        history = loads.history(connection, limit=1)
    newest = sorted(rows, key=lambda row: (row.last_day, row.opened_at), reverse=True)
    own = [row for row in rows if row.due is not None and row.part == "lead"]
    due = sorted(own, key=lambda row: row.due or now)
    late = [row for row in due if row.overdue]
    soon = [row for row in due if not row.overdue and row.due and row.due <= now + timedelta(days=1)]
    return Overview(
        open=len(rows),
        by_level={str(level): sum(row.level == level for row in rows) for level in Level},
        to_accept=sum(row.state == "dispatched" and row.part == "lead" for row in rows),
        overdue=tuple(late[:FIRST]),
        overdue_count=len(late),
        soon=tuple(soon[:FIRST]),
        soon_count=len(soon),
        newest=tuple(newest[:FIRST]),
        opened_today=sum(row.opened_at.date() == now.date() for row in rows),
        silent=tuple(one for one in covered if one.days_silent >= 1)[:FIRST],
        pharmacies=len(covered),
        reporting=sum(one.last_day is not None and one.days_silent == 0 for one in covered),
        data_until=max((one.last_day for one in covered if one.last_day), default=None),
        data_version=version,
        last_load=None if history.empty else pd.Timestamp(history.iloc[0]["arrived_at"]).to_pydatetime(),
        quality=len(quality(workspace, viewer)),
    )
