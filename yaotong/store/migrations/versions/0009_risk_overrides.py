"""A person's word over a shop's risk score, with its reason and its last day."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_override",
        sa.Column("override_id", sa.Integer(), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("grade", sa.String(length=1), nullable=True),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("ended_at", sa.DateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("(grade is null) <> (score is null)", name=op.f("ck_risk_override_one_given")),
        sa.PrimaryKeyConstraint("override_id", name=op.f("pk_risk_override")),
    )
    with op.batch_alter_table("risk_override") as batch:
        batch.create_index(op.f("ix_risk_override_license_no"), ["license_no"])


def downgrade() -> None:
    op.drop_table("risk_override")
