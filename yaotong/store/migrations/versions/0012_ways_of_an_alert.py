"""What a person may do to an alert beside moving it on: extend, pause, supervise and merge."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_TABLES = ("alert", "alert_past")
_COLUMNS = ("prolonged_days", "suspended_at", "supervised_at", "merged_into", "clock_from", "remind_at")


def upgrade() -> None:
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column("prolonged_days", sa.Integer(), nullable=True))
            batch.add_column(sa.Column("suspended_at", sa.DateTime(), nullable=True))
            batch.add_column(sa.Column("supervised_at", sa.DateTime(), nullable=True))
            batch.add_column(sa.Column("merged_into", sa.String(length=16), nullable=True))
            batch.add_column(sa.Column("clock_from", sa.DateTime(), nullable=True))
            batch.add_column(sa.Column("remind_at", sa.DateTime(), nullable=True))
    # Every open alert is looked at once, and then when its own clock says.
    op.execute("UPDATE alert SET clock_from = opened_at")
    op.execute("UPDATE alert SET remind_at = opened_at WHERE state <> 'closed'")
    op.create_index(op.f("ix_alert_remind_at"), "alert", ["remind_at"])
    op.create_index(op.f("ix_outbox_alert_id"), "outbox", ["alert_id"])
    op.create_table(
        "duty_shift",
        sa.Column("shift_id", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=False),
        sa.Column("since", sa.DateTime(), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.CheckConstraint("since < until", name=op.f("ck_duty_shift_forward")),
        sa.PrimaryKeyConstraint("shift_id", name=op.f("pk_duty_shift")),
    )
    op.create_index(op.f("ix_duty_shift_since_until"), "duty_shift", ["since", "until"])


def downgrade() -> None:
    op.drop_table("duty_shift")
    op.drop_index(op.f("ix_outbox_alert_id"), table_name="outbox")
    op.drop_index(op.f("ix_alert_remind_at"), table_name="alert")
    for table in _TABLES:
        with op.batch_alter_table(table) as batch:
            for name in (
                "remind_at",
                "clock_from",
                "merged_into",
                "supervised_at",
                "suspended_at",
                "prolonged_days",
            ):
                batch.drop_column(name)
