"""Registries with a past: a changed row ends at the version that changed it, and a new one begins."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby, pairwise
from typing import Any

import pandas as pd
from sqlalchemy import (
    ColumnElement,
    Connection,
    Result,
    Table,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from yaotong.store.schema import load

_CHUNK = 20_000
# Rows that live at once while a table is read: few enough for the garbage collector to let them be.
_READ = 100
_IN = 500


@dataclass(frozen=True, slots=True)
class Applied:
    """What a frame changed: rows added or altered, and rows that said nothing new."""

    changed: int
    unchanged: int


def in_force(table: Table, version: int | None) -> ColumnElement[bool]:
    """The rows in force at a data version, or now when the version is None."""
    if version is None:
        return table.c.until_version.is_(None)
    return and_(
        table.c.since_version <= version,
        or_(table.c.until_version.is_(None), table.c.until_version > version),
    )


def read(
    connection: Connection, table: Table, version: int | None = None, names: Sequence[str] = ()
) -> pd.DataFrame:
    """The registry at a data version, in order of first arrival; bookkeeping columns left out.

    `names` asks for some columns only.
    """
    hidden = {"row_id", "row_sha", "since_version", "until_version"}
    wanted = [table.c[one] for one in names] or [one for one in table.c if one.name not in hidden]
    return frame_of(
        connection.execute(select(*wanted).where(in_force(table, version)).order_by(table.c.row_id))
    )


def holds_any(connection: Connection, table: Table) -> bool:
    """Whether a registry has any row in force: one that nobody ever sent has none."""
    return (
        connection.execute(select(table.c.row_id).where(in_force(table, None)).limit(1)).first() is not None
    )


def having(connection: Connection, table: Table, column: str, values: Iterable[str]) -> pd.DataFrame:
    """The rows in force that have one of some values in a column."""
    hidden = {"row_id", "row_sha", "since_version", "until_version"}
    shown = [one for one in table.c if one.name not in hidden]
    wanted = sorted(set(values))
    parts = [
        frame_of(
            connection.execute(
                select(*shown)
                .where(in_force(table, None), table.c[column].in_(wanted[start : start + _IN]))
                .order_by(table.c.row_id)
            )
        )
        for start in range(0, max(len(wanted), 1), _IN)
    ]
    return pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0]


def touched(connection: Connection, table: Table, key: str, since: int) -> frozenset[str]:
    """The keys of the rows that began or ended after a data version."""
    began = select(table.c[key]).where(table.c.since_version > since)
    ended = select(table.c[key]).where(table.c.until_version > since)
    return frozenset(str(one) for one in connection.execute(began.union(ended)).scalars())


def called(
    connection: Connection, table: Table, code: str, name: str, codes: Iterable[str]
) -> dict[str, str]:
    """The names in force of some codes: {code: name}, without those that are not registered."""
    wanted = sorted(set(codes))
    found: dict[str, str] = {}
    for start in range(0, len(wanted), _IN):
        some = table.c[code].in_(wanted[start : start + _IN])
        rows = connection.execute(select(table.c[code], table.c[name]).where(in_force(table, None), some))
        found |= {row[0]: row[1] for row in rows}
    return found


def frame_of(rows: Result[Any]) -> pd.DataFrame:
    """Rows as a frame, taken in parts and turned into columns: three times as fast as all rows at once."""
    names = list(rows.keys())
    columns: list[list[Any]] = [[] for _ in names]
    for part in rows.partitions(_READ):
        for column, values in zip(columns, zip(*part, strict=True), strict=True):
            column.extend(values)
    return pd.DataFrame(
        {
            name: pd.Series(one, dtype=None if one else object)
            for name, one in zip(names, columns, strict=True)
        }
    )


def said_since(
    connection: Connection, table: Table, key: str, value: str, version: int | None = None
) -> dict[str, date]:
    """For each key whose value a load changed: the day the load arrived that brought the present one."""
    past = table.c.since_version <= version if version is not None else true()
    again = select(table.c[key]).where(past).group_by(table.c[key]).having(func.count() > 1)
    wanted = (table.c[key], table.c[value], table.c.since_version, load.c.arrived_at)
    query = select(*wanted).join(load, load.c.data_version == table.c.since_version)
    query = query.where(past, table.c[key].in_(again)).order_by(table.c[key], table.c.since_version)
    found: dict[str, date] = {}
    for name, rows in groupby(connection.execute(query), key=lambda row: str(row[0])):
        for before, after in pairwise(rows):
            if before[1] != after[1]:
                found[name] = after[3].date()
    return found


def said_last(connection: Connection, table: Table, key: str, values: Sequence[str]) -> dict[str, date]:
    """As `said_since` for several values that change together: the last day on which any of them did."""
    found: dict[str, date] = {}
    for value in values:
        for name, day in said_since(connection, table, key, value).items():
            found[name] = max(day, found.get(name, day))
    return found


def news(connection: Connection, table: Table, key: tuple[str, ...], frame: pd.DataFrame) -> pd.Series:
    """True for each row of `frame` that adds to or changes the registry; aligned to the frame."""
    if frame.empty:
        return pd.Series(False, index=frame.index)
    current = _current(connection, table, key)
    known = dict(zip(_keys(current, key), current["row_sha"], strict=True))
    fresh = [known.get(one) != sha for one, sha in zip(_keys(frame, key), frame["row_sha"], strict=True)]
    return pd.Series(fresh, index=frame.index)


def apply(
    connection: Connection, table: Table, key: tuple[str, ...], frame: pd.DataFrame, version: int
) -> Applied:
    """Write what is new in `frame` (with `row_sha`) as of `version`."""
    fresh = frame[news(connection, table, key, frame)]
    if fresh.empty:
        return Applied(0, len(frame))
    current = _current(connection, table, key)
    ids = dict(zip(_keys(current, key), current["row_id"], strict=True))
    ended = [ids[one] for one in _keys(fresh, key) if one in ids]
    end(connection, table, ended, version)
    columns = [column.name for column in table.c if column.name in fresh.columns]
    rows = _plain(fresh[columns].assign(since_version=version))
    for start in range(0, len(rows), _CHUNK):
        connection.execute(insert(table), rows[start : start + _CHUNK])
    return Applied(len(fresh), len(frame) - len(fresh))


def replace(
    connection: Connection, table: Table, key: tuple[str, ...], frame: pd.DataFrame, version: int
) -> Applied:
    """As `apply`, and end the rows whose key `frame` no longer has: for tables that are derived whole."""
    current = _current(connection, table, key)
    kept = set(_keys(frame, key))
    gone = [
        row_id for one, row_id in zip(_keys(current, key), current["row_id"], strict=True) if one not in kept
    ]
    end(connection, table, gone, version)
    return apply(connection, table, key, frame, version)


def end(connection: Connection, table: Table, row_ids: list[int], version: int) -> None:
    """Let rows cease to be in force from `version` on."""
    if row_ids:
        statement = update(table).where(table.c.row_id == bindparam("which")).values(until_version=version)
        connection.execute(statement, [{"which": int(one)} for one in row_ids])


def _current(connection: Connection, table: Table, key: tuple[str, ...]) -> pd.DataFrame:
    columns = [table.c.row_id, table.c.row_sha, *(table.c[name] for name in key)]
    rows = connection.execute(select(*columns).where(in_force(table, None)))
    return pd.DataFrame(rows.fetchall(), columns=["row_id", "row_sha", *key])


def _keys(frame: pd.DataFrame, key: tuple[str, ...]) -> list[tuple[str, ...]]:
    parts = [frame[name].astype("string").fillna("").str.slice(0, 128) for name in key]
    return list(zip(*(part.tolist() for part in parts), strict=True))


def _plain(frame: pd.DataFrame) -> list[dict[str, object]]:
    """Rows as dictionaries of plain Python values, missing ones as None."""
    columns = {}
    for name in frame.columns:
        series = frame[name]
        if pd.api.types.is_datetime64_any_dtype(series.dtype):
            values = [None if pd.isna(one) else one.to_pydatetime() for one in series]
        else:
            values = series.astype(object).where(series.notna(), None).tolist()
        columns[name] = values
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
