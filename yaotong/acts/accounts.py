"""Accounts: who may sign in, and signing in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

from yaotong.acts.recording import note, record
from yaotong.departments import departments
from yaotong.errors import NotFound, UsageError
from yaotong.store import accounts
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

MIN_PASSWORD_CHARS = 10
NOBODY = "?"
_SCRYPT = {"n": 2**14, "r": 8, "p": 1}


def add_user(
    workspace: Workspace,
    *,
    username: str,
    display_name: str,
    password: str,
    department: str,
    area_code: str,
    role: str = "officer",
    by: Viewer = SYSTEM,
    now: datetime,
) -> Viewer:
    """Make an account; UsageError tells what is wrong with it."""
    if department not in departments():
        raise UsageError(f"没有部门 {department}。可用：{'、'.join(departments())}")
    if len(password) < MIN_PASSWORD_CHARS:
        raise UsageError(f"密码至少 {MIN_PASSWORD_CHARS} 位。")
    try:
        viewer = Viewer(username, display_name, department, area_code, role)
    except ValueError as error:
        raise UsageError(str(error)) from error
    with workspace.store.write() as connection:
        accounts.add(
            connection,
            username=username,
            display_name=display_name,
            password_hash=_digest(password, secrets.token_bytes(16)),
            department=department,
            area_code=area_code,
            role=role,
            created_at=now,
        )
        thing = f"account:{username}"
        note(connection, by, "account_add", thing, now=now, why=role, area=area_code, department=department)
    return viewer


def sign_in(
    workspace: Workspace, username: str, password: str, *, origin: str = "", now: datetime
) -> Viewer | None:
    """The person, when name and password fit an account that is not shut.

    Either way it is recorded first: StoreError, and nobody is in, when it cannot be. Of a name that no
    account has nothing is kept: people type their passwords there.
    """
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    # An unknown name costs the same time as a wrong password.
    stored = row.password_hash if row is not None else _digest("", bytes(16))
    fits = hmac.compare_digest(_digest(password, bytes.fromhex(stored.split("$")[1])), stored)
    if row is None:
        record(workspace, Viewer(NOBODY, "", "", "", origin=origin), "sign_in_refused", "account:?", now=now)
        return None
    person, thing = _viewer(row, origin), f"account:{row.username}"
    if not fits or row.disabled:
        why = "disabled" if fits else "password"
        record(workspace, person, "sign_in_refused", thing, now=now, why=why)
        return None
    record(workspace, person, "sign_in", thing, now=now)
    return person


def sign_out(workspace: Workspace, viewer: Viewer, *, now: datetime) -> None:
    """Record that somebody left."""
    record(workspace, viewer, "sign_out", f"account:{viewer.username}", now=now)


def viewer(workspace: Workspace, username: str, origin: str = "") -> Viewer | None:
    """The person behind a session that is still good."""
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    return _viewer(row, origin) if row is not None and not row.disabled else None


def disable_user(workspace: Workspace, username: str, *, by: Viewer = SYSTEM, now: datetime) -> None:
    """Shut an account; NotFound when there is none."""
    with workspace.store.write() as connection:
        if not accounts.disable(connection, username):
            raise NotFound(f"没有账号 {username}。")
        note(connection, by, "account_disable", f"account:{username}", now=now)


def _viewer(row: Any, origin: str) -> Viewer:
    return Viewer(row.username, row.display_name, row.department, row.area_code, row.role, origin)


def _digest(password: str, salt: bytes) -> str:
    key = hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)
    return f"scrypt${salt.hex()}${key.hex()}"
