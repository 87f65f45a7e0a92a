"""Accounts: who may sign in, and signing in."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime
from typing import Any

from yaotong.departments import departments
from yaotong.errors import NotFound, UsageError
from yaotong.store import accounts
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

MIN_PASSWORD_CHARS = 10
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
    return viewer


def sign_in(workspace: Workspace, username: str, password: str) -> Viewer | None:
    """The person, when name and password fit an account that is not shut."""
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    # An unknown name costs the same time as a wrong password.
    stored = row.password_hash if row is not None else _digest("", bytes(16))
    fits = hmac.compare_digest(_digest(password, bytes.fromhex(stored.split("$")[1])), stored)
    return _viewer(row) if row is not None and fits and not row.disabled else None


def viewer(workspace: Workspace, username: str) -> Viewer | None:
    """The person behind a session that is still good."""
    with workspace.store.read() as connection:
        row = accounts.get(connection, username)
    return _viewer(row) if row is not None and not row.disabled else None


def disable_user(workspace: Workspace, username: str) -> None:
    """Shut an account; NotFound when there is none."""
    with workspace.store.write() as connection:
        if not accounts.disable(connection, username):
            raise NotFound(f"没有账号 {username}。")


def _viewer(row: Any) -> Viewer:
    return Viewer(row.username, row.display_name, row.department, row.area_code, row.role)


def _digest(password: str, salt: bytes) -> str:
    key = hashlib.scrypt(password.encode(), salt=salt, dklen=32, **_SCRYPT)
    return f"scrypt${salt.hex()}${key.hex()}"
