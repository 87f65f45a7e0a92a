"""The tables of joint cases."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from yaotong.store.metadata import metadata


def _case() -> Column[str]:
    return Column("case_no", String(32), ForeignKey("joint_case.case_no"), nullable=False)


joint_case = Table(
    "joint_case",
    metadata,
    Column("case_no", String(32), primary_key=True),
    Column("county", String(6), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    # What all its alerts have in common: a town, or the county.
    Column("area_code", String(128)),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("opened_by", String(64), nullable=False),
    Column("closed_at", DateTime),
    Column("pharmacy_ids", Text, nullable=False),
    UniqueConstraint("county", "year", "serial"),
    Index(None, "state"),
)

joint_alert = Table(
    "joint_alert",
    metadata,
    Column("case_no", String(32), ForeignKey("joint_case.case_no"), primary_key=True),
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), primary_key=True, index=True),
)

joint_unit = Table(
    "joint_unit",
    metadata,
    Column("case_no", String(32), ForeignKey("joint_case.case_no"), primary_key=True),
    Column("department", String(32), primary_key=True),
    Column("part", String(8), nullable=False),
    Column("standing", String(16), nullable=False),
    Column("answered_at", DateTime),
    Column("answered_by", String(64)),
    Column("outcome", String(32)),
    Column("outcome_text", Text),
    Column("outcome_at", DateTime),
    Column("outcome_by", String(64)),
    Column("outcome_fen", BigInteger),
    CheckConstraint("part in ('lead', 'assist')", name="part"),
    Index("uq_joint_unit_one_lead", "case_no", unique=True, sqlite_where=text("part = 'lead'"),
          postgresql_where=text("part = 'lead'")),
    Index(None, "department"),
)  # fmt: skip

# Only ever added to.
joint_event = Table(
    "joint_event",
    metadata,
    Column("case_no", String(32), ForeignKey("joint_case.case_no"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("department", String(32), nullable=False),
    Column("act", String(16), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("reason", String(128), nullable=False),
    Column("text", Text, nullable=False),
)

# What is to be done by which department until when; `kind` rectify is what the shop was ordered to put right.
joint_task = Table(
    "joint_task",
    metadata,
    Column("task_id", Integer, primary_key=True),
    _case(),
    Column("kind", String(16), nullable=False),
    Column("what", Text, nullable=False),
    Column("department", String(32), nullable=False),
    Column("due", Date, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("written_by", String(64), nullable=False),
    Column("done_at", DateTime),
    Column("done_by", String(64)),
    Column("done_text", Text),
    CheckConstraint("kind in ('task', 'rectify')", name="kind"),
    Index(None, "case_no"),
)

# One filled form of an inspection on the spot; (sent_by, key) tells a sending that is repeated.
joint_visit = Table(
    "joint_visit",
    metadata,
    Column("visit_id", Integer, primary_key=True),
    _case(),
    Column("license_no", String(128), nullable=False),
    Column("department", String(32), nullable=False),
    Column("sent_by", String(64), nullable=False),
    Column("key", String(128), nullable=False),
    Column("digest", String(64), nullable=False),
    Column("visited_at", DateTime, nullable=False),
    Column("arrived_at", DateTime, nullable=False),
    Column("text", Text, nullable=False),
    # JSON: [{"drug", "counted", "booked"}]; booked is null where the books were not seen.
    Column("stock", Text, nullable=False),
    Column("lon", Float),
    Column("lat", Float),
    Column("accuracy_m", Float),
    UniqueConstraint("sent_by", "key"),
    Index(None, "case_no"),
)

# Evidence files. The file lies in the workspace under its hash; what was sent is known by `sent_sha256`.
joint_paper = Table(
    "joint_paper",
    metadata,
    Column("paper_id", Integer, primary_key=True),
    _case(),
    Column("visit_id", Integer, ForeignKey("joint_visit.visit_id")),
    Column("sha256", String(64), nullable=False),
    Column("sent_sha256", String(64), nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("name", String(255), nullable=False),
    Column("department", String(32), nullable=False),
    Column("sent_by", String(64), nullable=False),
    Column("sent_at", DateTime, nullable=False),
    UniqueConstraint("case_no", "sha256"),
)

# Transfers to the police, as they were issued, and the receipts that came back.
joint_letter = Table(
    "joint_letter",
    metadata,
    Column("letter_id", Integer, primary_key=True),
    _case(),
    Column("number", String(64), nullable=False, unique=True),
    Column("county", String(6), nullable=False),
    Column("year", Integer, nullable=False),
    Column("serial", Integer, nullable=False),
    Column("department", String(32), nullable=False),
    Column("addressee", String(32), nullable=False),
    Column("issued_at", DateTime, nullable=False),
    Column("issued_by", String(64), nullable=False),
    Column("docx_sha256", String(64), nullable=False),
    Column("pdf_sha256", String(64)),
    Column("receipt_due", DateTime, nullable=False),
    Column("receipt_no", String(64)),
    Column("receipt_on", Date),
    Column("receipt_from", String(64)),
    Column("receipt_at", DateTime),
    Column("receipt_by", String(64)),
    UniqueConstraint("department", "county", "year", "serial"),
    Index(None, "case_no"),
)
