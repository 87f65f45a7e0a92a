"""Sessions as rows: one that is not here is over, whatever the person's cookie says."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from yaotong.store.access_tables import account_guard, passkey, sitting
from yaotong.store.schema import account


def hidden(number: str) -> str:
    """How a session's number is kept."""
    return hashlib.sha256(number.encode()).hexdigest()


def begin(
    connection: Connection, number: str, username: str, origin: str, *, whole: bool, now: datetime
) -> None:
    """A new session."""
    row = {"sitting_id": hidden(number), "username": username, "since": now, "origin": origin[:64]}
    connection.execute(insert(sitting).values(**row, whole=whole, challenge=""))


def person(connection: Connection, number: str) -> Row[Any] | None:
    """The account behind a session with the session's own columns and the account's guard; None when over."""
    keys = select(func.count()).where(passkey.c.username == account.c.username).scalar_subquery()
    query = (
        select(
            account, sitting.c.since, sitting.c.whole, sitting.c.challenge,
            func.coalesce(account_guard.c.must_change, False).label("must_change"),
            func.coalesce(account_guard.c.totp_on, False).label("totp_on"),
            keys.label("passkeys"),
        )
        .select_from(sitting)
        .join(account, account.c.username == sitting.c.username)
        .outerjoin(account_guard, account_guard.c.username == sitting.c.username)
    )  # fmt: skip
    return connection.execute(query.where(sitting.c.sitting_id == hidden(number))).first()


def of(connection: Connection, username: str) -> list[Row[Any]]:
    """A person's sessions, newest first."""
    query = select(sitting).where(sitting.c.username == username, sitting.c.whole)
    return list(connection.execute(query.order_by(sitting.c.since.desc())))


def ask(connection: Connection, number: str, challenge: str) -> None:
    """Keep what a passkey is asked to sign; "" when it was answered."""
    statement = update(sitting).where(sitting.c.sitting_id == hidden(number)).values(challenge=challenge)
    connection.execute(statement)


def end(connection: Connection, number: str) -> None:
    """End one session."""
    connection.execute(delete(sitting).where(sitting.c.sitting_id == hidden(number)))


def end_all(connection: Connection, username: str, *, but: str = "") -> int:
    """End a person's sessions, one excepted; how many ended."""
    statement = delete(sitting).where(sitting.c.username == username, sitting.c.sitting_id != hidden(but))
    return connection.execute(statement).rowcount


def forget(connection: Connection, before: datetime) -> None:
    """Let go the sessions that are too old to be good."""
    connection.execute(delete(sitting).where(sitting.c.since < before))
