"""Find receipts again: by feed, outcome, sender and day, within the senders somebody may know of."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, false, func, or_, select, true

from yaotong.store.schema import account, area, load


@dataclass(frozen=True, slots=True)
class Senders:
    """Whose receipts count: accounts by name, and with `others` whoever is no account, such as the server."""

    visible: Collection[str]
    accounts: Collection[str]
    others: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What receipts are asked for; "" and None ask for all. Both days are included."""

    feed: str = ""
    outcome: str = ""
    sender: str = ""
    since: date | None = None
    until: date | None = None


def find(
    connection: Connection, senders: Senders, asked: Asked, *, limit: int, offset: int
) -> tuple[list[Row[Any]], int]:
    """One page of receipts without their row lists, newest first, and how many there are in all."""
    wanted = and_(_by(senders), _narrowed(asked))
    columns = [one for one in load.c if one.name != "receipt"]
    query = select(*columns).where(wanted).order_by(load.c.load_id.desc()).limit(limit).offset(offset)
    total = connection.execute(select(func.count()).select_from(load).where(wanted)).scalar_one()
    return list(connection.execute(query)), int(total)


def senders_of(connection: Connection, senders: Senders) -> list[str]:
    """Everybody who ever sent a file, in the order of the alphabet."""
    query = select(load.c.sent_by).where(_by(senders)).distinct().order_by(load.c.sent_by)
    return list(connection.execute(query).scalars())


def get(connection: Connection, load_id: int) -> Row[Any] | None:
    """One receipt with all that was kept of it, or None."""
    return connection.execute(select(load).where(load.c.load_id == load_id)).first()


def newest_of(
    connection: Connection, *, sha256: str, file: str, sent_by: str, arrived_at: datetime
) -> int | None:
    """The number of the receipt that a delivery was just given."""
    query = select(func.max(load.c.load_id)).where(
        load.c.sha256 == sha256,
        load.c.file == file,
        load.c.sent_by == sent_by,
        load.c.arrived_at == arrived_at,
    )
    found: int | None = connection.execute(query).scalar()
    return found


def accounts(connection: Connection) -> list[Row[Any]]:
    """Every account's name, display name, department and area."""
    columns = (account.c.username, account.c.display_name, account.c.department, account.c.area_code)
    return list(connection.execute(select(*columns)))


def area_codes(connection: Connection) -> list[str]:
    """The areas this workspace knows."""
    return list(connection.execute(select(area.c.area_code).where(area.c.until_version.is_(None))).scalars())


def _by(senders: Senders) -> ColumnElement[bool]:
    known = load.c.sent_by.in_(senders.visible)
    rest = load.c.sent_by.not_in(senders.accounts) if senders.others else false()
    return or_(known, rest)


def _narrowed(asked: Asked) -> ColumnElement[bool]:
    parts: list[ColumnElement[bool]] = [true()]
    for column, value in ((load.c.feed, asked.feed), (load.c.outcome, asked.outcome)):
        if value:
            parts.append(column == value)
    if asked.sender:
        parts.append(load.c.sent_by == asked.sender)
    if asked.since is not None:
        parts.append(load.c.arrived_at >= datetime.combine(asked.since, datetime.min.time()))
    if asked.until is not None:
        after = datetime.combine(asked.until, datetime.min.time()) + timedelta(days=1)
        parts.append(load.c.arrived_at < after)
    return and_(*parts)
