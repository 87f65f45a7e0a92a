"""The log of what left as a report: who took what of which scope, when, and the file's hash."""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Integer, String, Table, UniqueConstraint

from yaotong.store.metadata import metadata

# A row is written with its number before the file is made; one without `sha256` was never handed out.
report_export = Table(
    "report_export",
    metadata,
    Column("export_id", Integer, primary_key=True),
    Column("number", String(64), nullable=False, unique=True),
    Column("department", String(32), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("format", String(8), nullable=False),
    Column("area_code", String(128), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("data_version", Integer, nullable=False),
    # Of what the report says, whatever the format and whoever reads it.
    Column("content_sha256", String(64)),
    Column("sha256", String(64)),
    Column("bytes", Integer),
    UniqueConstraint("department", "year", "serial"),
)
