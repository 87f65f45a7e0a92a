"""What the citizens' side may read and write of the database, and the role that holds it on PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from yaotong.store import dialects

ROLE = "yaotong_public"
# What may be read: all columns of a table, or those named.
READABLE: Mapping[str, tuple[str, ...]] = {
    "pharmacy": (),
    "placement": (),
    "area": (),
    "drug": (),
    "load": ("data_version", "feed", "arrived_at"),
    "fact_file": (
        "file_id", "feed", "path", "month", "since_version", "sha256", "rows", "copy_of",
    ),
    "corrected_line": ("feed", "line_sha"),
    "correction": (
        "ticket", "license_no", "kind", "said", "filed_at", "state", "answer", "answered_at", "data_version",
    ),
    "correction_field": (),
    "seal_opened": (),
    "unmet": (),
    # Names of places, public notices, and what published visits confirmed.
    "named_place": (),
    "notice": (),
    "public_check": (
        "license_no", "inspection_id", "checked_on", "hours", "place", "phone", "published_at",
    ),
}  # fmt: skip
# What may be written beside that.
ADDED = ("correction", "seal_opened", "unmet")
CHANGED = ("unmet",)


def grant(connection: Connection) -> None:
    """Give the role what it may have, and take from it all else; where roles may be made, make it first."""
    if connection.dialect.name != "postgresql" or not _role(connection):
        return
    connection.execute(text(f"revoke all on all tables in schema public from {ROLE}"))
    connection.execute(text(f"grant usage on schema public to {ROLE}"))
    for name, columns in READABLE.items():
        some = f"({', '.join(columns)})" if columns else ""
        connection.execute(text(f"grant select {some} on {_quoted(connection, name)} to {ROLE}"))
    for act, names in (("insert", ADDED), ("update", CHANGED)):
        for name in names:
            connection.execute(text(f"grant {act} on {_quoted(connection, name)} to {ROLE}"))


def _role(connection: Connection) -> bool:
    """Whether the role is there in the end."""
    known = text("select 1 from pg_roles where rolname = :name")
    if connection.execute(known, {"name": ROLE}).first() is not None:
        return True
    try:
        with connection.begin_nested():
            connection.execute(text(f"create role {ROLE} nologin"))
            connection.execute(text(f"grant {ROLE} to current_user"))
    except DBAPIError as error:
        if dialects.fault_of(error) is dialects.Fault.REFUSED:
            return False  # told when somebody asks: `_MISSING`
        raise
    return True


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
