"""What chats and mail hold back, what they were sent together, and how many messages each took a minute."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("outbox") as batch:
        batch.add_column(sa.Column("held_for", sa.String(length=8), nullable=True))
        batch.add_column(sa.Column("digest_id", sa.String(length=40), nullable=True))
    op.create_table(
        "post_slot",
        sa.Column("slot_id", sa.Integer(), nullable=False),
        sa.Column("robot_sha", sa.String(length=32), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("slot_id", name=op.f("pk_post_slot")),
    )
    op.create_index(op.f("ix_post_slot_robot_sha_at"), "post_slot", ["robot_sha", "at"])


def downgrade() -> None:
    op.drop_table("post_slot")
    with op.batch_alter_table("outbox") as batch:
        batch.drop_column("digest_id")
        batch.drop_column("held_for")
