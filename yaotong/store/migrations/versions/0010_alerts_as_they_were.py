"""What alerts said before they were changed, and a counter of their changes."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Every change of an alert so far wrote an event at the same moment: what a changed alert says now,
# it says since its last one. What it said before was not kept.
_LAST = """
UPDATE alert SET since_at = (SELECT max(at) FROM alert_event WHERE alert_event.alert_id = alert.alert_id)
WHERE revision > 1
"""


def upgrade() -> None:
    with op.batch_alter_table("alert") as batch:
        batch.add_column(sa.Column("since_at", sa.DateTime(), nullable=True))
    op.execute(_LAST)
    op.create_table(
        "counter",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
    )
    op.execute("INSERT INTO counter (name, value) VALUES ('alerts', 0)")
    op.create_table(
        "alert_past",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lead", sa.String(length=32), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("pharmacy_ids", sa.Text(), nullable=False),
        sa.Column("clause", sa.String(length=32), nullable=False),
        sa.Column("measure", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("behaviour_from", sa.DateTime(), nullable=False),
        sa.Column("behaviour_until", sa.DateTime(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("accept_due", sa.DateTime(), nullable=False),
        sa.Column("check_due", sa.DateTime(), nullable=False),
        sa.Column("dispose_due", sa.DateTime(), nullable=False),
        sa.Column("close_due", sa.DateTime(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=True),
        sa.Column("condition_gone", sa.Boolean(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("since_at", sa.DateTime(), nullable=True),
        sa.Column("until_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "revision", name=op.f("pk_alert_past")),
    )
    op.create_index(op.f("ix_alert_past_until_at"), "alert_past", ["until_at"])


def downgrade() -> None:
    op.drop_table("alert_past")
    op.drop_table("counter")
    with op.batch_alter_table("alert") as batch:
        batch.drop_column("since_at")
