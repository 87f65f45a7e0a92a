"""Second factors as rows: sealed secrets, digests of recovery codes, public keys."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from yaotong.store.access_tables import account_guard, passkey, recovery_code


def guard(connection: Connection, username: str) -> Row[Any] | None:
    """What is kept beside an account, or None."""
    return connection.execute(select(account_guard).where(account_guard.c.username == username)).first()


def set_guard(connection: Connection, username: str, **values: Any) -> None:
    """Change what is kept beside an account: must_change, totp, totp_on, totp_step."""
    own = account_guard.c.username == username
    if not connection.execute(update(account_guard).where(own).values(**values)).rowcount:
        fresh = {"must_change": False, "totp": None, "totp_on": False, "totp_step": 0}
        connection.execute(insert(account_guard).values(username=username, **(fresh | values)))


def take_step(connection: Connection, username: str, step: int) -> bool:
    """Note that a code's half minute was used; False when it, or a later one, was before."""
    newer = (account_guard.c.username == username) & (account_guard.c.totp_step < step)
    return connection.execute(update(account_guard).where(newer).values(totp_step=step)).rowcount == 1


def recovery_codes(connection: Connection, username: str) -> list[Row[Any]]:
    """A person's recovery codes that were not used."""
    return list(connection.execute(select(recovery_code).where(recovery_code.c.username == username)))


def set_recovery_codes(connection: Connection, username: str, digests: list[str]) -> None:
    """New recovery codes; the older ones are gone."""
    connection.execute(delete(recovery_code).where(recovery_code.c.username == username))
    for digest in digests:
        connection.execute(insert(recovery_code).values(username=username, digest=digest))


def take_recovery_code(connection: Connection, code_id: int) -> bool:
    """Use a code up; False when somebody else just did."""
    return connection.execute(delete(recovery_code).where(recovery_code.c.code_id == code_id)).rowcount == 1


def passkeys(connection: Connection, username: str) -> list[Row[Any]]:
    """A person's passkeys, oldest first."""
    query = select(passkey).where(passkey.c.username == username)
    return list(connection.execute(query.order_by(passkey.c.added_at, passkey.c.passkey_id)))


def passkey_of(connection: Connection, credential: str) -> Row[Any] | None:
    """The passkey of a credential's id (base64url), or None."""
    query = select(passkey).where(passkey.c.passkey_id == _hidden(credential))
    return connection.execute(query).first()


def add_passkey(
    connection: Connection,
    username: str,
    credential: str,
    public_key: str,
    count: int,
    name: str,
    now: datetime,
) -> None:
    """A new passkey."""
    row = {"username": username, "credential": credential, "public_key": public_key, "sign_count": count}
    connection.execute(
        insert(passkey).values(passkey_id=_hidden(credential), **row, name=name, added_at=now, used_at=None)
    )


def use_passkey(connection: Connection, passkey_id: str, count: int, now: datetime) -> None:
    """Note that a passkey was used, and its counter."""
    statement = update(passkey).where(passkey.c.passkey_id == passkey_id)
    connection.execute(statement.values(sign_count=count, used_at=now))


def remove_passkey(connection: Connection, username: str, passkey_id: str) -> bool:
    """Take a passkey away; False when the person has none such."""
    mine = (passkey.c.username == username) & (passkey.c.passkey_id == passkey_id)
    return connection.execute(delete(passkey).where(mine)).rowcount == 1


def remove_all(connection: Connection, username: str) -> None:
    """Take all second factors away."""
    set_guard(connection, username, totp=None, totp_on=False)
    connection.execute(delete(recovery_code).where(recovery_code.c.username == username))
    connection.execute(delete(passkey).where(passkey.c.username == username))


def counted(connection: Connection) -> dict[str, tuple[bool, int, bool]]:
    """By account: whether one-time codes are on, how many passkeys, whether the password must be changed."""
    query = select(passkey.c.username, func.count().label("keys_")).group_by(passkey.c.username)
    keys: dict[str, int] = {row.username: row.keys_ for row in connection.execute(query)}
    guards = {row.username: row for row in connection.execute(select(account_guard))}
    return {
        name: (
            bool(name in guards and guards[name].totp_on),
            int(keys.get(name, 0)),
            bool(name in guards and guards[name].must_change),
        )
        for name in {*keys, *guards}
    }


def _hidden(credential: str) -> str:
    return hashlib.sha256(credential.encode()).hexdigest()
