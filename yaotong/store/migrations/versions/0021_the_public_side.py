"""Indexes by which the register in memory follows its changes; searches that found nothing, counted."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_TABLES = ("pharmacy", "placement")
_COLUMNS = ("since_version", "until_version")


def upgrade() -> None:
    for table in _TABLES:
        for column in _COLUMNS:
            op.create_index(op.f(f"ix_{table}_{column}"), table, [column])

    op.create_table(
        "unmet",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("searches", sa.Integer(), nullable=False),
        sa.CheckConstraint("hour between 0 and 23", name=op.f("ck_unmet_hour")),
        sa.PrimaryKeyConstraint("day", "hour", "area_code", "reason", name=op.f("pk_unmet")),
    )


def downgrade() -> None:
    op.drop_table("unmet")
    for table in _TABLES:
        for column in _COLUMNS:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
