"""Versions of rules with their events and back-tests, shadow findings, pauses, quarantines and notices."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = (
    "rule_notice",
    "rule_quarantine",
    "rule_pause",
    "shadow_finding",
    "rule_backtest",
    "rule_version_event",
    "rule_version",
)
_VERSION = ["rule_version.rule_id", "rule_version.number"]


def upgrade() -> None:
    _versions()
    _events()
    _backtests()
    _shadows()
    _stops()


def _versions() -> None:
    op.create_table(
        "rule_version",
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("tuned", sa.Text(), nullable=False),
        sa.Column("cases", sa.Text(), nullable=False),
        sa.Column("trial", sa.Text(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("shadow", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("approved_by", sa.String(length=64), nullable=True),
        sa.Column("live_at", sa.DateTime(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("rule_id", "number", name=op.f("pk_rule_version")),
    )
    op.create_index(op.f("ix_rule_version_state"), "rule_version", ["state"])


def _events() -> None:
    op.create_table(
        "rule_version_event",
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id", "number"], _VERSION, name=op.f("fk_rule_version_event_rule_id_number")
        ),
        sa.PrimaryKeyConstraint("rule_id", "number", "seq", name=op.f("pk_rule_version_event")),
    )


def _backtests() -> None:
    op.create_table(
        "rule_backtest",
        sa.Column("backtest_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("against", sa.Integer(), nullable=False),
        sa.Column("rule_key", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("started_by", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(), nullable=False),
        sa.Column("beat_at", sa.DateTime(), nullable=False),
        sa.Column("finished_at", sa.DateTime(), nullable=True),
        sa.Column("since", sa.Date(), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["rule_id", "number"], _VERSION, name=op.f("fk_rule_backtest_rule_id_number")
        ),
        sa.PrimaryKeyConstraint("backtest_id", name=op.f("pk_rule_backtest")),
    )
    op.create_index(op.f("ix_rule_backtest_rule_id_number"), "rule_backtest", ["rule_id", "number"])


def _shadows() -> None:
    op.create_table(
        "shadow_finding",
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("finding_id", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("behaviour_day", sa.Date(), nullable=False),
        sa.Column("clause", sa.String(length=32), nullable=False),
        sa.Column("measure", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.PrimaryKeyConstraint("rule_id", "number", "finding_id", name=op.f("pk_shadow_finding")),
    )
    op.create_index(
        op.f("ix_shadow_finding_rule_id_number_behaviour_day"),
        "shadow_finding",
        ["rule_id", "number", "behaviour_day"],
    )


def _stops() -> None:
    op.create_table(
        "rule_pause",
        sa.Column("pause_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("most", sa.Integer(), nullable=False),
        sa.Column("paused_at", sa.DateTime(), nullable=False),
        sa.Column("resumed_at", sa.DateTime(), nullable=True),
        sa.Column("resumed_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("pause_id", name=op.f("pk_rule_pause")),
    )
    op.create_index(op.f("ix_rule_pause_rule_id"), "rule_pause", ["rule_id"])
    op.create_table(
        "rule_quarantine",
        sa.Column("quarantine_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("rule_key", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=True),
        sa.Column("released_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("quarantine_id", name=op.f("pk_rule_quarantine")),
    )
    op.create_index(op.f("ix_rule_quarantine_rule_id"), "rule_quarantine", ["rule_id"])
    op.create_table(
        "rule_notice",
        sa.Column("notice_id", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("told_at", sa.DateTime(), nullable=False),
        sa.Column("read_at", sa.DateTime(), nullable=True),
        sa.Column("read_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("notice_id", name=op.f("pk_rule_notice")),
    )
    op.create_index(op.f("ix_rule_notice_department"), "rule_notice", ["department"])


def downgrade() -> None:
    for name in _TABLES:
        op.drop_table(name)
