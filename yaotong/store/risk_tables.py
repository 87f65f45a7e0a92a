"""Tables of the risk score. Scores are reckoned anew from the facts; only what a person said is kept."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Date, DateTime, Float, Integer, String, Table, Text

from yaotong.store.metadata import metadata

# A person's word over a shop's class or score, for a time: the newest that has not ended counts.
risk_override = Table(
    "risk_override",
    metadata,
    Column("override_id", Integer, primary_key=True),
    Column("license_no", String(128), nullable=False, index=True),
    Column("grade", String(1)),
    Column("score", Float),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("department", String(32), nullable=False),
    Column("author", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("ended_at", DateTime),
    Column("ended_by", String(64)),
    CheckConstraint("(grade is null) <> (score is null)", name="one_given"),
)
