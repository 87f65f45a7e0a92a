"""Seals that somebody said they have opened: keyed hashes and when, the first time only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from yaotong.store.correction_tables import seal_opened


def opened_among(connection: Connection, marks: Sequence[str]) -> dict[str, datetime]:
    """When those of some seals that were opened were."""
    query = select(seal_opened.c.seal_key, seal_opened.c.opened_at).where(seal_opened.c.seal_key.in_(marks))
    return dict(connection.execute(query).fetchall())


def note_opened(connection: Connection, mark: str, at: datetime) -> None:
    """Keep that a seal was opened; one that is known stays as it was."""
    if not opened_among(connection, [mark]):
        connection.execute(insert(seal_opened).values(seal_key=mark, opened_at=at))
