"""Tables of the operational store. Portable types only, so that any SQLAlchemy database serves.

A row of a registry is in force at data version v when since_version <= v and
(until_version is null or until_version > v): the past stays readable as it was.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
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
    text,
)

from yaotong.store import further_tables as further_tables  # they belong to the same collection
from yaotong.store.metadata import metadata as metadata
from yaotong.store.past_tables import past_of
from yaotong.store.register_tables import REGISTRIES as REGISTRIES
from yaotong.store.register_tables import area as area
from yaotong.store.register_tables import drug as drug
from yaotong.store.register_tables import named_place as named_place
from yaotong.store.register_tables import notice as notice
from yaotong.store.register_tables import office as office
from yaotong.store.register_tables import pharmacy as pharmacy
from yaotong.store.register_tables import recall as recall
from yaotong.store.register_tables import supplier as supplier

# One row per file ever offered; data_version is set when it changed what is known.
load = Table(
    "load",
    metadata,
    Column("load_id", Integer, primary_key=True),
    Column("data_version", Integer, unique=True),
    Column("feed", String(32), nullable=False),
    Column("profile", String(64), nullable=False),
    Column("file", String(255), nullable=False),
    Column("sha256", String(64), nullable=False, index=True),
    Column("outcome", String(16), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("accepted", Integer, nullable=False),
    Column("duplicates", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("sent_by", String(64), nullable=False),
    Column("arrived_at", DateTime, nullable=False),
)

# A sender's own keys of what was sent, so that a sending repeated after a lost answer is not a new one.
sent_once = Table(
    "sent_once",
    metadata,
    Column("sent_by", String(64), primary_key=True),
    Column("key", String(128), primary_key=True),
    Column("load_id", Integer, ForeignKey("load.load_id"), nullable=False),
)

fact_file = Table(
    "fact_file",
    metadata,
    Column("file_id", Integer, primary_key=True),
    Column("feed", String(32), nullable=False),
    Column("path", String(255), nullable=False, unique=True),
    Column("month", String(7), nullable=False),
    Column("area_code", String(12), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("until_version", Integer),
    # Of a copy without the lines that no longer hold: the path of the file as it was sent.
    Column("copy_of", String(255), index=True),
    Index(None, "feed", "month"),
)

# Wordings of fact lines that a later load has corrected, the file they were sent in (NULL: not looked up),
# and the data version from which on no file in force holds them.
corrected_line = Table(
    "corrected_line",
    metadata,
    Column("feed", String(32), primary_key=True),
    Column("line_id", String(160), primary_key=True),
    Column("line_sha", String(32), primary_key=True),
    Column("since_version", Integer, nullable=False),
    Column("path", String(255)),
    Column("cleared_version", Integer),
)

# Derived from pharmacies and areas whenever either changes; rebuilt, never edited.
placement = Table(
    "placement",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("license_no", String(128), nullable=False),
    Column("area_code", String(128)),
    Column("place", String(16), nullable=False),
    Column("row_sha", String(32), nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("until_version", Integer),
    Index(None, "license_no"),
)
# Whoever keeps the register in memory asks for what changed since a version.
_ = [Index(None, one.c[f"{end}_version"]) for one in (pharmacy, placement) for end in ("since", "until")]
quality_finding = Table(
    "quality_finding",
    metadata,
    Column("row_id", Integer, primary_key=True),
    Column("kind", String(32), nullable=False),
    Column("subject", String(128), nullable=False),
    Column("claimed", String(128)),
    Column("found", String(128)),
    Column("row_sha", String(32), nullable=False),
    Column("since_version", Integer, nullable=False),
    Column("until_version", Integer),
)

finding = Table(
    "finding",
    metadata,
    Column("finding_id", String(32), primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("subject", String(160), nullable=False),
    Column("behaviour_day", Date, nullable=False),
    Column("behaviour_from", DateTime, nullable=False),
    Column("behaviour_until", DateTime, nullable=False),
    Column("clause", String(32), nullable=False),
    Column("measure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("level", String(8), nullable=False),
    Column("area_code", String(128)),
    Column("pharmacy_ids", Text, nullable=False),
    Column("line_ids", Text, nullable=False),
    Column("figures", Text),  # numbers beside the measure, as one JSON object
    Column("content_sha", String(32), nullable=False),
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), index=True),
    Column("data_version", Integer, nullable=False),
    Column("gone_at_version", Integer),
    Column("corrected_at_version", Integer),  # a line it rests on was, and it is not judged again yet
    # Set on a finding that an exemption keeps from being an alert.
    Column("exemption_id", Integer),
    Index(None, "rule_id", "behaviour_day"),
)

# The lines a finding rests on, to be asked from the line.
evidence_line = Table(
    "evidence_line",
    metadata,
    Column("finding_id", String(32), primary_key=True),
    Column("line_id", String(160), primary_key=True, index=True),
)

# Subjects that some rules leave alone on some behaviour days, why, and who said so.
exemption = Table(
    "exemption",
    metadata,
    Column("exemption_id", Integer, primary_key=True),
    Column("rule_pattern", String(16), nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(160), nullable=False, index=True),
    Column("valid_from", Date, nullable=False),
    Column("valid_until", Date, nullable=False),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("department", String(32), nullable=False),
    Column("author", String(64), nullable=False),
    Column("created_at", DateTime, nullable=False),
    Column("ended_from", Date),
    Column("ended_at", DateTime),
    Column("ended_by", String(64)),
    CheckConstraint("valid_from <= valid_until", name="days"),
)

# Up to which data version and day a rule, as it then was, has judged all that there was.
judged = Table(
    "judged",
    metadata,
    Column("rule_id", String(16), primary_key=True),
    Column("rule_key", String(64), nullable=False),
    Column("data_version", Integer, nullable=False),
    Column("until", Date, nullable=False),
)

alert = Table(
    "alert",
    metadata,
    Column("alert_id", String(16), primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("rule_version", Integer, nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("level", String(8), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("lead", String(32), nullable=False),
    Column("area_code", String(128)),
    Column("pharmacy_ids", Text, nullable=False),
    Column("clause", String(32), nullable=False),
    Column("measure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("behaviour_from", DateTime, nullable=False),
    Column("behaviour_until", DateTime, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    Column("accept_due", DateTime, nullable=False),
    Column("check_due", DateTime, nullable=False),
    Column("dispose_due", DateTime, nullable=False),
    Column("close_due", DateTime, nullable=False),
    Column("outcome", String(16)),
    Column("condition_gone", Boolean, nullable=False, server_default=text("false")),
    Column("data_version", Integer, nullable=False),
    Column("prolonged_days", Integer),
    Column("suspended_at", DateTime),
    Column("supervised_at", DateTime),
    Column("merged_into", String(16)),
    # Deadlines are counted from here; and when the alert is next to be looked at.
    Column("clock_from", DateTime),
    Column("remind_at", DateTime),
    # Since when the row says what it says; NULL: since `opened_at`.
    Column("since_at", DateTime),
    Index(None, "rule_id", "subject"),
    Index(None, "state", "level"),
    Index("ix_alert_rule_id_outcome", "rule_id", "outcome", "state"),
    Index(None, "remind_at"),
)
alert_past = past_of(alert)

alert_event = Table(
    "alert_event",
    metadata,
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("department", String(32), nullable=False),
    Column("act", String(16), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
)

dispatch = Table(
    "dispatch",
    metadata,
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), primary_key=True),
    Column("department", String(32), primary_key=True),
    Column("part", String(8), nullable=False),
    Column("office_code", String(128)),
    Column("sent_at", DateTime, nullable=False),
    Column("accepted_at", DateTime),
    Column("accepted_by", String(64)),
    Column("answered_at", DateTime),
    Column("answer", Text),
    # What an assist's own checking found, where it said so; the lead's stands on the alert.
    Column("outcome", String(16)),
    CheckConstraint("part in ('lead', 'assist')", name="part"),
    Index("uq_dispatch_one_lead", "alert_id", unique=True, sqlite_where=text("part = 'lead'"),
          postgresql_where=text("part = 'lead'")),
    Index(None, "department"),
)  # fmt: skip

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", String(40), primary_key=True),
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), nullable=False),
    Column("event_seq", Integer, nullable=False),
    Column("department", String(32), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("state", String(8), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("written_at", DateTime, nullable=False),
    Column("next_at", DateTime, nullable=False),
    Column("delivered_at", DateTime),
    Column("tried_at", DateTime),
    Column("last_error", Text),
    # Why it is held back until `next_at`, and the one message it was last sent in with others.
    Column("held_for", String(8)),
    Column("digest_id", String(40)),
    CheckConstraint("state in ('due', 'sent', 'dead')", name="state"),
    Index(None, "alert_id"),
    Index(None, "state", "next_at"),
)

account = Table(
    "account",
    metadata,
    Column("username", String(64), primary_key=True),
    Column("display_name", String(64), nullable=False),
    Column("password_hash", String(255), nullable=False),
    Column("department", String(32), nullable=False),
    Column("area_code", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("created_at", DateTime, nullable=False),
)
