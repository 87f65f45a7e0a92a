"""What is told of the vault: quarters and openings, never what is in it."""

from __future__ import annotations

from typing import Any

from yaotong.reads.subjects import buyer_label
from yaotong.store import vault
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

_MOST = 100


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


def releases_view(workspace: Workspace, viewer: Viewer) -> list[dict[str, Any]]:
    """What a department released or was given, the newest first."""
    with workspace.store.read() as connection:
        return [dict(row._mapping) for row in vault.releases(connection, viewer.department, _MOST)]
