"""The citizens' door to the database: a few tables, some of them in part, and no others, whatever is asked.

The database itself holds it. On SQLite an authorizer refuses every statement that names another table or
column; on PostgreSQL the session takes a role that was granted these and nothing else.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool

from yaotong.errors import StoreError
from yaotong.store import dialects
from yaotong.store.engine import Store, told
from yaotong.store.grants import ADDED, CHANGED, READABLE, ROLE

_ONLY = "公众页面只能用名录与自己的表；若业务库损坏，从备份恢复。"
_MISSING = (
    f"业务库里没有只供公众查询的角色 {ROLE}，或没有授给本程序的账号。请由数据库管理员执行 "
    f"create role {ROLE} nologin; grant {ROLE} to 本程序的账号; 再运行 yaotong init。"
)
_ALWAYS = {
    sqlite3.SQLITE_SELECT, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_RECURSIVE,
}  # fmt: skip
_engines: WeakKeyDictionary[Engine, tuple[Engine, Engine]] = WeakKeyDictionary()


@contextmanager
def public_read(store: Store) -> Iterator[Connection]:
    """As `Store.read`, of what citizens may read; StoreError for anything else."""
    reading, _ = _opened(store.engine)
    with told("读取", _ONLY), dialects.reading(reading).connect() as connection:
        yield connection


@contextmanager
def public_write(store: Store) -> Iterator[Connection]:
    """As `Store.write`, of the few rows that citizens may add; StoreError for anything else."""
    _, writing = _opened(store.engine)
    with told("写入", _ONLY), dialects.writing(writing).begin() as connection:
        dialects.queue(connection)
        yield connection


def _opened(engine: Engine) -> tuple[Engine, Engine]:
    """The engines for reading and for writing beside a store's own."""
    if engine not in _engines:
        _engines[engine] = _beside(engine, writes=False), _beside(engine, writes=True)
    return _engines[engine]


def _beside(engine: Engine, *, writes: bool) -> Engine:
    # A file is opened at once; a server is asked for a connection every fraction of a second.
    few = {"pool_size": 2, "max_overflow": 8, "pool_pre_ping": True}
    kept = {"poolclass": NullPool} if engine.dialect.name == "sqlite" else few
    made = create_engine(engine.url, **kept, **dialects.connecting(engine.url))
    dialects.prepare(made)
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _sqlite_writer if writes else _sqlite_reader)
    else:
        event.listen(made, "connect", _postgres)
    return made


def _sqlite_reader(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA query_only = ON")
    connection.set_authorizer(_allow_reading)


def _sqlite_writer(connection: Any, _record: object) -> None:
    connection.set_authorizer(_allow_writing)


def _allow_reading(act: int, table: str | None, column: str | None, *_more: object) -> int:
    if act in _ALWAYS or (act == sqlite3.SQLITE_READ and _readable(str(table), column or "")):
        return sqlite3.SQLITE_OK
    return sqlite3.SQLITE_DENY


def _allow_writing(act: int, table: str | None, column: str | None, *more: object) -> int:
    if act == sqlite3.SQLITE_INSERT and table in ADDED:
        return sqlite3.SQLITE_OK
    if act == sqlite3.SQLITE_UPDATE and table in CHANGED:
        return sqlite3.SQLITE_OK
    return _allow_reading(act, table, column, *more)


def _readable(table: str, column: str) -> bool:
    columns = READABLE.get(table)
    # Without a column: a table whose rows are counted.
    return columns is not None and (not columns or not column or column in columns)


def _postgres(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("select 1 from pg_roles where rolname = %s and pg_has_role(rolname, 'member')", (ROLE,))
    if cursor.fetchone() is None:
        connection.close()
        raise StoreError(_MISSING)
    cursor.execute(f"SET ROLE {ROLE}")
    cursor.close()
    connection.commit()
