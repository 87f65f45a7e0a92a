"""What is told of the vault: quarters and openings, never what is in it."""

from __future__ import annotations

from datetime import date
from typing import Any

from yaotong.departments import departments
from yaotong.errors import Forbidden
from yaotong.reads.subjects import buyer_label
from yaotong.store import vault
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_MOST = 100
_TOKEN = 8  # marks of a match that are shown


def quarters_view(workspace: Workspace) -> list[dict[str, Any]]:
    """The quarters with people in them, and those that were destroyed."""
    with workspace.store.read() as connection:
        there = [
            {"period": row.period, "people": row.people, "destroyed_at": None}
            for row in vault.counts(connection)
        ]
        gone = {row.period: row for row in vault.destroyed(connection)}
    ended = [
        {"period": row.period, "people": row.people, "destroyed_at": row.destroyed_at}
        for row in gone.values()
    ]
    return sorted([*there, *ended], key=lambda one: str(one["period"]))


def openings_view(workspace: Workspace, viewer: Viewer) -> list[dict[str, Any]]:
    """A department's wishes to open a number, the newest first, by short pseudonym."""
    with workspace.store.read() as connection:
        rows = vault.openings(connection, viewer.department, _MOST)
    return [{**row._mapping, "buyer": buyer_label(row.buyer_key, viewer.department)} for row in rows]


def releases_view(workspace: Workspace, viewer: Viewer, *, today: date) -> list[dict[str, Any]]:
    """What a department released or was given, the newest first; Forbidden for who sees no business data.

    Beside the columns of the ledger: standing (in_force, expired or withdrawn), given (whether by the
    viewer's department), about (the subject without anybody's pseudonym) and to (the receiver's name).
    """
    if not viewer.works:
        raise Forbidden("用途台账由业务人员查看；审计员在审计页看登记与使用。")
    with workspace.store.read() as connection:
        rows = vault.releases(connection, viewer.department, _MOST)
    return [
        {
            **row._mapping,
            "standing": _standing(row, today),
            "given": row.giver == viewer.department,
            "about": _about(row.subject, viewer.department),
            "by": _named(row.giver),
            "to": _named(row.receiver),
        }
        for row in rows
    ]


def _standing(row: Any, today: date) -> str:
    if row.withdrawn_at is not None:
        return "withdrawn"
    return "in_force" if row.expires_on >= today else "expired"


def _about(subject: str, department: str) -> str:
    kind, _, rest = subject.partition(":")
    if kind == "buyer":
        return buyer_label(rest, department)
    return rest[:_TOKEN] if kind == "match" else rest or subject


def _named(code: str) -> str:
    known = departments().get(code)
    return known.name_zh if known is not None else code.removeprefix("region:")
