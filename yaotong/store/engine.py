"""The operational database: one engine per workspace, SQLite in WAL mode unless a URL says otherwise.

Writers queue, one transaction after the other, on either database: what a writer reads of the newest data
version stays the newest until it commits. A reader sees one committed state from its first look to its last.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from yaotong.errors import StoreError
from yaotong.store import dialects
from yaotong.store.audit import HEAD
from yaotong.store.grants import grant
from yaotong.store.witness import Head, Witness

_LOG = logging.getLogger(__name__)
_READ = "请检查路径、权限和数据库服务；文件损坏的，从备份恢复。"
_WRITE = "这次的改动全部没有生效，请检查磁盘空间、权限和数据库服务后重试。"
_MIGRATE = "请从备份恢复后重试。"
_REMEDIES = {
    dialects.Fault.BUSY: "业务库正被别的程序占用，等候已到时限，什么也没有改动。请稍后重试；"
    "总是如此的，请查看是否有备份或维护程序一直锁着它。",
    dialects.Fault.GONE: "数据库服务中断或正在重启，未提交的改动没有生效。"
    "请确认服务已恢复后重试，不必另作处理。",
    dialects.Fault.REFUSED: "请由数据库管理员授予该账号读写和建表的权限后重试。",
}


@dataclass(frozen=True, slots=True)
class Store:
    """The two stores of a workspace: the operational database and the folder of fact files."""

    engine: Engine
    facts_dir: Path
    # Where the head of the audit chain is kept beside the database; None: nowhere.
    witness: Witness | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading, of one committed state; StoreError when the database cannot be had."""
        with told("读取", _READ), dialects.reading(self.engine).connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction: all of it is kept, or none of it.

        Writers wait for one another, at most `dialects.WAIT_MS`; StoreError after that, and when the
        database is lost on the way.
        """
        with told("写入", _WRITE), dialects.writing(self.engine).begin() as connection:
            connection.info.pop(HEAD, None)
            dialects.queue(connection)
            yield connection
            head = connection.info.pop(HEAD, None)
        if head is not None and self.witness is not None:
            _keep_head(self.witness, head)


def open_store(database_url: str, facts_dir: Path, witness: Witness | None = None) -> Store:
    """Open the stores; nothing is created or migrated here."""
    return Store(dialects.engine(database_url), facts_dir, witness)


def _keep_head(witness: Witness, head: Head) -> None:
    """What was recorded is committed and stays so: a head that cannot be written is told, and lags behind."""
    try:
        witness.keep(head)
    except (OSError, StoreError) as error:
        _LOG.warning("the head of the audit chain could not be written: %s", error)


def migrate(store: Store) -> None:
    """Bring the database to the newest revision; safe to repeat, and by several at once."""
    config = _alembic()
    with told("升级", _MIGRATE), dialects.writing(store.engine).begin() as connection:
        dialects.queue(connection)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        grant(connection)


def check_revision(store: Store) -> None:
    """StoreError unless the database stands at this program's revision."""
    head = ScriptDirectory.from_config(_alembic()).get_current_head()
    with store.read() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current != head:
        raise StoreError(
            f"业务库版本为 {current or '空'}，程序需要 {head}。请先备份，再运行 yaotong init 升级。"
        )


def compact(store: Store) -> None:
    """Write the database anew, so that nothing is left of former rows; nobody else may be reading it."""
    with told("整理", "请检查磁盘空间后再试一次。"):
        dialects.compact(store.engine)


def revisions() -> frozenset[str]:
    """All revisions of the database that this program can bring up to date, its own among them."""
    return frozenset(one.revision for one in ScriptDirectory.from_config(_alembic()).walk_revisions())


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


@contextmanager
def told(doing: str, remedy: str) -> Iterator[None]:
    """The database's own failures in words; a fault of ours in what we asked of it stays what it is."""
    try:
        yield
    except NoConnectionFree as error:
        raise StoreError(f"业务库无法{doing}：连接都在使用中。请稍后重试。") from error
    except DBAPIError as error:
        fault = dialects.fault_of(error)
        if fault is dialects.Fault.OURS:
            raise
        cause = dialects.cause_of(error)
        raise StoreError(f"业务库无法{doing}：{cause}。{_REMEDIES.get(fault, remedy)}") from error
