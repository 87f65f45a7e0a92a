"""The table that inboxes are read from: `alert`, `dispatch` and `outbox` in one, a row to a department."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, DateTime, ForeignKey, Index, Integer, String, Table

from yaotong.store.metadata import metadata

desk_line = Table(
    "desk_line",
    metadata,
    Column("alert_id", String(16), ForeignKey("alert.alert_id"), primary_key=True),
    Column("department", String(32), primary_key=True),
    Column("part", String(8), nullable=False),
    # Whether the inbox message that carries the alert was delivered.
    Column("arrived", Boolean, nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("state", String(16), nullable=False),
    # Of its level: 0 for red to 3 for blue.
    Column("rank", Integer, nullable=False),
    Column("rule_id", String(8), nullable=False),
    Column("area_code", String(128)),
    # Of the step that is owed next; far away where none is, so that an index can order by it.
    Column("due", DateTime, nullable=False),
    Column("subject_kind", String(16), nullable=False),
    Column("subject", String(160), nullable=False),
    Column("last_day", Date, nullable=False),
    Column("opened_at", DateTime, nullable=False),
    # In the order of an inbox, and in the order of its counts, each holding all that is asked of it.
    Index(
        "ix_desk_line_in_order", "department", "closed", "rank", "due", "alert_id", "arrived", "area_code",
        "part", "rule_id", "state", "subject_kind", "subject",
    ),
    Index("ix_desk_line_by_subject", "department", "subject_kind", "part", "subject", "arrived", "area_code"),
    Index(
        "ix_desk_line_counted", "department", "closed", "state", "rank", "rule_id", "part", "arrived",
        "area_code", "due", "opened_at",
    ),
    Index("ix_desk_line_by_due", "department", "closed", "part", "due", "alert_id", "arrived", "area_code"),
    Index(
        "ix_desk_line_newest", "department", "closed", "last_day", "opened_at", "alert_id", "arrived",
        "area_code",
    ),
)  # fmt: skip
