"""A sender's own keys of what was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sent_once",
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["load_id"], ["load.load_id"], name=op.f("fk_sent_once_load_id")),
        sa.PrimaryKeyConstraint("sent_by", "key", name=op.f("pk_sent_once")),
    )


def downgrade() -> None:
    op.drop_table("sent_once")
