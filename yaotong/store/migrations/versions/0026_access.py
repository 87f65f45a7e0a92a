"""Sessions as rows, second factors, and waits after failures."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "sitting",
        sa.Column("sitting_id", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("challenge", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_sitting")),
    )
    op.create_index(op.f("ix_sitting_username"), "sitting", ["username"])
    op.create_index(op.f("ix_sitting_since"), "sitting", ["since"])
    op.create_table(
        "account_guard",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("must_change", sa.Boolean(), nullable=False),
        sa.Column("totp", sa.String(length=255), nullable=True),
        sa.Column("totp_on", sa.Boolean(), nullable=False),
        sa.Column("totp_step", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_account_guard")),
    )
    op.create_table(
        "recovery_code",
        sa.Column("code_id", sa.Integer(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("digest", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("code_id", name=op.f("pk_recovery_code")),
    )
    op.create_index(op.f("ix_recovery_code_username"), "recovery_code", ["username"])
    _passkeys_and_waits()


def _passkeys_and_waits() -> None:
    op.create_table(
        "passkey",
        sa.Column("passkey_id", sa.String(length=64), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("credential", sa.Text(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("used_at", sa.DateTime(), nullable=True),
        sa.PrimaryKeyConstraint("passkey_id", name=op.f("pk_passkey")),
    )
    op.create_index(op.f("ix_passkey_username"), "passkey", ["username"])
    op.create_table(
        "sign_in_wait",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "key", name=op.f("pk_sign_in_wait")),
    )
    op.create_index(op.f("ix_sign_in_wait_last_at"), "sign_in_wait", ["last_at"])


def downgrade() -> None:
    for table in ("sign_in_wait", "passkey", "recovery_code", "account_guard", "sitting"):
        op.drop_table(table)
