"""The operational database as one file and back: SQLite by its own copying, PostgreSQL by its own tools.

Either way the copy is one committed state, and nobody who writes meanwhile has to wait.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import URL, make_url

from yaotong.errors import StoreError, UsageError
from yaotong.store import audit, loads
from yaotong.store.engine import Store, open_store, revisions
from yaotong.store.schema import fact_file
from yaotong.store.witness import Head

SQLITE_FILE, POSTGRES_FILE = "yaotong.db", "yaotong.dump"
_MAY_TAKE_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What a database said at the moment it was copied, and where the copy is. `facts`: path → SHA-256."""

    path: Path
    revision: str
    data_version: int
    head: Head
    facts: dict[str, str]


def dump(store: Store, folder: Path) -> Snapshot:
    """Copy the database into a folder; StoreError when it cannot be reached or the disk is full."""
    kind = store.engine.dialect.name
    if kind == "sqlite":
        return _dump_sqlite(store, folder / SQLITE_FILE)
    if kind == "postgresql":
        return _dump_postgres(store, folder / POSTGRES_FILE)
    raise StoreError(f"不会备份 {kind} 数据库。请用它自己的工具备份。")


def known_revision(revision: str) -> bool:
    """Whether this program knows a revision of the database: an older one, or its own."""
    return revision in revisions()


def put_back(copy: Path, database_url: str) -> None:
    """Fill an empty PostgreSQL database from a copy; StoreError says what stands in the way."""
    url = make_url(database_url)
    if url.get_backend_name() != "postgresql":
        raise UsageError("这份备份来自 PostgreSQL，要恢复到一个空的 PostgreSQL 数据库（--database-url）。")
    store = open_store(database_url, copy.parent)
    with store.read() as connection:
        taken = [one for one in inspect(connection).get_table_names() if one != "spatial_ref_sys"]
    store.engine.dispose()
    if taken:
        raise UsageError(f"目标数据库里已有 {len(taken)} 张表（如 {taken[0]}）。请另建一个空的数据库再恢复。")
    options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(copy)]
    _tool("pg_restore", url, options)


def _dump_sqlite(store: Store, path: Path) -> Snapshot:
    try:
        with store.engine.connect() as connection, closing(sqlite3.connect(path)) as copy:
            source = connection.connection.driver_connection
            assert isinstance(source, sqlite3.Connection)
            source.backup(copy)
    except sqlite3.Error as error:
        raise StoreError(f"业务库没有复制成：{error}。请检查磁盘空间和数据库文件。") from error
    copied = open_store(f"sqlite:///{path}", store.facts_dir)
    try:
        with copied.read() as connection:
            return _told(connection, path)
    finally:
        copied.engine.dispose()


def _dump_postgres(store: Store, path: Path) -> Snapshot:
    """What is told of the database and what is copied are of one snapshot."""
    with store.read() as connection:
        shared = str(connection.execute(text("select pg_export_snapshot()")).scalar_one())
        told = _told(connection, path)
        _tool("pg_dump", store.engine.url, ["--format=custom", f"--snapshot={shared}", f"--file={path}"])
    return told


def _told(connection: Connection, path: Path) -> Snapshot:
    files = connection.execute(select(fact_file.c.path, fact_file.c.sha256).order_by(fact_file.c.path))
    revision = MigrationContext.configure(connection).get_current_revision()
    return Snapshot(
        path=path,
        revision=str(revision),
        data_version=loads.current_version(connection),
        head=audit.last(connection),
        facts={str(name): str(digest) for name, digest in files},
    )


def _tool(name: str, url: URL, options: list[str]) -> None:
    """Run one of PostgreSQL's own tools; the password goes by the environment, not among its arguments."""
    found = shutil.which(name)
    if found is None:
        raise StoreError(
            f"没有找到 {name}。请安装与服务器同版本的 PostgreSQL 客户端（Debian：postgresql-client）。"
        )
    where = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    environ = {**os.environ, **({"PGPASSWORD": str(url.password)} if url.password else {})}
    command = [found, "--no-password", f"--dbname={where}", *options]
    done = subprocess.run(
        command, env=environ, capture_output=True, text=True, check=False, timeout=_MAY_TAKE_S
    )
    if done.returncode:
        said = (done.stderr.strip().splitlines() or ["未知原因"])[-1]
        raise StoreError(f"{name} 没有做成：{said}。请检查数据库服务、账号权限、磁盘空间和客户端版本。")
