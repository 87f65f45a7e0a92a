"""When a feed was last taken in, and which data version its registry stands at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Table, func, select

from yaotong.store.schema import load


def version_of(connection: Connection, feeds: Sequence[str]) -> int:
    """The newest data version that any of these feeds made; 0 when none ever did."""
    query = select(func.coalesce(func.max(load.c.data_version), 0)).where(load.c.feed.in_(feeds))
    return int(connection.execute(query).scalar_one())


def taken_at(connection: Connection, feed: str) -> datetime | None:
    """When the feed last changed what is known; None when it never did."""
    query = select(func.max(load.c.arrived_at)).where(load.c.feed == feed, load.c.data_version.is_not(None))
    found: datetime | None = connection.execute(query).scalar()
    return found


def changed_at(
    connection: Connection, table: Table, key: str, only: Sequence[str] | None = None
) -> dict[str, datetime]:
    """When each row of a registry came to say what it says now: key → arrival of the load that made it.

    `only`: of these keys alone, of which there may be some hundreds.
    """
    arrived = dict(connection.execute(select(load.c.data_version, load.c.arrived_at)).fetchall())
    query = select(table.c[key], table.c.since_version).where(table.c.until_version.is_(None))
    query = query if only is None else query.where(table.c[key].in_(only))
    return {str(one): arrived[version] for one, version in connection.execute(query) if version in arrived}
