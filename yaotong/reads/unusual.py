"""Unusual browsing of people (R-J04) read from the audit chain; nothing of what was seen."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from yaotong.store import accounts, alerts, audit
from yaotong.unusual import Unusual, View, unusual
from yaotong.workspace import Workspace

DAYS = 7
_CASE = re.compile(r"YT-\d{6}-\d{4}-\d{4,}")
_ALERT = "alert:"


def unusual_browsing(workspace: Workspace, *, days: int = DAYS, now: datetime) -> list[Unusual]:
    """What was out of the ordinary in the last days, newest first."""
    since = now - timedelta(days=days)
    with workspace.store.read() as connection:
        rows = list(audit.each(connection, audit.Filters(since=since, act="person_view")))
        areas = {one.username: str(one.area_code) for one in accounts.listing(connection)}
        named = {one.object.removeprefix(_ALERT) for one in rows if one.object.startswith(_ALERT)}
        places = alerts.areas_of(connection, sorted(named))
    return unusual(_view(one, areas, places) for one in rows)


def _view(row: Any, areas: dict[str, str], places: dict[str, str | None]) -> View:
    place, own = places.get(row.object.removeprefix(_ALERT)), areas.get(row.actor)
    inside = None if place is None or own is None else place.startswith(own)
    return View(row.actor, row.at, inside, bool(_CASE.search(row.why)))
