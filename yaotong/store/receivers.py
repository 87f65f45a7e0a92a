"""How each receiver stands, and whose turn it is to send to it. All compare-and-set, on any database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, insert, or_, select, update

from yaotong.departments import CHATS
from yaotong.store import outbox
from yaotong.store.delivery_tables import delivery_act, receiver
from yaotong.store.outbox import Lane


def unlike(connection: Connection, addresses: Mapping[Lane, str]) -> dict[Lane, str]:
    """The receivers that are new or whose address has changed, with what it is now."""
    known = {(row.channel, row.department): row.address_sha for row in everyone(connection)}
    return {lane: sha for lane, sha in addresses.items() if known.get(lane) != sha}


def know(connection: Connection, addresses: Mapping[Lane, str]) -> None:
    """Let receivers with a new address start afresh, and what is held for them be looked at anew."""
    known = {(row.channel, row.department) for row in everyone(connection)}
    for lane, sha in unlike(connection, addresses).items():
        fresh = {"address_sha": sha, "failures": 0, "resting_until": None, "gone_at": None}
        if lane in known:
            connection.execute(update(receiver).where(_is(lane)).values(**fresh))
            outbox.let_go(connection, lane)
        else:
            connection.execute(insert(receiver).values(channel=lane[0], department=lane[1], **fresh))


def wanted(connection: Connection, messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Messages without those to a chat or mailbox that no department has set up."""
    if not any(one["channel"] in CHATS for one in messages):
        return list(messages)
    query = select(receiver.c.channel, receiver.c.department).where(receiver.c.channel.in_(CHATS))
    known = {tuple(row) for row in connection.execute(query)}
    return [
        one for one in messages if one["channel"] not in CHATS or (one["channel"], one["department"]) in known
    ]


def everyone(connection: Connection) -> list[Row[Any]]:
    """All receivers ever configured."""
    return list(connection.execute(select(receiver).order_by(receiver.c.channel, receiver.c.department)))


def take(connection: Connection, lane: Lane, who: str, now: datetime, lease: timedelta) -> Row[Any] | None:
    """Take or keep the turn to send to a receiver; its row, or None when it is not `who`'s turn."""
    late = or_(receiver.c.leased_until.is_(None), receiver.c.leased_until <= now)
    resting = and_(receiver.c.resting_until.is_not(None), receiver.c.resting_until > now)
    mine = and_(_is(lane), receiver.c.gone_at.is_(None), ~resting, or_(late, receiver.c.leased_by == who))
    taken = connection.execute(update(receiver).where(mine).values(leased_by=who, leased_until=now + lease))
    if taken.rowcount != 1:
        return None
    return connection.execute(select(receiver).where(_is(lane))).one()


def leave(connection: Connection, lane: Lane, who: str) -> None:
    """Give the turn back."""
    mine = and_(_is(lane), receiver.c.leased_by == who)
    connection.execute(update(receiver).where(mine).values(leased_by=None, leased_until=None))


def mark(connection: Connection, lane: Lane, columns: dict[str, Any]) -> None:
    """Note how a receiver stands."""
    connection.execute(update(receiver).where(_is(lane)).values(**columns))


def reopen(connection: Connection, lane: Lane) -> bool:
    """Send again to a receiver that wanted nothing any more or rests; False when it does neither."""
    held = or_(receiver.c.gone_at.is_not(None), receiver.c.resting_until.is_not(None))
    fresh = {"gone_at": None, "resting_until": None, "failures": 0}
    return connection.execute(update(receiver).where(_is(lane), held).values(**fresh)).rowcount == 1


def gone(connection: Connection) -> list[Row[Any]]:
    """The receivers that want nothing any more."""
    return list(connection.execute(select(receiver).where(receiver.c.gone_at.is_not(None))))


def did(connection: Connection, columns: Mapping[str, Any]) -> None:
    """Write down what a person did, in the columns of `delivery_act`."""
    connection.execute(insert(delivery_act).values(**columns))


def acts_on(connection: Connection, message_ids: list[str]) -> list[Row[Any]]:
    """What people did about some messages, oldest first."""
    query = select(delivery_act).where(delivery_act.c.message_id.in_(message_ids))
    return list(connection.execute(query.order_by(delivery_act.c.act_id)))


def _is(lane: Lane) -> ColumnElement[bool]:
    return and_(receiver.c.channel == lane[0], receiver.c.department == lane[1])
