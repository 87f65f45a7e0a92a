"""What SQLite and PostgreSQL each need so that one code serves both: waits, queues, names of failures."""

from __future__ import annotations

from enum import Enum, auto
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError, SQLAlchemyError

from yaotong.errors import StoreError

# How long a statement waits for what another session holds, on either database.
WAIT_MS = 30_000
_CONNECT_SECONDS = 10
# Any number will do as long as all writers of one database name the same.
_QUEUE = 0x59414F54
# A client whose machine fell silent holds its locks for about a minute and a half, not for two hours.
_SILENT = ("tcp_keepalives_idle = 60", "tcp_keepalives_interval = 10", "tcp_keepalives_count = 3")


class Fault(Enum):
    """Whose failure it is, and what helps."""

    OURS = auto()
    BUSY = auto()
    GONE = auto()
    REFUSED = auto()
    STORE = auto()


def engine(database_url: str) -> Engine:
    """The engine for a URL; nothing is connected yet. StoreError when the URL cannot be used."""
    try:
        url = make_url(database_url)
        made = create_engine(url, **_options(url))
    except ModuleNotFoundError as error:
        raise StoreError(
            f"缺少数据库驱动 {error.name}。PostgreSQL 请运行 pip install 'yaotong[postgres]'。"
        ) from error
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(f"数据库地址无法使用：{error}。请检查 YAOTONG_DATABASE_URL。") from error
    prepare(made)
    return made


def prepare(made: Engine) -> None:
    """Have an engine's connections wait, queue and begin as those of all others do."""
    if made.dialect.name == "sqlite":
        event.listen(made, "connect", _sqlite_connect)
        event.listen(made, "begin", _sqlite_begin)
    elif made.dialect.name == "postgresql":
        event.listen(made, "connect", _postgres_connect)


def connecting(url: URL) -> dict[str, Any]:
    """What an engine that keeps no connections needs to open one."""
    return {"connect_args": _options(url)["connect_args"]}


def reading(engine: Engine) -> Engine:
    """The engine for transactions that see one committed state; PostgreSQL must be asked for that."""
    if engine.dialect.name != "postgresql":
        return engine
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def writing(engine: Engine) -> Engine:
    """The engine for transactions that write from their first statement."""
    return engine.execution_options(yaotong_write=True)


def queue(connection: Connection) -> None:
    """Wait until no other writer is at work, to the end of this transaction; SQLite's BEGIN has done so."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("select pg_advisory_xact_lock(:number)"), {"number": _QUEUE})


def compact(engine: Engine) -> None:
    """Leave nothing of former rows in the database's files: its pages and its journal made anew."""
    if engine.dialect.name == "postgresql":
        with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM FULL"))
        return
    engine.dispose()
    held = engine.raw_connection()
    try:
        cursor = held.cursor()
        for statement in ("VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"):
            cursor.execute(statement)
        cursor.close()
    finally:
        held.close()


def fault_of(error: DBAPIError) -> Fault:
    """What kind of failure the database reported."""
    state = str(getattr(error.orig, "sqlstate", None) or "")
    if state in ("55P03", "40P01") or getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_BUSY"):
        return Fault.BUSY
    if state[:3] == "57P" or state[:2] == "08" or error.connection_invalidated:
        return Fault.GONE
    if state[:2] == "28" or state == "42501":
        return Fault.REFUSED
    # A table that is not there: SQLite, too, calls that a fault of the database.
    if state in ("42P01", "3F000"):
        return Fault.STORE
    return Fault.OURS if isinstance(error, IntegrityError | ProgrammingError | DataError) else Fault.STORE


def cause_of(error: DBAPIError) -> str:
    """The database's own words, without the statement that met them."""
    said = str(error.orig).strip() if error.orig is not None else ""
    return said.splitlines()[0].rstrip("。.") if said else "未知原因"


def _options(url: URL) -> dict[str, Any]:
    if url.get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": WAIT_MS / 1000}}
    given = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_SECONDS}
    return {"pool_pre_ping": True, "connect_args": given}


def _sqlite_connect(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see below
    cursor = connection.cursor()
    # FULL: a receipt that was given holds through a loss of power, not only of the process.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={WAIT_MS}"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _sqlite_begin(connection: Connection) -> None:
    # A deferred transaction that writes late fails at once when another has written meanwhile,
    # so writers queue from their first statement; readers never wait.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if _writes(connection) else "BEGIN")


def _postgres_connect(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    for setting in (f"lock_timeout = {WAIT_MS}", *_SILENT):
        cursor.execute(f"SET {setting}")
    cursor.close()
    connection.commit()


def _writes(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("yaotong_write", False))
