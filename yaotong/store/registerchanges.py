"""Which entries of the register of pharmacies came, changed or went, by data version."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, Subquery, func, select, union_all

from yaotong.store.schema import load, pharmacy

_Row = tuple[int, datetime | None, str, str]


def changes(connection: Connection, since: int, limit: int) -> tuple[list[_Row], int, bool]:
    """Changes after a version, oldest first: whole versions, at least one, then no more than `limit` rows.

    Also the version up to which they reach, and whether more follow.
    """
    versions = _touched(since)
    counted = select(versions.c.version, func.count().label("rows")).group_by(versions.c.version)
    taken, rows, more = since, 0, False
    for version, count in connection.execute(counted.order_by(versions.c.version)):
        if rows and rows + count > limit:
            more = True
            break
        taken, rows = version, rows + count
    found = _rows(connection, since, taken) if rows else []
    return found, taken, more


def newest(connection: Connection, limit: int) -> list[_Row]:
    """The last changes, newest first."""
    versions = _touched(0)
    found: list[_Row] = []
    query = select(versions.c.version).distinct().order_by(versions.c.version.desc())
    for version in connection.execute(query.limit(limit)).scalars():
        found += _rows(connection, version - 1, version)[: limit - len(found)]
        if len(found) >= limit:
            break
    return found


def _rows(connection: Connection, since: int, until: int) -> list[_Row]:
    began = pharmacy.c.since_version.between(since + 1, until)
    ended = pharmacy.c.until_version.between(since + 1, until)
    came = {
        (version, code): status
        for version, code, status in connection.execute(
            select(pharmacy.c.since_version, pharmacy.c.license_no, pharmacy.c.status).where(began)
        )
    }
    went = {
        (version, code): status
        for version, code, status in connection.execute(
            select(pharmacy.c.until_version, pharmacy.c.license_no, pharmacy.c.status).where(ended)
        )
    }
    arrived = dict(
        connection.execute(
            select(load.c.data_version, load.c.arrived_at).where(
                load.c.data_version.between(since + 1, until)
            )
        ).fetchall()
    )
    told = []
    for version, code in sorted(came.keys() | went.keys()):
        before, after = (_open(one.get((version, code), "closed")) for one in (went, came))
        if before or after:
            change = "changed" if before and after else "added" if after else "removed"
            told.append((version, arrived.get(version), code, change))
    return told


def _open(status: str | None) -> bool:
    return (status or "active") == "active"


def _touched(since: int) -> Subquery:
    began = select(pharmacy.c.since_version.label("version")).where(pharmacy.c.since_version > since)
    ended = select(pharmacy.c.until_version.label("version")).where(
        pharmacy.c.until_version > since,
        # What ends where another wording begins is counted once.
        ~pharmacy.c.until_version.in_(select(pharmacy.c.since_version)),
    )
    return union_all(began, ended).subquery()
