"""Tables of delivery: how each receiver stands, and what people did about messages."""

from __future__ import annotations

from sqlalchemy import Column, DateTime, Index, Integer, String, Table, Text, text

from yaotong.store.metadata import metadata

# A department's address on one channel. Whoever holds the lease sends to it, and nobody else.
receiver = Table(
    "receiver",
    metadata,
    Column("channel", String(16), primary_key=True),
    Column("department", String(32), primary_key=True),
    # Of the address and its key, so that a new one starts afresh.
    Column("address_sha", String(32), nullable=False),
    Column("failures", Integer, nullable=False, server_default=text("0")),
    Column("resting_until", DateTime),
    # It answered that it wants nothing any more.
    Column("gone_at", DateTime),
    Column("leased_by", String(64)),
    Column("leased_until", DateTime),
)

delivery_act = Table(
    "delivery_act",
    metadata,
    Column("act_id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("actor_department", String(32), nullable=False),
    Column("act", String(16), nullable=False),
    Column("message_id", String(40), index=True),
    Column("channel", String(16), nullable=False),
    Column("department", String(32), nullable=False),
    Column("said", Text, nullable=False),
)

# A message of a channel that counts what it is sent a minute, written before it goes out.
post_slot = Table(
    "post_slot",
    metadata,
    Column("slot_id", Integer, primary_key=True),
    # Of the address alone: departments that share a robot share its limit.
    Column("robot_sha", String(32), nullable=False),
    Column("at", DateTime, nullable=False),
    Index(None, "robot_sha", "at"),
)
