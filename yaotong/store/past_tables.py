"""Tables that let alerts be read as known at a moment, and tell that something about them changed."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table

from yaotong.store.metadata import metadata

# Grows by one with every write to alerts, their events and dispatches: one row by name.
counter = Table(
    "counter",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
)


def past_of(table: Table) -> Table:
    """What each alert said before it was changed, and until when; appended to and never altered."""
    keys = ("alert_id", "revision")
    said = [
        Column(one.name, one.type, primary_key=one.name in keys, nullable=one.nullable) for one in table.c
    ]
    return Table(
        f"{table.name}_past",
        table.metadata,
        *(_unnumbered(one) for one in said),
        Column("until_at", DateTime, nullable=False),
        Index(None, "until_at"),
    )


def _unnumbered(column: Column[object]) -> Column[object]:
    """A key the database must not count up by itself."""
    column.autoincrement = False
    return column
