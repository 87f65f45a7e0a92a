"""What an outcome of a joint case brought back in money."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("joint_unit", sa.Column("outcome_fen", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("joint_unit") as batch:
        batch.drop_column("outcome_fen")
