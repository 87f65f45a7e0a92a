"""The audit chain, which the database itself lets nobody change."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_LAST = "coalesce((select max(seq) from audit), (select max(seq) from audit_anchor), 0)"
_HASH = f"""coalesce((select hash from audit where seq = {_LAST}),
    (select hash from audit_anchor where seq = {_LAST}), '{"0" * 64}')"""
_LET_GO = "coalesce((select max(seq) from audit_anchor), 0)"
_SQLITE = {
    "audit_added": f"""before insert on audit when new.seq <> {_LAST} + 1 or new.former <> {_HASH}
        begin select raise(abort, 'audit: a row attaches to the last one'); end""",
    "audit_changed": """before update on audit
        begin select raise(abort, 'audit: rows are never changed'); end""",
    "audit_removed": f"""before delete on audit when old.seq > {_LET_GO}
        begin select raise(abort, 'audit: rows above the anchor are never removed'); end""",
    "audit_anchor_changed": """before update on audit_anchor
        begin select raise(abort, 'audit: anchors are never changed'); end""",
    "audit_anchor_removed": """before delete on audit_anchor
        begin select raise(abort, 'audit: anchors are never removed'); end""",
}
_POSTGRES = f"""
create function audit_guard() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'audit' and tg_op = 'INSERT' then
    if new.seq <> {_LAST} + 1 or new.former <> {_HASH} then
      raise exception 'audit: a row attaches to the last one'
        using errcode = 'integrity_constraint_violation';
    end if;
    return new;
  end if;
  if tg_table_name = 'audit' and tg_op = 'DELETE' then
    if old.seq <= {_LET_GO} then
      return old;
    end if;
  end if;
  raise exception 'audit: rows are never changed' using errcode = 'integrity_constraint_violation';
end $$
"""


def upgrade() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("department", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=64), nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("object", sa.String(length=160), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("former", sa.String(length=64), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    op.create_index(op.f("ix_audit_actor_seq"), "audit", ["actor", "seq"])
    op.create_index(op.f("ix_audit_act_seq"), "audit", ["act", "seq"])
    op.create_table(
        "audit_anchor",
        sa.Column("seq", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit_anchor")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _guard_postgres()
    else:
        for name, said in _SQLITE.items():
            op.execute(f"create trigger {name} {said}")


def _guard_postgres() -> None:
    op.execute(_POSTGRES)
    each = "for each row execute function audit_guard()"
    op.execute(f"create trigger audit_row before insert or update or delete on audit {each}")
    op.execute(f"create trigger audit_anchor_row before update or delete on audit_anchor {each}")
    for table in ("audit", "audit_anchor"):
        once = "for each statement execute function audit_guard()"
        op.execute(f"create trigger {table}_whole before truncate on {table} {once}")


def downgrade() -> None:
    op.drop_table("audit")
    op.drop_table("audit_anchor")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("drop function audit_guard()")
