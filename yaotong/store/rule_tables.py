"""Tables of the rule book: versions of rules and how they came to be live, and rules that were stopped."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
)

from yaotong.store.metadata import metadata

# A version is a set of tuned values of a rule of the code; `tuned` is JSON and holds only these.
rule_version = Table(
    "rule_version",
    metadata,
    Column("rule_id", String(8), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("tuned", Text, nullable=False),
    Column("cases", Text, nullable=False),
    Column("trial", Text),
    Column("why", Text, nullable=False),
    Column("author", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("shadow", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("made_at", DateTime, nullable=False),
    Column("approved_by", String(64)),
    Column("live_at", DateTime),
    Column("ended_at", DateTime),
    Index(None, "state"),
)

# What happened to a version, appended to and never changed.
rule_version_event = Table(
    "rule_version_event",
    metadata,
    Column("rule_id", String(8), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("step", String(16), nullable=False),
    Column("from_state", String(16), nullable=False),
    Column("to_state", String(16), nullable=False),
    Column("text", Text, nullable=False),
    ForeignKeyConstraint(["rule_id", "number"], ["rule_version.rule_id", "rule_version.number"]),
)

# `beat_at` is renewed while the work goes on: a running one whose beat is old has died with its server.
rule_backtest = Table(
    "rule_backtest",
    metadata,
    Column("backtest_id", Integer, primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("number", Integer, nullable=False),
    Column("against", Integer, nullable=False),
    Column("rule_key", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("started_by", String(64), nullable=False),
    Column("started_at", DateTime, nullable=False),
    Column("beat_at", DateTime, nullable=False),
    Column("finished_at", DateTime),
    Column("since", Date),
    Column("until", Date),
    Column("data_version", Integer, nullable=False),
    Column("result", Text),
    Column("error", Text),
    ForeignKeyConstraint(["rule_id", "number"], ["rule_version.rule_id", "rule_version.number"]),
    Index(None, "rule_id", "number"),
)

# What a version that runs beside the live one found: no alert comes of it, nobody is told.
shadow_finding = Table(
    "shadow_finding",
    metadata,
    Column("rule_id", String(8), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("finding_id", String(32), primary_key=True),
    Column("subject", String(160), nullable=False),
    Column("behaviour_day", Date, nullable=False),
    Column("clause", String(32), nullable=False),
    Column("measure", Float, nullable=False),
    Column("threshold", Float, nullable=False),
    Column("level", String(8), nullable=False),
    Column("area_code", String(128)),
    Index(None, "rule_id", "number", "behaviour_day"),
)

# A rule that opened more alerts in a day than anybody can read: its notices wait until a person resumes it.
rule_pause = Table(
    "rule_pause",
    metadata,
    Column("pause_id", Integer, primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("opened", Integer, nullable=False),
    Column("most", Integer, nullable=False),
    Column("paused_at", DateTime, nullable=False),
    Column("resumed_at", DateTime),
    Column("resumed_by", String(64)),
    Index(None, "rule_id"),
)

# A rule that failed while running stays out until its code or values change, or a person lets it back.
rule_quarantine = Table(
    "rule_quarantine",
    metadata,
    Column("quarantine_id", Integer, primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("rule_key", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", DateTime, nullable=False),
    Column("released_at", DateTime),
    Column("released_by", String(64)),
    Index(None, "rule_id"),
)

# What the department that leads a rule is told about the rule itself, on its desk.
rule_notice = Table(
    "rule_notice",
    metadata,
    Column("notice_id", Integer, primary_key=True),
    Column("rule_id", String(8), nullable=False),
    Column("department", String(32), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("told_at", DateTime, nullable=False),
    Column("read_at", DateTime),
    Column("read_by", String(64)),
    Index(None, "department"),
)
