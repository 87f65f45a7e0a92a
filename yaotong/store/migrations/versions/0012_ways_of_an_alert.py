"""What a person may do to an alert beside moving it on: extend, pause, supervise and merge."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = ("alert", "alert_past")


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("prolonged_days", sa.Integer(), nullable=True))
            batch.add_column(sa.Column("suspended_at", sa.DateTime(), nullable=True))
            batch.add_column(sa.Column("supervised_at", sa.DateTime(), nullable=True))
            batch.add_column(sa.Column("merged_into", sa.String(length=16), nullable=True))


def downgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            for name in ("merged_into", "supervised_at", "suspended_at", "prolonged_days"):
                batch.drop_column(name)
