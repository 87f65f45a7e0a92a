"""Names of places, brands of drugs, and what visits confirmed, as published for citizens."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "named_place",
        sa.Column("row_id", sa.Integer(), nullable=False),
        sa.Column("place_id", sa.String(length=128), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("kind", sa.String(length=32), nullable=True),
        sa.Column("other_names", sa.Text(), nullable=True),
        sa.Column("lon", sa.Float(), nullable=True),
        sa.Column("lat", sa.Float(), nullable=True),
        sa.Column("crs", sa.String(length=32), nullable=True),
        sa.Column("town_code", sa.String(length=128), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source_lon", sa.Float(), nullable=True),
        sa.Column("source_lat", sa.Float(), nullable=True),
        sa.Column("row_sha", sa.String(length=32), nullable=False),
        sa.Column("since_version", sa.Integer(), nullable=False),
        sa.Column("until_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("row_id", name=op.f("pk_named_place")),
    )
    op.create_index(op.f("ix_named_place_place_id"), "named_place", ["place_id"], unique=False)
    op.create_table(
        "public_check",
        sa.Column("license_no", sa.String(length=128), nullable=False),
        sa.Column("inspection_id", sa.String(length=128), nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("hours", sa.Boolean(), nullable=True),
        sa.Column("place", sa.Boolean(), nullable=True),
        sa.Column("phone", sa.Boolean(), nullable=True),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("published_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("license_no", "inspection_id", name=op.f("pk_public_check")),
    )
    with op.batch_alter_table("drug") as batch:
        batch.add_column(sa.Column("brand_name", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("drug") as batch:
        batch.drop_column("brand_name")
    op.drop_table("public_check")
    op.drop_index(op.f("ix_named_place_place_id"), table_name="named_place")
    op.drop_table("named_place")
