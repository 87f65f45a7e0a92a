"""Loads (数据批次): data versions, and the record of every receipt."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import pandas as pd
from sqlalchemy import Connection, func, insert, select

from yaotong.records import Receipt
from yaotong.store.schema import load, sent_once


def next_version(connection: Connection) -> int:
    """The data version that a load in this transaction will make."""
    return int(connection.execute(select(func.coalesce(func.max(load.c.data_version), 0))).scalar_one()) + 1


def current_version(connection: Connection) -> int:
    """The newest committed data version; 0 when nothing was ever loaded."""
    return next_version(connection) - 1


def version_at(connection: Connection, moment: datetime) -> int:
    """The data version in force at a moment of arrival; 0 before the first load."""
    query = select(func.coalesce(func.max(load.c.data_version), 0)).where(load.c.arrived_at <= moment)
    return int(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class Mark:
    """A load that changed what is known, told apart from one of the same version in a restored database."""

    version: int
    sha256: str
    arrived_at: datetime


def mark_of(connection: Connection, feeds: Sequence[str], version: int) -> Mark | None:
    """The last load of any of the feeds up to a data version; what they say is the same from it on."""
    query = select(load.c.data_version, load.c.sha256, load.c.arrived_at).where(
        load.c.data_version <= version, load.c.feed.in_(feeds)
    )
    row = connection.execute(query.order_by(load.c.data_version.desc()).limit(1)).first()
    return None if row is None else Mark(*row)


def seen(connection: Connection, sha256: str, feed: str) -> bool:
    """Whether a file with this content was taken for this feed before."""
    query = select(load.c.load_id).where(
        load.c.sha256 == sha256, load.c.feed == feed, load.c.outcome.in_(("accepted", "partial"))
    )
    return connection.execute(query.limit(1)).first() is not None


def record(
    connection: Connection, receipt: Receipt, *, version: int | None, sent_by: str, arrived_at: datetime
) -> int:
    """Keep a receipt; `version` is set when the file changed what is known. Returns the load's id."""
    result = connection.execute(
        insert(load).values(
            data_version=version,
            feed=receipt.feed,
            profile=receipt.profile,
            file=receipt.file[-255:],
            sha256=receipt.sha256,
            outcome=str(receipt.outcome),
            rows=receipt.rows,
            accepted=receipt.accepted,
            duplicates=receipt.duplicates,
            rejected=len(receipt.rejected),
            receipt=json.dumps(receipt.as_dict(), ensure_ascii=False),
            sent_by=sent_by,
            arrived_at=arrived_at,
        )
    )
    key: Sequence[int] = result.inserted_primary_key or (0,)
    return int(key[0])


def history(connection: Connection, limit: int = 200) -> pd.DataFrame:
    """The newest receipts first, without their row lists."""
    columns = [one for one in load.c if one.name != "receipt"]
    rows = connection.execute(select(*columns).order_by(load.c.load_id.desc()).limit(limit))
    return pd.DataFrame(rows.fetchall(), columns=[one.name for one in columns])


def receipt_of(connection: Connection, load_id: int) -> dict[str, object] | None:
    """One receipt in its JSON form, or None."""
    text = connection.execute(select(load.c.receipt).where(load.c.load_id == load_id)).scalar()
    return None if text is None else dict(json.loads(text))


def keep_key(connection: Connection, sent_by: str, once: str, load_id: int) -> None:
    """Note the sender's own key of a load; a key that is known stays with its first load."""
    wanted = (sent_once.c.sent_by == sent_by, sent_once.c.key == once)
    if connection.execute(select(sent_once.c.load_id).where(*wanted)).first() is None:
        connection.execute(insert(sent_once).values(sent_by=sent_by, key=once, load_id=load_id))


def sent_before(connection: Connection, sent_by: str, once: str) -> Receipt | None:
    """The receipt that a sender got for this key; None when it is new."""
    query = select(load.c.receipt).join(sent_once, sent_once.c.load_id == load.c.load_id)
    text = connection.execute(query.where(sent_once.c.sent_by == sent_by, sent_once.c.key == once)).scalar()
    return None if text is None else Receipt.from_dict(json.loads(text))
