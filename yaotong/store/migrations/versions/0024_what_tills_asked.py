"""What tills asked before they sold, and what they were told; nothing of the buyer."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "till_question",
        sa.Column("question_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("pharmacy_id", sa.String(length=128), nullable=False),
        sa.Column("drug_code", sa.String(length=128), nullable=False),
        sa.Column("packs", sa.Float(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("question_id", name=op.f("pk_till_question")),
    )
    op.create_index(op.f("ix_till_question_asked_at"), "till_question", ["asked_at"])


def downgrade() -> None:
    op.drop_table("till_question")
