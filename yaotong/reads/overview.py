"""The work desk at 08:30: what is due, what is new, who fell silent, how fresh the data are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd

from yaotong.codes import Level
from yaotong.reads.alerts import AlertRow, rows_of
from yaotong.reads.sources import Coverage, quality, reporting
from yaotong.reads.tallies import SOON, tallies_of
from yaotong.store import loads
from yaotong.store.inboxes import Order, Wanted
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

FIRST = 8


@dataclass(frozen=True, slots=True)
class Overview:
    """The desk of one viewer: lists hold the first few, counts count all.

    `overdue` and `soon` (within a day) are the steps this department leads. What is muted is not to be
    done: it is in no list but `newest`, and in no count but `open` and its own.
    """

    open: int
    by_level: dict[str, int]
    to_accept: int
    overdue: tuple[AlertRow, ...]
    overdue_count: int
    soon: tuple[AlertRow, ...]
    soon_count: int
    newest: tuple[AlertRow, ...]
    muted: int
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
    shops = reporting(workspace, viewer, FIRST)
    with workspace.store.read() as connection:
        live = [one for one in tallies_of(connection, viewer, now) if not one.closed]
        hushed = [one for one in tallies_of(connection, viewer, now, muted=True) if not one.closed]
        version = loads.current_version(connection)
        history = loads.history(connection, limit=1)

        def first(order: Order, **narrowed: Any) -> tuple[AlertRow, ...]:
            wanted = Wanted(state="open", **narrowed)
            return rows_of(connection, viewer, wanted, now=now, order=order, limit=FIRST)

        newest = first(Order.NEWEST)
        late = first(Order.DUE, part="lead", muted=False, due_before=now)
        # The limit of a day belongs to it; moments are kept to the microsecond.
        until = now + SOON + timedelta(microseconds=1)
        soon = first(Order.DUE, part="lead", muted=False, due_from=now, due_before=until)
    own = [one for one in live if one.part == "lead"]
    calm = [one for one in hushed if one.part == "lead"]
    return Overview(
        open=sum(one.n for one in live),
        by_level={str(level): sum(one.n for one in live if one.rank == level.rank) for level in Level},
        to_accept=_to_accept(own) - _to_accept(calm),
        overdue=late,
        overdue_count=sum(one.late for one in own) - sum(one.late for one in calm),
        soon=soon,
        soon_count=sum(one.soon for one in own) - sum(one.soon for one in calm),
        newest=newest,
        muted=sum(one.n for one in hushed),
        opened_today=sum(one.new for one in live),
        silent=shops.silent,
        pharmacies=shops.shops,
        reporting=shops.reporting,
        data_until=shops.until,
        data_version=version,
        last_load=None if history.empty else pd.Timestamp(history.iloc[0]["arrived_at"]).to_pydatetime(),
        quality=len(quality(workspace, viewer)),
    )


def _to_accept(tallies: list[Any]) -> int:
    return sum(one.n for one in tallies if one.state == "dispatched")
