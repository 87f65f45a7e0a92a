"""What published visits confirmed of the register, as rows: written once for each visit, read by citizens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from yaotong.store.public_tables import public_check


def mark(connection: Connection) -> tuple[int, str]:
    """Something that differs once more was published."""
    count, last = connection.execute(
        select(func.count(), func.max(public_check.c.published_at)).select_from(public_check)
    ).one()
    return int(count), str(last)


def published(connection: Connection) -> list[Mapping[str, Any]]:
    """Every published visit, the oldest first."""
    some = [one for one in public_check.c if one.name != "published_by"]  # citizens need not know
    query = select(*some).order_by(public_check.c.checked_on, public_check.c.inspection_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def publish(connection: Connection, visits: Iterable[Mapping[str, Any]], *, now: datetime, by: str) -> int:
    """Publish visits (license_no, inspection_id, checked_on, hours, place, phone) that were not; how many."""
    known = {(one["license_no"], one["inspection_id"]) for one in published(connection)}
    rows = [
        {**one, "published_at": now, "published_by": by}
        for one in visits
        if (one["license_no"], one["inspection_id"]) not in known
    ]
    if rows:
        connection.execute(insert(public_check), rows)
    return len(rows)
