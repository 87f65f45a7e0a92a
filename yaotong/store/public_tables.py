"""Tables made for citizens: what departments chose to publish, and nothing else."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, String, Table

from yaotong.store.metadata import metadata

# What a published visit found of entries of the register: true confirmed, false wrong, null not looked at.
public_check = Table(
    "public_check",
    metadata,
    Column("license_no", String(128), primary_key=True),
    Column("inspection_id", String(128), primary_key=True),
    Column("checked_on", Date, nullable=False),
    Column("hours", Boolean),
    Column("place", Boolean),
    Column("phone", Boolean),
    Column("published_at", DateTime, nullable=False),
    Column("published_by", String(64), nullable=False),
)
