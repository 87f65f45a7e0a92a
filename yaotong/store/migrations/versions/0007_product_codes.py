"""The first digits of the trace codes of a drug's packs, which a catalogue may tell."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("drug") as batch:
        batch.add_column(sa.Column("product_code", sa.String(length=128), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("drug") as batch:
        batch.drop_column("product_code")
