"""Searches of citizens that found nothing that helps, counted by town and hour; nothing of the searches."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, Integer, String, Table

from yaotong.store.metadata import metadata

unmet = Table(
    "unmet",
    metadata,
    Column("day", Date, primary_key=True),
    Column("hour", Integer, primary_key=True, autoincrement=False),
    # Of the town that was searched from; "" outside all of them.
    Column("area_code", String(128), primary_key=True),
    Column("reason", String(16), primary_key=True),
    Column("searches", Integer, nullable=False),
    CheckConstraint("hour between 0 and 23", name="hour"),
)
