"""Rotations of the pseudonym key: which keys of the chain are in force. The keys themselves are no rows."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Integer, String, Table

from yaotong.store.metadata import metadata

# In the transaction that re-pseudonymised everything; `swept_at` once what lay under the older key is gone.
pseudonym_link = Table(
    "pseudonym_link",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key_id", String(16), nullable=False, unique=True),
    Column("made_at", DateTime, nullable=False),
    Column("made_by", String(64), nullable=False),
    Column("swept_at", DateTime),
)
