"""Signing in: name and password, then the second factor; and the session that comes of it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from yaotong.acts import passwords, waiting
from yaotong.acts.recording import note, record
from yaotong.store import Connection, accounts, factors, sittings
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

NOBODY = "?"


@dataclass(frozen=True, slots=True)
class Entry:
    """What came of an attempt. `number` is the session's; `half`: the second factor has yet to come.

    `wait_s` > 0: nothing was judged, and the next attempt may come after so many seconds.
    """

    viewer: Viewer | None = None
    number: str = ""
    half: bool = False
    wait_s: int = 0


@dataclass(frozen=True, slots=True)
class Sitting:
    """A session in hand. `must` names what has to be done first: "password", "second" or nothing."""

    viewer: Viewer
    number: str
    since: datetime
    whole: bool
    must: str
    methods: tuple[str, ...]
    challenge: str = ""


def sign_in(
    workspace: Workspace, username: str, password: str, *, origin: str = "", now: datetime
) -> Viewer | None:
    """The person, when name and password fit an account in use; no session, no second factor.

    For the command line, whose operator could change the account anyway.
    """
    return enter(workspace, username, password, origin=origin, now=now, session=False).viewer


def enter(
    workspace: Workspace, username: str, password: str, *, origin: str = "", address: str = "",
    known_device: str = "", session: bool = True, now: datetime,
) -> Entry:  # fmt: skip
    """Judge name and password, and begin a session where they fit an account that is not shut.

    Either way it is recorded: StoreError, and nobody is in, when it cannot be. Of a name that no account has
    nothing is kept: people type their passwords there.
    """
    keys = waiting.keys_for(workspace, username, address, known_device)
    wait = waiting.attempt(workspace, keys, now=now)
    if wait:
        return Entry(wait_s=wait)
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    # An unknown name costs the same time as a wrong password.
    right = passwords.fits(row.password_hash if row is not None else passwords.nobodys(), password)
    if row is None:
        record(workspace, Viewer(NOBODY, "", "", "", origin=origin), "sign_in_refused", "account:?", now=now)
        return Entry()
    person = viewer_of(row, origin)
    if not right or row.disabled:
        why = "disabled" if right else "password"
        record(workspace, person, "sign_in_refused", f"account:{row.username}", now=now, why=why)
        return Entry()
    with workspace.store.write() as connection:
        if accounts.get(connection, row.username) != row:
            return Entry()  # shut or changed while the password was being judged
        waiting.take_back(connection, keys, now=now)
        if passwords.outdated(row.password_hash):
            accounts.set_password(connection, row.username, passwords.digest(password))
        return admit(workspace, connection, person, session=session, why="", now=now)


def admit(
    workspace: Workspace, connection: Connection, person: Viewer, *, why: str, session: bool = True,
    vouched: bool = False, now: datetime,
) -> Entry:  # fmt: skip
    """Begin a session, half of one where a second factor is kept; `vouched`: it was asked for elsewhere."""
    half = session and not vouched and bool(_methods(connection, person.username))
    if not half:
        note(connection, person, "sign_in", f"account:{person.username}", now=now, why=why)
    if not session:
        return Entry(person)
    number = secrets.token_urlsafe(32)
    sittings.forget(connection, now - workspace.settings.access.longest)
    sittings.begin(connection, number, person.username, person.origin, whole=not half, now=now)
    return Entry(person, number, half)


def complete(workspace: Workspace, sitting: Sitting, method: str, *, now: datetime) -> Entry:
    """The second factor was right: a whole session, under a new number, takes the half one's place."""
    number = secrets.token_urlsafe(32)
    person = sitting.viewer
    with workspace.store.write() as connection:
        sittings.end(connection, sitting.number)
        sittings.begin(connection, number, person.username, person.origin, whole=True, now=now)
        note(connection, person, "sign_in", f"account:{person.username}", now=now, why=method)
    return Entry(person, number)


def sitting(workspace: Workspace, number: str, origin: str = "", *, now: datetime) -> Sitting | None:
    """The session of a number while it is good; None when it is over, too old, or the account was shut."""
    with workspace.store.read() as connection:
        row = sittings.person(connection, number)
    if row is None or row.disabled or now - row.since >= workspace.settings.access.longest:
        return None
    methods = (("totp",) if row.totp_on else ()) + (("passkey",) if row.passkeys else ())
    must = "password" if row.must_change else ""
    if not must and not methods and workspace.settings.access.needs_second(row.role):
        must = "second"
    return Sitting(viewer_of(row, origin), number, row.since, row.whole, must, methods, row.challenge)


def sign_out(workspace: Workspace, viewer: Viewer, *, number: str = "", now: datetime) -> None:
    """End a session, and record that somebody left."""
    with workspace.store.write() as connection:
        sittings.end(connection, number)
        note(connection, viewer, "sign_out", f"account:{viewer.username}", now=now)


def end_sessions(workspace: Workspace, viewer: Viewer, *, but: str = "", now: datetime) -> int:
    """End a person's own sessions everywhere, the one in hand excepted; how many."""
    with workspace.store.write() as connection:
        ended = sittings.end_all(connection, viewer.username, but=but)
        note(connection, viewer, "sessions_end", f"account:{viewer.username}", now=now, ended=ended)
    return ended


def viewer(workspace: Workspace, username: str, origin: str = "") -> Viewer | None:
    """The person of an account in use."""
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    return viewer_of(row, origin) if row is not None and not row.disabled else None


def viewer_of(row: Any, origin: str) -> Viewer:
    """An account's row as a person."""
    return Viewer(row.username, row.display_name, row.department, row.area_code, row.role, origin)


def _methods(connection: Connection, username: str) -> list[str]:
    guard = factors.guard(connection, username)
    found = ["totp"] if guard is not None and guard.totp_on else []
    return found + (["passkey"] if factors.passkeys(connection, username) else [])
