"""Rotations as rows: which links of the chain of pseudonym keys are in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from yaotong.store.link_tables import pseudonym_link


def every(connection: Connection) -> list[Row[Any]]:
    """All rotations, oldest first."""
    return list(connection.execute(select(pseudonym_link).order_by(pseudonym_link.c.number)))


def add(connection: Connection, key_id: str, by: str, at: datetime) -> None:
    """A link comes into force."""
    number = len(every(connection)) + 1
    told = {"number": number, "key_id": key_id, "made_at": at, "made_by": by}
    connection.execute(insert(pseudonym_link).values(**told))


def swept(connection: Connection, at: datetime) -> None:
    """What lay under older keys is gone."""
    due = update(pseudonym_link).where(pseudonym_link.c.swept_at.is_(None))
    connection.execute(due.values(swept_at=at))
