"""Silences, and the alerts that call nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "silence",
        sa.Column("silence_id", sa.Integer(), nullable=False),
        sa.Column("rule_pattern", sa.String(length=16), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_from", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.Column("reminded_at", sa.DateTime(), nullable=True),
        sa.CheckConstraint("since <= until", name=op.f("ck_silence_days")),
        sa.PrimaryKeyConstraint("silence_id", name=op.f("pk_silence")),
    )
    op.create_index(op.f("ix_silence_until"), "silence", ["until"])
    op.create_table(
        "alert_mute",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("silence_id", sa.Integer(), nullable=True),
        sa.Column("source_id", sa.String(length=16), nullable=True),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("silence_id is null or source_id is null", name=op.f("ck_alert_mute_one_reason")),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert_mute")),
    )


def downgrade() -> None:
    op.drop_table("alert_mute")
    op.drop_index(op.f("ix_silence_until"), table_name="silence")
    op.drop_table("silence")
