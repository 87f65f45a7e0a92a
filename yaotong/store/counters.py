"""Counts of changes by name: never the same again after a change, and read with one row."""

from __future__ import annotations

from sqlalchemy import Connection, insert, select, update

from yaotong.store.past_tables import counter


def add_one(connection: Connection, name: str) -> None:
    """Note that something changed, in the transaction that changed it."""
    mine = update(counter).where(counter.c.name == name)
    if connection.execute(mine.values(value=counter.c.value + 1)).rowcount == 0:
        connection.execute(insert(counter).values(name=name, value=1))


def value(connection: Connection, name: str) -> int:
    """How often it changed."""
    found = connection.execute(select(counter.c.value).where(counter.c.name == name)).scalar()
    return int(found or 0)
