"""What citizens reported as wrong, what was corrected for it, and seals that were said to be opened."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "correction",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("filed_at", sa.DateTime(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("data_version", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state in ('open', 'corrected', 'kept', 'dismissed')", name=op.f("ck_correction_state")
        ),
        sa.PrimaryKeyConstraint("ticket", name=op.f("pk_correction")),
    )
    op.create_index(op.f("ix_correction_state_filed_at"), "correction", ["state", "filed_at"])
    op.create_index(op.f("ix_correction_license_no_state"), "correction", ["license_no", "state"])
    op.create_index(op.f("ix_correction_filed_at"), "correction", ["filed_at"])
    op.create_table(
        "correction_field",
        sa.Column("ticket", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("wrong", sa.Text(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket"], ["correction.ticket"], name=op.f("fk_correction_field_ticket_correction")
        ),
        sa.PrimaryKeyConstraint("ticket", "name", name=op.f("pk_correction_field")),
    )
    op.create_index(op.f("ix_correction_field_license_no"), "correction_field", ["license_no"])
    op.create_table(
        "seal_opened",
        sa.Column("seal_key", sa.String(length=32), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("seal_key", name=op.f("pk_seal_opened")),
    )


def downgrade() -> None:
    op.drop_table("seal_opened")
    op.drop_table("correction_field")
    op.drop_table("correction")
