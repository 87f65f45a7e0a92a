"""The table of shifts."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, Index, Integer, String, Table

from yaotong.store.metadata import metadata

duty_shift = Table(
    "duty_shift",
    metadata,
    Column("shift_id", Integer, primary_key=True),
    Column("department", String(32), nullable=False),
    Column("area_code", String(128), nullable=False),
    Column("since", DateTime, nullable=False),
    Column("until", DateTime, nullable=False),
    Column("username", String(64), nullable=False),
    CheckConstraint("since < until", name="forward"),
    Index(None, "since", "until"),
)
