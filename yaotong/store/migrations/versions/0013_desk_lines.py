"""A line to each alert in each inbox, so that an inbox is read in its order and counted along an index."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_INDEXES = {
    "ix_desk_line_in_order": [
        "department", "closed", "rank", "due", "alert_id", "arrived", "area_code", "part", "rule_id", "state",
        "subject_kind", "subject",
    ],
    "ix_desk_line_by_subject": [
        "department", "subject_kind", "part", "subject", "arrived", "area_code",
    ],
    "ix_desk_line_counted": [
        "department", "closed", "state", "rank", "rule_id", "part", "arrived", "area_code", "due",
        "opened_at",
    ],
    "ix_desk_line_by_due": ["department", "closed", "part", "due", "alert_id", "arrived", "area_code"],
    "ix_desk_line_newest": [
        "department", "closed", "last_day", "opened_at", "alert_id", "arrived", "area_code",
    ],
}  # fmt: skip

_FILL = """
INSERT INTO desk_line (alert_id, department, part, arrived, closed, state, rank, rule_id, area_code, due,
                       subject_kind, subject, last_day, opened_at)
SELECT a.alert_id, d.department, d.part,
       EXISTS (SELECT 1 FROM outbox o WHERE o.alert_id = a.alert_id AND o.department = d.department
                                        AND o.channel = 'inbox' AND o.state = 'sent'),
       a.state = 'closed', a.state,
       CASE a.level WHEN 'red' THEN 0 WHEN 'orange' THEN 1 WHEN 'yellow' THEN 2 ELSE 3 END,
       a.rule_id, a.area_code,
       CASE a.state WHEN 'dispatched' THEN a.accept_due WHEN 'accepted' THEN a.check_due
                    WHEN 'checking' THEN a.dispose_due WHEN 'disposed' THEN a.close_due
                    ELSE {never} END,
       a.subject_kind, a.subject, a.last_day, a.opened_at
FROM alert a JOIN dispatch d ON d.alert_id = a.alert_id
"""


def upgrade() -> None:
    op.create_table(
        "desk_line",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("arrived", sa.Boolean(), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("due", sa.DateTime(), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_desk_line_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "department", name=op.f("pk_desk_line")),
    )
    never = "'9999-01-01 00:00:00.000000'"
    if op.get_bind().dialect.name == "postgresql":
        never = f"TIMESTAMP {never}"
    op.execute(_FILL.format(never=never))
    for name, columns in _INDEXES.items():
        op.create_index(name, "desk_line", columns)
    op.execute("INSERT INTO counter (name, value) VALUES ('desk', 0)")
    op.create_index(op.f("ix_alert_rule_id_outcome"), "alert", ["rule_id", "outcome", "state"])


def downgrade() -> None:
    op.drop_index(op.f("ix_alert_rule_id_outcome"), table_name="alert")
    op.execute("DELETE FROM counter WHERE name = 'desk'")
    op.drop_table("desk_line")
