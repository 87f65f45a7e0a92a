"""Room in a minute: each message to a chat or a mailbox takes a slot before it goes out, whoever sends it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from yaotong.store.delivery_tables import post_slot

# Long after any window: what is older is swept away with the next message.
_KEPT = timedelta(hours=1)


def used(connection: Connection, robot_sha: str, since: datetime) -> int:
    """How many messages a robot took after a moment."""
    query = select(func.count()).where(post_slot.c.robot_sha == robot_sha, post_slot.c.at > since)
    return int(connection.execute(query).scalar_one())


def take(
    connection: Connection, robot_sha: str, now: datetime, window: timedelta, most: int
) -> datetime | None:
    """Take a slot, within a queued write. None: it is taken; else the moment from which one is free."""
    connection.execute(
        delete(post_slot).where(post_slot.c.robot_sha == robot_sha, post_slot.c.at <= now - _KEPT)
    )
    free_at = freed(connection, robot_sha, now, window, most)
    if free_at is None:
        connection.execute(insert(post_slot).values(robot_sha=robot_sha, at=now))
    return free_at


def freed(
    connection: Connection, robot_sha: str, now: datetime, window: timedelta, most: int
) -> datetime | None:
    """The moment from which there is room for one more; None when there is now."""
    query = select(post_slot.c.at).where(post_slot.c.robot_sha == robot_sha, post_slot.c.at > now - window)
    moments = list(connection.execute(query.order_by(post_slot.c.at.desc()).limit(most)).scalars())
    return moments[-1] + window if len(moments) >= most else None
