"""The audit chain: who did or saw what, why and from where; each row holds the hash of the one before it.

Triggers of migration 0018 refuse updates, deletions above the anchor, and rows that do not attach to the
last one. On SQLite a table made anew (batch mode) loses its triggers: a later migration must make them again.
"""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text

from yaotong.store.metadata import metadata

audit = Table(
    "audit",
    metadata,
    # Counts from 1 without gaps.
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("department", String(32), nullable=False),
    # "web" and the address asked from, "cli" and the account of the machine, or "" for the system itself.
    Column("origin", String(64), nullable=False),
    Column("act", String(32), nullable=False),
    # What it was done to: "alert:…", "load:…", "account:…", "report:…", "rule:…".
    Column("object", String(160), nullable=False),
    Column("why", Text, nullable=False),
    # JSON; of a move on an alert the number and hash of its event, which is not copied.
    Column("detail", Text, nullable=False),
    Column("former", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index(None, "at"),
    Index(None, "actor", "seq"),
    Index(None, "act", "seq"),
)

# The last row of those that were let go after their time: the chain goes on from its hash.
audit_anchor = Table(
    "audit_anchor",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("hash", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
)
