"""Tables of silence: what people muted, and which alerts call nobody because of that or of another alert."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Index, Integer, String, Table, Text

from yaotong.store.metadata import metadata

silence = Table(
    "silence",
    metadata,
    Column("silence_id", Integer, primary_key=True),
    Column("rule_pattern", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("level", String(8), nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("department", String(32), nullable=False),
    Column("author", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("ended_from", Date),
    Column("ended_at", DateTime),
    Column("ended_by", String(64)),
    # When its department was told that it ends soon.
    Column("reminded_at", DateTime),
    CheckConstraint("since <= until", name="days"),
    Index(None, "until"),
)

# What `alerts.muting` says of the alerts as they are. A row that names neither a silence nor an alert stands
# for an alert whose run has not ended yet: its notices wait until it is judged together with the others.
alert_mute = Table(
    "alert_mute",
    metadata,
    Column("alert_id", String(16), primary_key=True),
    Column("silence_id", Integer),
    Column("source_id", String(16)),
    Column("until", Date),
    CheckConstraint("silence_id is null or source_id is null", name="one_reason"),
)
