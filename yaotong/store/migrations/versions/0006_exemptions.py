"""Exemptions, and the findings they keep from being alerts."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "exemption",
        sa.Column("exemption_id", sa.Integer(), nullable=False),
        sa.Column("rule_pattern", sa.String(length=16), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("ended_from", sa.Date(), nullable=True),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("valid_from <= valid_until", name=op.f("ck_exemption_days")),
        sa.PrimaryKeyConstraint("exemption_id", name=op.f("pk_exemption")),
    )
    op.create_index(op.f("ix_exemption_subject"), "exemption", ["subject"])
    with op.batch_alter_table("finding") as batch:
        batch.add_column(sa.Column("exemption_id", sa.Integer(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("finding") as batch:
        batch.drop_column("exemption_id")
    op.drop_index(op.f("ix_exemption_subject"), table_name="exemption")
    op.drop_table("exemption")
