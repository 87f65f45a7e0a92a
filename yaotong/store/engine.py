"""The operational database: one engine per workspace, SQLite in WAL mode unless a URL says otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError, DataError, IntegrityError, ProgrammingError, SQLAlchemyError

from yaotong.errors import StoreError

_BUSY_MS = 30_000


@dataclass(frozen=True, slots=True)
class Store:
    """The two stores of a workspace: the operational database and the folder of fact files."""

    engine: Engine
    facts_dir: Path

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading; StoreError when the database cannot be reached."""
        try:
            with self.engine.connect() as connection:
                yield connection
        except DatabaseError as error:
            raise _unusable(error, "读取", "请检查路径与权限；文件损坏的，从备份恢复。") from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or none of it."""
        try:
            engine = self.engine.execution_options(yaotong_write=True)
            with engine.begin() as connection:
                yield connection
        except DatabaseError as error:
            raise _unusable(error, "写入", "请检查磁盘空间和权限后重试。") from error


def open_store(database_url: str, facts_dir: Path) -> Store:
    """Open the stores; nothing is created or migrated here."""
    try:
        engine = create_engine(database_url, **_options(database_url))
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise StoreError(f"数据库地址无法使用：{error}。请检查 YAOTONG_DATABASE_URL。") from error
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _sqlite_connect)
        event.listen(engine, "begin", _sqlite_begin)
    return Store(engine, facts_dir)


def migrate(store: Store) -> None:
    """Bring the database to the newest revision; safe to repeat."""
    config = _alembic()
    try:
        with store.engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except DatabaseError as error:
        raise _unusable(error, "升级", "请从备份恢复后重试。") from error


def check_revision(store: Store) -> None:
    """StoreError unless the database stands at this program's revision."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    with store.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        raise StoreError(
            f"业务库版本为 {current or '空'}，程序需要 {head}。请先备份，再运行 yaotong init 升级。"
        )


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def _options(url: str) -> dict[str, Any]:
    if url.startswith("sqlite"):
        return {"connect_args": {"timeout": _BUSY_MS / 1000}}
    return {"pool_pre_ping": True}


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", f"busy_timeout={_BUSY_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that writes late fails at once when another has written meanwhile,
    # so writers queue from their first statement; readers never wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("yaotong_write", False))


def _unusable(error: DatabaseError, doing: str, remedy: str) -> Exception:
    """The store's own failure in words; a fault of ours in what we asked of it stays what it is."""
    if isinstance(error, IntegrityError | ProgrammingError | DataError):
        return error
    cause = str(error.orig) if error.orig is not None else "未知原因"
    return StoreError(f"业务库无法{doing}：{cause}。{remedy}")
