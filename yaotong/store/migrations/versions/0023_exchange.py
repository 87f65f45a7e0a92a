"""Agreements with other regions, runs, matches and hand-overs."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cross_match",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("buyer_key", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=9), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("window_since", sa.Date(), nullable=False),
        sa.Column("window_until", sa.Date(), nullable=False),
        sa.Column("measure", sa.String(length=8), nullable=False),
        sa.Column("total", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_cross_match")),
    )
    op.create_index(op.f("ix_cross_match_token"), "cross_match", ["token"], unique=False)
    op.create_table(
        "exchange_agreement",
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("added_by", sa.String(length=64), nullable=False),
        sa.Column("revoked_at", sa.DateTime(), nullable=True),
        sa.Column("revoked_by", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("agreement_id", name=op.f("pk_exchange_agreement")),
    )
    op.create_table(
        "exchange_run",
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("matches", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=True),
        sa.Column("waiting", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["exchange_agreement.agreement_id"], name=op.f("fk_exchange_run_agreement_id")
        ),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_exchange_run")),
    )
    op.create_index(
        op.f("ix_exchange_run_agreement_id_at"), "exchange_run", ["agreement_id", "at"], unique=False
    )
    op.create_table(
        "exchange_match",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("run_id", sa.String(length=32), nullable=False),
        sa.Column("buyer_key", sa.String(length=64), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("their_steps", sa.Integer(), nullable=True),
        sa.Column("matched_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["exchange_run.run_id"], name=op.f("fk_exchange_match_run_id")),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_exchange_match")),
    )
    op.create_index(op.f("ix_exchange_match_buyer_key"), "exchange_match", ["buyer_key"], unique=False)
    op.create_index(op.f("ix_exchange_match_run_id"), "exchange_match", ["run_id"], unique=False)
    op.create_table(
        "exchange_case",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("agreement_id", sa.String(length=40), nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("head", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(), nullable=False),
        sa.Column("changed_at", sa.DateTime(), nullable=False),
        sa.Column("pending", sa.Text(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["agreement_id"], ["exchange_agreement.agreement_id"], name=op.f("fk_exchange_case_agreement_id")
        ),
        sa.ForeignKeyConstraint(["token"], ["exchange_match.token"], name=op.f("fk_exchange_case_token")),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_exchange_case")),
    )
    op.create_index(op.f("ix_exchange_case_state"), "exchange_case", ["state"], unique=False)
    op.create_table(
        "exchange_event",
        sa.Column("case_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=9), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"], ["exchange_case.case_id"], name=op.f("fk_exchange_event_case_id")
        ),
        sa.PrimaryKeyConstraint("case_id", "seq", name=op.f("pk_exchange_event")),
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_cross_match_token"), table_name="cross_match")
    op.drop_table("cross_match")
    op.drop_table("exchange_event")
    op.drop_index(op.f("ix_exchange_case_state"), table_name="exchange_case")
    op.drop_table("exchange_case")
    op.drop_index(op.f("ix_exchange_match_run_id"), table_name="exchange_match")
    op.drop_index(op.f("ix_exchange_match_buyer_key"), table_name="exchange_match")
    op.drop_table("exchange_match")
    op.drop_index(op.f("ix_exchange_run_agreement_id_at"), table_name="exchange_run")
    op.drop_table("exchange_run")
    op.drop_table("exchange_agreement")
