"""Counts of searches that found nothing that helps, by day, hour and town."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pandas as pd
from sqlalchemy import Connection, func, insert, select, update

from yaotong.store.unmet_tables import unmet

# Day, hour, town ("" outside all), reason.
Key = tuple[date, int, str, str]


def add(connection: Connection, counts: Mapping[Key, int]) -> None:
    """Add to the counts; writers queue, so nobody adds between."""
    for (day, hour, area, reason), searches in counts.items():
        own = (
            unmet.c.day == day, unmet.c.hour == hour, unmet.c.area_code == area, unmet.c.reason == reason,
        )  # fmt: skip
        added = update(unmet).where(*own).values(searches=unmet.c.searches + searches)
        if not connection.execute(added).rowcount:
            values = {"day": day, "hour": hour, "area_code": area, "reason": reason, "searches": searches}
            connection.execute(insert(unmet).values(**values))


def by_town_and_hour(connection: Connection, since: date, until: date) -> pd.DataFrame:
    """Searches of some days (both included): area_code, hour, reason, searches."""
    names = ("area_code", "hour", "reason")
    own = [unmet.c[one] for one in names]
    query = select(*own, func.sum(unmet.c.searches)).where(unmet.c.day.between(since, until)).group_by(*own)
    return pd.DataFrame(connection.execute(query).fetchall(), columns=[*names, "searches"])
