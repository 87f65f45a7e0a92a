"""Who there is, as far as pages must know: the scopes that accounts look from."""

from __future__ import annotations

from yaotong.store import accounts
from yaotong.workspace import Workspace


def scopes(ws: Workspace) -> list[tuple[str, str]]:
    """Department and area of the accounts in use, those of most accounts first."""
    with ws.store.read() as connection:
        return accounts.scopes(connection)
