"""A few lines found by their ids among fact files: those of some months, of the others, or all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd
from sqlalchemy import ColumnElement, Connection, func, not_, select, true

from yaotong.fact_schemas import FACT_SCHEMAS
from yaotong.lineids import line_id_sql
from yaotong.records import FEEDS
from yaotong.store.asked import asked
from yaotong.store.engine import Store
from yaotong.store.factfiles import ended_among
from yaotong.store.registry import in_force
from yaotong.store.schema import fact_file, load

# The first and the last day.
Span = tuple[date, date]
# Of more shops than these the lines are looked for without naming the shops.
_MOST_SHOPS = 200


@dataclass(frozen=True, slots=True)
class _File:
    """A file in force: where it is, and the load that sent its lines."""

    path: str
    load_id: int | None
    name: str | None


def lines_by_id(
    store: Store, feed: str, line_ids: Collection[str], days: Span | None = None, *, outside: bool = False
) -> pd.DataFrame:
    """The lines of some ids in the wording that holds: the feed's columns, and `load_id` and `file` of each.

    `load_id` and `file` tell the load that brought the wording. `days` (both included) asks for the files of
    their months alone, and with `outside` for all the others. Ids that no line there has are left out.
    StoreError when a file is missing.
    """
    some = true() if days is None else fact_file.c.month.between(f"{days[0]:%Y-%m}", f"{days[1]:%Y-%m}")
    with store.read() as connection:
        files = _files(connection, store, feed, not_(some) if outside else some) if line_ids else []
        if not files:
            return pd.DataFrame(columns=[*FACT_SCHEMAS[feed].names, "load_id", "file"])
        found = _read(feed, files, sorted(set(line_ids)))
        ended = ended_among(connection, feed, found["line_sha"].tolist())
    found = found[~found["line_sha"].isin(list(ended))].drop(columns="line_sha")
    return found.merge(_loads(files), on="path", how="left").drop(columns="path")


def _files(connection: Connection, store: Store, feed: str, some: ColumnElement[bool]) -> list[_File]:
    """Some of the files in force; of a copy, the load of the file it stands in for."""
    sent = fact_file.alias("sent")
    query = (
        select(fact_file.c.path, load.c.load_id, load.c.file)
        .join(sent, sent.c.path == func.coalesce(fact_file.c.copy_of, fact_file.c.path))
        .outerjoin(load, load.c.data_version == sent.c.since_version)
        .where(fact_file.c.feed == feed, in_force(fact_file, None), some)
        .order_by(fact_file.c.file_id)
    )
    return [
        _File(f"{store.facts_dir}/{row.path}", row.load_id, row.file) for row in connection.execute(query)
    ]


def _read(feed: str, files: Sequence[_File], line_ids: Sequence[str]) -> pd.DataFrame:
    shops = _shops(feed, line_ids)
    one_of = f"pharmacy_id in ({', '.join('?' * len(shops))}) and " if shops else ""
    names = ", ".join(one for one in FACT_SCHEMAS[feed].names if one != "line_id")
    query = (
        f"select {names}, {line_id_sql(feed)} as line_id, lower(hex(line_sha)) as line_sha, filename as path"
        " from read_parquet(?, filename=true, hive_partitioning=false)"
        f" where {one_of}{line_id_sql(feed)} in (select unnest(?))"
    )
    return asked(query, [[one.path for one in files], *shops, list(line_ids)])


def _shops(feed: str, line_ids: Sequence[str]) -> list[str]:
    """The shops that lines may be of: files lie in the order of shops, and most of each is passed over.

    A number may hold the sign that parts an id: each beginning of an id may be one.
    """
    if FEEDS[feed].stored_key[0] != "pharmacy_id":
        return []
    found: set[str] = set()
    for one in line_ids:
        at = one.find("/")
        while at > 0:
            found.add(one[:at])
            at = one.find("/", at + 1)
    return sorted(found) if len(found) <= _MOST_SHOPS else []


def _loads(files: Sequence[_File]) -> pd.DataFrame:
    told = [(one.path, one.load_id, one.name) for one in files]
    return pd.DataFrame(told, columns=["path", "load_id", "file"])
