"""The sealed store of identities, its openings, and the purpose ledger."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "purpose_release",
        sa.Column("release_id", sa.Integer(), nullable=False),
        sa.Column("giver", sa.String(length=32), nullable=False),
        sa.Column("receiver", sa.String(length=32), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("case_no", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=160), nullable=False),
        sa.Column("released_by", sa.String(length=64), nullable=False),
        sa.Column("released_at", sa.DateTime(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("release_id", name=op.f("pk_purpose_release")),
    )
    op.create_index(
        op.f("ix_purpose_release_receiver_field_subject"),
        "purpose_release",
        ["receiver", "field", "subject"],
        unique=False,
    )
    op.create_table(
        "vault_destroyed",
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("destroyed_at", sa.DateTime(), nullable=False),
        sa.Column("destroyed_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name=op.f("pk_vault_destroyed")),
    )
    op.create_table(
        "vault_identity",
        sa.Column("buyer_key", sa.String(length=64), nullable=False),
        sa.Column("period", sa.String(length=6), nullable=False),
        sa.Column("key_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.LargeBinary(), nullable=False),
        sa.Column("element", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("buyer_key", "period", name=op.f("pk_vault_identity")),
    )
    op.create_index(op.f("ix_vault_identity_key_id"), "vault_identity", ["key_id"], unique=False)
    op.create_table(
        "vault_opening",
        sa.Column("opening_id", sa.Integer(), nullable=False),
        sa.Column("buyer_key", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("case_no", sa.String(length=64), nullable=False),
        sa.Column("basis", sa.String(length=160), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.String(length=64), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("answer", sa.String(length=8), nullable=False),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("expires_at", sa.DateTime(), nullable=True),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("opening_id", name=op.f("pk_vault_opening")),
    )
    op.create_index(
        op.f("ix_vault_opening_department_asked_at"),
        "vault_opening",
        ["department", "asked_at"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_vault_opening_department_asked_at"), table_name="vault_opening")
    op.drop_table("vault_opening")
    op.drop_index(op.f("ix_vault_identity_key_id"), table_name="vault_identity")
    op.drop_table("vault_identity")
    op.drop_table("vault_destroyed")
    op.drop_index(op.f("ix_purpose_release_receiver_field_subject"), table_name="purpose_release")
    op.drop_table("purpose_release")
