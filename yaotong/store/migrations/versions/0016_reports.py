"""What an assisting department found, and the log of exported reports."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("dispatch", sa.Column("outcome", sa.String(length=16), nullable=True))
    op.create_table(
        "report_export",
        sa.Column("export_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("format", sa.String(length=8), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("made_at", sa.DateTime(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("export_id", name=op.f("pk_report_export")),
        sa.UniqueConstraint("number", name=op.f("uq_report_export_number")),
        sa.UniqueConstraint(
            "department", "year", "serial", name=op.f("uq_report_export_department_year_serial")
        ),
    )


def downgrade() -> None:
    op.drop_table("report_export")
    with op.batch_alter_table("dispatch") as batch:
        batch.drop_column("outcome")
