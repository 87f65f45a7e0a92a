"""Accounts as rows. Only the digest of a password is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from yaotong.alerts.people import Leader
from yaotong.errors import UsageError
from yaotong.store.schema import account
from yaotong.viewer import OFFICE


def add(
    connection: Connection,
    *,
    username: str,
    display_name: str,
    password_hash: str,
    department: str,
    area_code: str,
    role: str,
    created_at: datetime,
) -> None:
    """A new account; UsageError when the name is taken."""
    if get(connection, username) is not None:
        raise UsageError(f"账号 {username} 已存在。")
    connection.execute(
        insert(account).values(
            username=username,
            display_name=display_name,
            password_hash=password_hash,
            department=department,
            area_code=area_code,
            role=role,
            disabled=False,
            created_at=created_at,
        )
    )


def get(connection: Connection, username: str) -> Row[Any] | None:
    """One account, or None."""
    return connection.execute(select(account).where(account.c.username == username)).first()


def set_disabled(connection: Connection, username: str, disabled: bool) -> None:
    """Shut an account, or open it again."""
    connection.execute(update(account).where(account.c.username == username).values(disabled=disabled))


def set_password(connection: Connection, username: str, password_hash: str) -> None:
    """Another password's digest."""
    own = account.c.username == username
    connection.execute(update(account).where(own).values(password_hash=password_hash))


def set_place(connection: Connection, username: str, role: str, department: str, area_code: str) -> None:
    """What an account may see: its role, department and area."""
    values = {"role": role, "department": department, "area_code": area_code}
    connection.execute(update(account).where(account.c.username == username).values(**values))


def listing(connection: Connection) -> list[Row[Any]]:
    """All accounts, by name."""
    return list(connection.execute(select(account).order_by(account.c.username)))


def scopes(connection: Connection) -> list[tuple[str, str]]:
    """Department and area of the accounts in use, those of most accounts first."""
    who = (account.c.department, account.c.area_code)
    looking = ~account.c.disabled & (account.c.role.in_(OFFICE))
    query = select(*who).where(looking).group_by(*who).order_by(func.count().desc(), *who)
    return [(str(row.department), str(row.area_code)) for row in connection.execute(query)]


def leaders(connection: Connection) -> list[Leader]:
    """The leaders' accounts in use, by name."""
    query = select(account).where(account.c.role == "leader", ~account.c.disabled)
    rows = connection.execute(query.order_by(account.c.username))
    return [Leader(row.display_name, row.department, row.area_code) for row in rows]


def usernames_by_scope(connection: Connection, order: Sequence[str]) -> list[str]:
    """The accounts in use: leaders first, the widest area first, departments in a given order."""
    in_use = select(account).where(~account.c.disabled, account.c.role.in_(OFFICE))
    rows = connection.execute(in_use).fetchall()
    places = {name: place for place, name in enumerate(order)}
    rows = sorted(
        rows,
        key=lambda row: (
            row.role == "officer",
            len(row.area_code),
            places.get(row.department, len(places)),
            row.username,
        ),
    )
    return [str(row.username) for row in rows]


def departments_of(connection: Connection) -> dict[str, str]:
    """The department of each account in use."""
    query = select(account.c.username, account.c.department).where(~account.c.disabled)
    return {str(row.username): str(row.department) for row in connection.execute(query)}
