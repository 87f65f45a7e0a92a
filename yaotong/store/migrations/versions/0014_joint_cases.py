"""Joint cases: their alerts, units, history, tasks, visits, evidence files and letters."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_case",
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(), nullable=False),
        sa.Column("opened_by", sa.String(length=64), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("pharmacy_ids", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("case_no", name=op.f("pk_joint_case")),
        sa.UniqueConstraint("county", "year", "serial", name=op.f("uq_joint_case_county_year_serial")),
    )
    op.create_index(op.f("ix_joint_case_state"), "joint_case", ["state"], unique=False)
    op.create_table(
        "joint_alert",
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_joint_alert_alert_id")),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_alert_case_no")),
        sa.PrimaryKeyConstraint("case_no", "alert_id", name=op.f("pk_joint_alert")),
    )
    op.create_index(op.f("ix_joint_alert_alert_id"), "joint_alert", ["alert_id"], unique=False)
    op.create_table(
        "joint_event",
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=128), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_event_case_no")),
        sa.PrimaryKeyConstraint("case_no", "seq", name=op.f("pk_joint_event")),
    )
    op.create_table(
        "joint_letter",
        sa.Column("letter_id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=64), nullable=False),
        sa.Column("county", sa.String(length=6), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("serial", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("addressee", sa.String(length=32), nullable=False),
        sa.Column("issued_at", sa.DateTime(), nullable=False),
        sa.Column("issued_by", sa.String(length=64), nullable=False),
        sa.Column("docx_sha256", sa.String(length=64), nullable=False),
        sa.Column("pdf_sha256", sa.String(length=64), nullable=True),
        sa.Column("receipt_due", sa.DateTime(), nullable=False),
        sa.Column("receipt_no", sa.String(length=64), nullable=True),
        sa.Column("receipt_on", sa.Date(), nullable=True),
        sa.Column("receipt_from", sa.String(length=64), nullable=True),
        sa.Column("receipt_at", sa.DateTime(), nullable=True),
        sa.Column("receipt_by", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_letter_case_no")),
        sa.PrimaryKeyConstraint("letter_id", name=op.f("pk_joint_letter")),
        sa.UniqueConstraint(
            "department",
            "county",
            "year",
            "serial",
            name=op.f("uq_joint_letter_department_county_year_serial"),
        ),
        sa.UniqueConstraint("number", name=op.f("uq_joint_letter_number")),
    )
    op.create_index(op.f("ix_joint_letter_case_no"), "joint_letter", ["case_no"], unique=False)
    op.create_table(
        "joint_task",
        sa.Column("task_id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("written_by", sa.String(length=64), nullable=False),
        sa.Column("done_at", sa.DateTime(), nullable=True),
        sa.Column("done_by", sa.String(length=64), nullable=True),
        sa.Column("done_text", sa.Text(), nullable=True),
        sa.CheckConstraint("kind in ('task', 'rectify')", name=op.f("ck_joint_task_kind")),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_task_case_no")),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_joint_task")),
    )
    op.create_index(op.f("ix_joint_task_case_no"), "joint_task", ["case_no"], unique=False)
    op.create_table(
        "joint_unit",
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answered_by", sa.String(length=64), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("outcome_text", sa.Text(), nullable=True),
        sa.Column("outcome_at", sa.DateTime(), nullable=True),
        sa.Column("outcome_by", sa.String(length=64), nullable=True),
        sa.CheckConstraint("part in ('lead', 'assist')", name=op.f("ck_joint_unit_part")),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_unit_case_no")),
        sa.PrimaryKeyConstraint("case_no", "department", name=op.f("pk_joint_unit")),
    )
    op.create_index(op.f("ix_joint_unit_department"), "joint_unit", ["department"], unique=False)
    op.create_index(
        "uq_joint_unit_one_lead",
        "joint_unit",
        ["case_no"],
        unique=True,
        sqlite_where=sa.text("part = 'lead'"),
        postgresql_where=sa.text("part = 'lead'"),
    )
    op.create_table(
        "joint_visit",
        sa.Column("visit_id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("visited_at", sa.DateTime(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("stock", sa.Text(), nullable=False),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("accuracy_m", sa.Float(), nullable=True),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_visit_case_no")),
        sa.PrimaryKeyConstraint("visit_id", name=op.f("pk_joint_visit")),
        sa.UniqueConstraint("sent_by", "key", name=op.f("uq_joint_visit_sent_by_key")),
    )
    op.create_index(op.f("ix_joint_visit_case_no"), "joint_visit", ["case_no"], unique=False)
    op.create_table(
        "joint_paper",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("case_no", sa.String(length=32), nullable=False),
        sa.Column("visit_id", sa.Integer(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("sent_sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_no"], ["joint_case.case_no"], name=op.f("fk_joint_paper_case_no")),
        sa.ForeignKeyConstraint(["visit_id"], ["joint_visit.visit_id"], name=op.f("fk_joint_paper_visit_id")),
        sa.PrimaryKeyConstraint("paper_id", name=op.f("pk_joint_paper")),
        sa.UniqueConstraint("case_no", "sha256", name=op.f("uq_joint_paper_case_no_sha256")),
    )


def downgrade() -> None:
    op.drop_table("joint_paper")
    op.drop_index(op.f("ix_joint_visit_case_no"), table_name="joint_visit")
    op.drop_table("joint_visit")
    op.drop_index(
        "uq_joint_unit_one_lead",
        table_name="joint_unit",
        sqlite_where=sa.text("part = 'lead'"),
        postgresql_where=sa.text("part = 'lead'"),
    )
    op.drop_index(op.f("ix_joint_unit_department"), table_name="joint_unit")
    op.drop_table("joint_unit")
    op.drop_index(op.f("ix_joint_task_case_no"), table_name="joint_task")
    op.drop_table("joint_task")
    op.drop_index(op.f("ix_joint_letter_case_no"), table_name="joint_letter")
    op.drop_table("joint_letter")
    op.drop_table("joint_event")
    op.drop_index(op.f("ix_joint_alert_alert_id"), table_name="joint_alert")
    op.drop_table("joint_alert")
    op.drop_index(op.f("ix_joint_case_state"), table_name="joint_case")
    op.drop_table("joint_case")
