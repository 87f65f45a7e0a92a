"""What citizens reported as wrong, how it was answered, and what the register was told against its source."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, String, Table, Text

from yaotong.store.metadata import metadata

# Nothing of the reporter: no name, no address, no position. `area_code` is the shop's.
correction = Table(
    "correction",
    metadata,
    Column("ticket", String(16), primary_key=True),
    Column("license_no", String(128), nullable=False),
    Column("area_code", String(128)),
    Column("kind", String(16), nullable=False),
    Column("said", Text, nullable=False),
    Column("filed_at", DateTime, nullable=False),
    Column("state", String(16), nullable=False),
    Column("answer", Text),
    Column("answered_at", DateTime),
    Column("answered_by", String(64)),
    Column("data_version", Integer),
    CheckConstraint("state in ('open', 'corrected', 'kept', 'dismissed')", name="state"),
    Index(None, "state", "filed_at"),
    Index(None, "license_no", "state"),
    Index(None, "filed_at"),
)

# A column that was corrected: while its source repeats the wrong value, the right one stands.
correction_field = Table(
    "correction_field",
    metadata,
    Column("ticket", String(16), ForeignKey("correction.ticket"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("license_no", String(128), nullable=False, index=True),
    # As JSON.
    Column("wrong", Text, nullable=False),
    Column("right", Text, nullable=False),
    # The data version at which its source said something else, or another correction took its place.
    Column("until_version", Integer),
)

# Seals whose goods somebody said they have opened: keyed hashes, and the day. The codes are kept nowhere.
seal_opened = Table(
    "seal_opened",
    metadata,
    Column("seal_key", String(32), primary_key=True),
    Column("opened_at", DateTime, nullable=False),
)
