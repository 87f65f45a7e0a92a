"""Signing in whom a provider vouches for: an account that exists, never a new one."""

from __future__ import annotations

from datetime import datetime

from yaotong.access import Oidc
from yaotong.acts.recording import record
from yaotong.acts.signing import NOBODY, Entry, admit, viewer_of
from yaotong.store import accounts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace


def enter_vouched(
    workspace: Workspace, username: str, oidc: Oidc, *, origin: str = "", now: datetime
) -> Entry:
    """Begin a session for the account of a name; without one, or with one that is shut, nobody is in.

    Either way it is recorded. The second factor kept here is asked for, unless the provider's is trusted.
    """
    with workspace.store.read() as connection:
        row = accounts.get(connection, username) if username else None
    if row is None:
        nobody = Viewer(NOBODY, "", "", "", origin=origin)
        record(workspace, nobody, "sign_in_refused", "account:?", now=now, why="oidc")
        return Entry()
    person = viewer_of(row, origin)
    if row.disabled:
        thing = f"account:{row.username}"
        record(workspace, person, "sign_in_refused", thing, now=now, why="oidc disabled")
        return Entry()
    with workspace.store.write() as connection:
        return admit(
            workspace, connection, person, why="oidc", vouched=oidc.trust_second_factor, now=now
        )  # fmt: skip
