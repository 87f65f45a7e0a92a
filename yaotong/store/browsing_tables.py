"""Unusual browsing of people as a register of the facts: what rule R-J04 sees."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Index, Integer, String, Table

from yaotong.store.metadata import metadata

# Who, when and how many times; what was seen is in the audit chain alone.
browsing = Table(
    "browsing",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("day", Date, nullable=False),
    Column("began", DateTime, nullable=False),
    Column("ended", DateTime, nullable=False),
    Column("views", Integer, nullable=False),
    Column("row_sha", String(32), nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("until_version", Integer),
    Index(None, "actor", "kind", "day"),
)
