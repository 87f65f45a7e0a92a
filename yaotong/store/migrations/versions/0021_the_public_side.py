"""Indexes by which the register in memory follows its changes."""

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


def downgrade() -> None:
    for table in _TABLES:
        for column in _COLUMNS:
            op.drop_index(op.f(f"ix_{table}_{column}"), table_name=table)
