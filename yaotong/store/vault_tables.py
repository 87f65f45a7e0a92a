"""The sealed store of identities, who opened what, and what was released to whom for which purpose."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Index, Integer, LargeBinary, String, Table, Text

from yaotong.store.metadata import metadata

# A person who bought in a quarter: the number, and what it becomes in a matching, both sealed.
vault_identity = Table(
    "vault_identity",
    metadata,
    Column("buyer_key", String(64), primary_key=True),
    Column("period", String(6), primary_key=True),
    Column("key_id", String(32), nullable=False),
    Column("number", LargeBinary, nullable=False),
    Column("element", LargeBinary, nullable=False),
    Column("sealed_at", DateTime, nullable=False),
    Index(None, "key_id"),
)

# Quarters whose keys were destroyed; the sealed rows are removed with them.
vault_destroyed = Table(
    "vault_destroyed",
    metadata,
    Column("key_id", String(32), primary_key=True),
    Column("period", String(6), nullable=False),
    Column("people", Integer, nullable=False),
    Column("destroyed_at", DateTime, nullable=False),
    Column("destroyed_by", String(64), nullable=False),
)

# A wish to open one person's number, the second person's answer, and how often it was then opened.
vault_opening = Table(
    "vault_opening",
    metadata,
    Column("opening_id", Integer, primary_key=True),
    Column("buyer_key", String(64), nullable=False),
    Column("department", String(32), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("basis", String(160), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_by", String(64), nullable=False),
    Column("asked_at", DateTime, nullable=False),
    Column("answer", String(8), nullable=False),
    Column("answered_by", String(64)),
    Column("answered_at", DateTime),
    Column("expires_at", DateTime),
    Column("opened", Integer, nullable=False),
    Index(None, "department", "asked_at"),
)

# One field of one subject for one receiver. What is not here is not released.
purpose_release = Table(
    "purpose_release",
    metadata,
    Column("release_id", Integer, primary_key=True),
    Column("giver", String(32), nullable=False),
    Column("receiver", String(32), nullable=False),
    Column("field", String(32), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("case_no", String(64), nullable=False),
    Column("basis", String(160), nullable=False),
    Column("released_by", String(64), nullable=False),
    Column("released_at", DateTime, nullable=False),
    Column("expires_on", Date, nullable=False),
    Column("withdrawn_at", DateTime),
    Column("used", Integer, nullable=False),
    Index(None, "receiver", "field", "subject"),
)
