"""Counts over a desk's lines: made again once a line changed, or an hour passed that one of them tells."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from yaotong.store import Connection, desklines, inboxes
from yaotong.viewer import Viewer

SOON = timedelta(days=1)
Tallies = Sequence[Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """Counts made at a moment, which stay what they are until `through` and before `before`."""

    mark: int
    at: datetime
    through: datetime
    before: datetime
    tallies: Tallies

    def holds(self, mark: int, now: datetime) -> bool:
        return self.mark == mark and self.at <= now <= self.through and now < self.before


# By engine: another workspace's numbers are others.
_known: WeakKeyDictionary[Any, dict[Hashable, _Known]] = WeakKeyDictionary()


def tallies_of(connection: Connection, viewer: Viewer, now: datetime, *, muted: bool = False) -> Tallies:
    """Counts of a viewer's lines at a moment, or of those that are muted, see `inboxes.counts`."""
    mark = desklines.mark(connection)
    seen = (viewer.department, viewer.area_code, viewer.covers(None), muted)
    mine = _known.setdefault(connection.engine, {})
    known = mine.get(seen)
    if known is None or not known.holds(mark, now):
        today = datetime.combine(now.date(), time.min)
        made = inboxes.counts(connection, viewer, now=now, soon=now + SOON, today=today, muted=muted)
        known = mine[seen] = _made(mark, now, made)
    return known.tallies


def _made(mark: int, now: datetime, tallies: Tallies) -> _Known:
    """With how long they hold: a line is late after its hour, and soon from a day before it on."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time.min)
    through = min((one.next_late for one in tallies if one.next_late), default=tomorrow)
    before = min((one.next_soon - SOON for one in tallies if one.next_soon), default=tomorrow)
    return _Known(mark, now, through, min(before, tomorrow), tallies)
