"""Copies of fact files without the lines that no longer hold, and where each such line was sent."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("fact_file") as batch:
        batch.add_column(sa.Column("copy_of", sa.String(length=255), nullable=True))
        batch.create_index(op.f("ix_fact_file_copy_of"), ["copy_of"])
    with op.batch_alter_table("corrected_line") as batch:
        batch.add_column(sa.Column("path", sa.String(length=255), nullable=True))
        batch.add_column(sa.Column("cleared_version", sa.Integer(), nullable=True))


def downgrade() -> None:
    # Files as they were sent hold every line, those that no longer hold among them.
    op.execute("DELETE FROM fact_file WHERE copy_of IS NOT NULL")
    op.execute("UPDATE fact_file SET until_version = NULL")
    with op.batch_alter_table("corrected_line") as batch:
        batch.drop_column("cleared_version")
        batch.drop_column("path")
    with op.batch_alter_table("fact_file") as batch:
        batch.drop_index(op.f("ix_fact_file_copy_of"))
        batch.drop_column("copy_of")
