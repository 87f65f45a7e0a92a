"""Queries of the vault: sealed people, openings, releases. Nothing here can open anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Row, delete, func, insert, or_, select, update

from yaotong.store.findings import chunks
from yaotong.store.vault_tables import (
    purpose_release,
    vault_destroyed,
    vault_identity,
    vault_opening,
)


def keep(connection: Connection, sealed: pa.Table | None, at: datetime) -> int:
    """Write the people that are not there yet for their quarter; how many. None: nobody was sealed."""
    if sealed is None:
        return 0
    rows = {(row["buyer_key"], row["period"]): row for row in sealed.to_pylist()}
    for part in chunks(sorted({key for key, _ in rows})):
        wanted = select(vault_identity.c.buyer_key, vault_identity.c.period)
        for known in connection.execute(wanted.where(vault_identity.c.buyer_key.in_(part))):
            rows.pop((known.buyer_key, known.period), None)
    if rows:
        connection.execute(insert(vault_identity), [{**row, "sealed_at": at} for row in rows.values()])
    return len(rows)


def elements(connection: Connection, buyers: Sequence[str], periods: Sequence[str]) -> Iterator[Row[Any]]:
    """The sealed elements of people in some quarters: buyer_key, period, key_id, element."""
    columns = (vault_identity.c[name] for name in ("buyer_key", "period", "key_id", "element"))
    query = select(*columns).where(vault_identity.c.period.in_(periods))
    for part in chunks(buyers, 5_000 if connection.dialect.name == "postgresql" else 900):
        yield from connection.execute(query.where(vault_identity.c.buyer_key.in_(part)))


def numbers(connection: Connection, buyer_key: str) -> list[Row[Any]]:
    """A person's sealed numbers, the newest quarter first."""
    query = select(vault_identity).where(vault_identity.c.buyer_key == buyer_key)
    return list(connection.execute(query.order_by(vault_identity.c.period.desc())))


def counts(connection: Connection) -> list[Row[Any]]:
    """How many people are sealed by quarter, oldest first."""
    people = func.count().label("people")
    query = select(vault_identity.c.period, people).group_by(vault_identity.c.period)
    return list(connection.execute(query.order_by(vault_identity.c.period)))


def sealed_with(connection: Connection, key_ids: Sequence[str]) -> list[Row[Any]]:
    """The rows that some keys sealed."""
    query = select(vault_identity).where(vault_identity.c.key_id.in_(key_ids))
    return list(connection.execute(query))


def forget(connection: Connection, period: str, key_ids: Sequence[str], by: str, at: datetime) -> int:
    """Remove a quarter's rows and note the keys that were destroyed; how many rows went."""
    gone = connection.execute(delete(vault_identity).where(vault_identity.c.period == period)).rowcount
    told = {"period": period, "people": gone, "destroyed_at": at, "destroyed_by": by}
    if key_ids:
        connection.execute(insert(vault_destroyed), [{"key_id": one, **told} for one in key_ids])
    return int(gone)


def destroyed(connection: Connection) -> list[Row[Any]]:
    """The keys that were destroyed, newest first."""
    return list(connection.execute(select(vault_destroyed).order_by(vault_destroyed.c.key_id.desc())))


def ask(connection: Connection, columns: Mapping[str, Any]) -> int:
    """A new wish to open a number; its id."""
    made = connection.execute(
        insert(vault_opening).values(**columns, answer="", opened=0).returning(vault_opening.c.opening_id)
    )
    return int(made.scalar_one())


def opening(connection: Connection, opening_id: int) -> Row[Any] | None:
    """One wish to open."""
    return connection.execute(select(vault_opening).where(vault_opening.c.opening_id == opening_id)).first()


def openings(connection: Connection, department: str, limit: int) -> list[Row[Any]]:
    """A department's wishes, the newest first."""
    query = select(vault_opening).where(vault_opening.c.department == department)
    return list(connection.execute(query.order_by(vault_opening.c.opening_id.desc()).limit(limit)))


def change_opening(connection: Connection, opening_id: int, columns: Mapping[str, Any]) -> None:
    """Write an answer, or that it was opened once more."""
    mine = update(vault_opening).where(vault_opening.c.opening_id == opening_id)
    connection.execute(mine.values(**columns))


def release(connection: Connection, columns: Mapping[str, Any]) -> int:
    """A new entry of the purpose ledger; its id."""
    made = connection.execute(
        insert(purpose_release).values(**columns, used=0).returning(purpose_release.c.release_id)
    )
    return int(made.scalar_one())


def releases(connection: Connection, department: str, limit: int) -> list[Row[Any]]:
    """What a department gave or was given, newest first."""
    mine = or_(purpose_release.c.giver == department, purpose_release.c.receiver == department)
    query = select(purpose_release).where(mine).order_by(purpose_release.c.release_id.desc()).limit(limit)
    return list(connection.execute(query))


def release_in_force(
    connection: Connection, receiver: str, field: str, subject: str, case_no: str, today: date
) -> Row[Any] | None:
    """The newest release of a field of a subject to a receiver for a case that still holds; else None."""
    query = select(purpose_release).where(
        purpose_release.c.receiver == receiver,
        purpose_release.c.field == field,
        purpose_release.c.subject == subject,
        purpose_release.c.case_no == case_no,
        purpose_release.c.expires_on >= today,
        purpose_release.c.withdrawn_at.is_(None),
    )
    return connection.execute(query.order_by(purpose_release.c.release_id.desc()).limit(1)).first()


def release_by_id(connection: Connection, release_id: int) -> Row[Any] | None:
    """One entry of the purpose ledger."""
    return connection.execute(
        select(purpose_release).where(purpose_release.c.release_id == release_id)
    ).first()


def change_release(connection: Connection, release_id: int, columns: Mapping[str, Any]) -> None:
    """Note that a release was used or withdrawn."""
    mine = update(purpose_release).where(purpose_release.c.release_id == release_id)
    connection.execute(mine.values(**columns))
