"""Which lines a finding rests on, as rows, and whether one of them was corrected since."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_line",
        sa.Column("finding_id", sa.String(length=32), nullable=False),
        sa.Column("line_id", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("finding_id", "line_id", name=op.f("pk_evidence_line")),
    )
    op.create_index(op.f("ix_evidence_line_line_id"), "evidence_line", ["line_id"])
    with op.batch_alter_table("finding") as batch:
        batch.add_column(sa.Column("corrected_at_version", sa.Integer(), nullable=True))
    finding = sa.table("finding", sa.column("finding_id", sa.String()), sa.column("line_ids", sa.Text()))
    connection = op.get_bind()
    lines = sa.table("evidence_line", sa.column("finding_id", sa.String()), sa.column("line_id", sa.String()))
    known = connection.execute(sa.select(finding.c.finding_id, finding.c.line_ids)).fetchall()
    for finding_id, line_ids in known:
        rows = [{"finding_id": finding_id, "line_id": one} for one in sorted(set(json.loads(line_ids)))]
        if rows:
            connection.execute(sa.insert(lines), rows)


def downgrade() -> None:
    with op.batch_alter_table("finding") as batch:
        batch.drop_column("corrected_at_version")
    op.drop_index(op.f("ix_evidence_line_line_id"), table_name="evidence_line")
    op.drop_table("evidence_line")
