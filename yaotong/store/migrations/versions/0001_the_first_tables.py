"""the first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("username", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.String(length=64), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("disabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("username", name=op.f("pk_account")),
    )
    op.create_table(
        "alert",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("subject_kind", sa.String(length=16), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
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
        sa.Column("condition_gone", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_alert")),
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_rule_id_subject"), ["rule_id", "subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_state_level"), ["state", "level"], unique=False)

    op.create_table(
        "area",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("area_name", sa.Text(), nullable=True),
        sa.Column("geometry", sa.LargeBinary(), nullable=True),
        sa.Column("generation", sa.String(length=128), nullable=True),
        sa.Column("parent_code", sa.String(length=128), nullable=True),
        sa.Column("level", sa.String(length=128), nullable=True),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_area")),
    )
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_area_area_code_generation"), ["area_code", "generation"], unique=False
        )

    op.create_table(
        "corrected_line",
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("line_id", sa.String(length=160), nullable=False),
        sa.Column("line_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("feed", "line_id", "line_sha", name=op.f("pk_corrected_line")),
    )
    op.create_table(
        "drug",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("drug_code", sa.String(length=128), nullable=True),
        sa.Column("drug_name", sa.Text(), nullable=True),
        sa.Column("categories", sa.Text(), nullable=True),
        sa.Column("pack", sa.Text(), nullable=True),
        sa.Column("active_mg_per_pack", sa.Float(), nullable=True),
        sa.Column("prescription", sa.String(length=32), nullable=True),
        sa.Column("limit_per_sale", sa.Float(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_drug")),
    )
    with op.batch_alter_table("drug", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_drug_drug_code_valid_from"), ["drug_code", "valid_from"], unique=False
        )

    op.create_table(
        "fact_file",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("path", sa.String(length=255), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("area_code", sa.String(length=12), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_fact_file")),
        sa.UniqueConstraint("path", name=op.f("uq_fact_file_path")),
    )
    with op.batch_alter_table("fact_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_fact_file_feed_month"), ["feed", "month"], unique=False)

    op.create_table(
        "load",
        sa.Column("load_id", sa.Integer(), nullable=False),
        sa.Column("data_version", sa.Integer(), nullable=True),
        sa.Column("feed", sa.String(length=32), nullable=False),
        sa.Column("profile", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=255), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("duplicates", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.Column("sent_by", sa.String(length=64), nullable=False),
        sa.Column("arrived_at", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("load_id", name=op.f("pk_load")),
        sa.UniqueConstraint("data_version", name=op.f("uq_load_data_version")),
    )
    with op.batch_alter_table("load", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_load_sha256"), ["sha256"], unique=False)

    op.create_table(
        "notice",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("date_from", sa.Date(), nullable=True),
        sa.Column("date_until", sa.Date(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_notice")),
    )
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_notice_date_from_date_until_scope_kind"),
            ["date_from", "date_until", "scope", "kind"],
            unique=False,
        )

    op.create_table(
        "office",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("department_code", sa.String(length=128), nullable=True),
        sa.Column("department_name", sa.Text(), nullable=True),
        sa.Column("role", sa.String(length=128), nullable=True),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("parent_code", sa.String(length=128), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_office")),
    )
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_office_department_code"), ["department_code"], unique=False)

    op.create_table(
        "pharmacy",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=True),
        sa.Column("uscc", sa.String(length=128), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(length=32), nullable=True),
        sa.Column("town_code", sa.String(length=128), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("opening_hours", sa.Text(), nullable=True),
        sa.Column("insurance_designated", sa.Boolean(), nullable=True),
        sa.Column("dual_channel", sa.Boolean(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("chain", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=128), nullable=True),
        sa.Column("services", sa.Text(), nullable=True),
        sa.Column("status", sa.String(length=32), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source_lon", sa.Float(), nullable=True),
        sa.Column("source_lat", sa.Float(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_pharmacy")),
    )
    with op.batch_alter_table("pharmacy", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_pharmacy_license_no"), ["license_no"], unique=False)

    op.create_table(
        "placement",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("place", sa.String(length=16), nullable=False),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_placement")),
    )
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_placement_license_no"), ["license_no"], unique=False)

    op.create_table(
        "quality_finding",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=128), nullable=False),
        sa.Column("claimed", sa.String(length=128), nullable=True),
        sa.Column("found", sa.String(length=128), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_quality_finding")),
    )
    op.create_table(
        "recall",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("batch_no", sa.String(length=128), nullable=True),
        sa.Column("drug_code", sa.String(length=128), nullable=True),
        sa.Column("effective_at", sa.DateTime(), nullable=True),
        sa.Column("level", sa.String(length=128), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_recall")),
    )
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_recall_batch_no_drug_code"), ["batch_no", "drug_code"], unique=False
        )

    op.create_table(
        "alert_event",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("act", sa.String(length=16), nullable=False),
        sa.Column("from_state", sa.String(length=16), nullable=False),
        sa.Column("to_state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_alert_event_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "seq", name=op.f("pk_alert_event")),
    )
    op.create_table(
        "dispatch",
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("part", sa.String(length=8), nullable=False),
        sa.Column("office_code", sa.String(length=128), nullable=True),
        sa.Column("sent_at", sa.DateTime(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(), nullable=True),
        sa.Column("accepted_by", sa.String(length=64), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.CheckConstraint("part in ('lead', 'assist')", name=op.f("ck_dispatch_part")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_dispatch_alert_id")),
        sa.PrimaryKeyConstraint("alert_id", "department", name=op.f("pk_dispatch")),
    )
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dispatch_department"), ["department"], unique=False)
        batch_op.create_index(
            "uq_dispatch_one_lead",
            ["alert_id"],
            unique=True,
            sqlite_where=sa.text("part = 'lead'"),
            postgresql_where=sa.text("part = 'lead'"),
        )

    op.create_table(
        "finding",
        sa.Column("finding_id", sa.String(length=32), nullable=False),
        sa.Column("rule_id", sa.String(length=8), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=160), nullable=False),
        sa.Column("behaviour_day", sa.Date(), nullable=False),
        sa.Column("behaviour_from", sa.DateTime(), nullable=False),
        sa.Column("behaviour_until", sa.DateTime(), nullable=False),
        sa.Column("clause", sa.String(length=32), nullable=False),
        sa.Column("measure", sa.Float(), nullable=False),
        sa.Column("threshold", sa.Float(), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("area_code", sa.String(length=128), nullable=True),
        sa.Column("pharmacy_ids", sa.Text(), nullable=False),
        sa.Column("line_ids", sa.Text(), nullable=False),
        sa.Column("content_sha", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=16), nullable=True),
        sa.Column("data_version", sa.Integer(), nullable=False),
        sa.Column("gone_at_version", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_finding_alert_id")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_finding")),
    )
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_finding_alert_id"), ["alert_id"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_finding_rule_id_behaviour_day"), ["rule_id", "behaviour_day"], unique=False
        )

    op.create_table(
        "outbox",
        sa.Column("message_id", sa.String(length=40), nullable=False),
        sa.Column("alert_id", sa.String(length=16), nullable=False),
        sa.Column("event_seq", sa.Integer(), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("next_at", sa.DateTime(), nullable=False),
        sa.Column("delivered_at", sa.DateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("state in ('due', 'sent', 'dead')", name=op.f("ck_outbox_state")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.alert_id"], name=op.f("fk_outbox_alert_id")),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_outbox")),
    )
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_outbox_state_next_at"), ["state", "next_at"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_outbox_state_next_at"))

    op.drop_table("outbox")
    with op.batch_alter_table("finding", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_finding_rule_id_behaviour_day"))
        batch_op.drop_index(batch_op.f("ix_finding_alert_id"))

    op.drop_table("finding")
    with op.batch_alter_table("dispatch", schema=None) as batch_op:
        batch_op.drop_index(
            "uq_dispatch_one_lead",
            sqlite_where=sa.text("part = 'lead'"),
            postgresql_where=sa.text("part = 'lead'"),
        )
        batch_op.drop_index(batch_op.f("ix_dispatch_department"))

    op.drop_table("dispatch")
    op.drop_table("alert_event")
    with op.batch_alter_table("recall", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_recall_batch_no_drug_code"))

    op.drop_table("recall")
    op.drop_table("quality_finding")
    with op.batch_alter_table("placement", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_placement_license_no"))

    op.drop_table("placement")
    with op.batch_alter_table("pharmacy", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_pharmacy_license_no"))

    op.drop_table("pharmacy")
    with op.batch_alter_table("office", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_office_department_code"))

    op.drop_table("office")
    with op.batch_alter_table("notice", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_notice_date_from_date_until_scope_kind"))

    op.drop_table("notice")
    with op.batch_alter_table("load", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_load_sha256"))

    op.drop_table("load")
    with op.batch_alter_table("fact_file", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_fact_file_feed_month"))

    op.drop_table("fact_file")
    with op.batch_alter_table("drug", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_drug_drug_code_valid_from"))

    op.drop_table("drug")
    op.drop_table("corrected_line")
    with op.batch_alter_table("area", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_area_area_code_generation"))

    op.drop_table("area")
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_alert_state_level"))
        batch_op.drop_index(batch_op.f("ix_alert_rule_id_subject"))

    op.drop_table("alert")
    op.drop_table("account")
