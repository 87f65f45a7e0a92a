"""A PostgreSQL that is cut off, restarted, stopped or closed to us: said in words, and the next call works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from tests import databases
from tests.postgres.cluster import Cluster
from tests.store.test_writers import put, rows
from yaotong import config
from yaotong.cli import main
from yaotong.errors import StoreError
from yaotong.store import Store, dialects, migrate, open_store

pytestmark = pytest.mark.postgres
GONE = r"服务中断.*恢复后重试"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(databases.database_url(tmp_path), tmp_path / "facts")
    yield made
    made.engine.dispose()


@pytest.fixture
def on_own(own_postgres: Cluster, tmp_path: Path) -> Iterator[Store]:
    """A store on it, empty but for its tables."""
    made = open_store(own_postgres.address, tmp_path / "facts")
    migrate(made)
    with made.write() as connection:
        connection.execute(text("truncate load, sent_once restart identity"))
    yield made
    made.engine.dispose()


def end_sessions(store: Store) -> None:
    with databases.server().connect() as administrator:
        databases.cut_off(administrator, str(store.engine.url.database))


def write_through(store: Store, interrupt: Callable[[], None], times: int = 2) -> None:
    """A transaction that something happens to after its first statement, or before its commit."""
    with store.write() as connection:
        put(connection)
        interrupt()
        for _ in range(times - 1):
            put(connection)


def read_through(store: Store, interrupt: Callable[[], None]) -> None:
    with store.read() as connection:
        connection.execute(text("select 1"))
        interrupt()
        connection.execute(text("select 1"))


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as left:
        main([str(one) for one in arguments])
    return int(left.value.code or 0)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    assert run("init", "--home", tmp_path / "home") == 0
    return tmp_path / "home"


def drugs(folder: Path) -> Path:
    path = folder / "drugs.csv"
    path.write_text("drug_code,drug_name,category\nD1,甲,EPH\n", "utf-8")
    return path


@pytest.mark.fault("database-restart")
def test_a_session_ended_half_way_keeps_nothing_and_the_next_call_works(store: Store) -> None:
    with pytest.raises(StoreError, match=GONE):
        write_through(store, lambda: end_sessions(store))
    assert rows(store) == 0
    with store.write() as connection:
        assert put(connection) == 1


def test_a_session_ended_before_the_commit_keeps_nothing(store: Store) -> None:
    with pytest.raises(StoreError, match=GONE):
        write_through(store, lambda: end_sessions(store), times=1)
    assert rows(store) == 0


@pytest.mark.fault("database-restart")
def test_sessions_ended_between_two_calls_are_noticed_by_nobody(store: Store) -> None:
    for expected in (1, 2, 3):
        with store.write() as connection:
            assert put(connection) == expected
        assert rows(store) == expected
        end_sessions(store)


def test_a_reader_is_told_too(store: Store) -> None:
    with pytest.raises(StoreError, match=GONE):
        read_through(store, lambda: end_sessions(store))
    assert rows(store) == 0


@pytest.mark.fault("database-lock")
def test_a_writer_that_dies_lets_the_next_one_in(store: Store) -> None:
    other = store.engine.connect()
    dialects.queue(other)
    end_sessions(store)
    with store.write() as connection:
        assert put(connection) == 1
    other.invalidate()
    other.close()


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(Exception, match="read-only"), store.read() as connection:
        put(connection)


@pytest.mark.fault("database-restart")
def test_a_restart_half_way_keeps_nothing_and_the_next_call_works(
    own_postgres: Cluster, on_own: Store
) -> None:
    with on_own.write() as connection:
        put(connection)
    with pytest.raises(StoreError, match=GONE):
        write_through(on_own, own_postgres.restart)
    assert rows(on_own) == 1
    with on_own.write() as connection:
        assert put(connection) == 2


@pytest.mark.fault("database-restart")
def test_a_stopped_server_leaves_4_and_once_it_is_back_the_same_command_works(
    own_postgres: Cluster, on_own: Store, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    databases.settle_in(home, own_postgres.address)
    own_postgres.stop()
    try:
        assert run("intake", "--home", home, drugs(home)) == 4
        said = capsys.readouterr().err
        with pytest.raises(StoreError, match="数据库服务"):
            rows(on_own)
    finally:
        own_postgres.start()
    assert "数据库服务" in said
    assert "Traceback" not in said
    assert run("intake", "--home", home, drugs(home)) == 0
    assert rows(on_own) == 1


@pytest.mark.fault("database-lock")
def test_a_locked_table_leaves_4_and_afterwards_the_same_command_works(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialects, "WAIT_MS", 300)
    other = create_engine(config.load(home, {}).database_url)
    with other.connect() as holder:
        holder.execute(text("lock table load in access exclusive mode"))
        assert run("intake", "--home", home, drugs(home)) == 4
    other.dispose()
    said = capsys.readouterr().err
    assert "正被别的程序占用" in said
    assert "Traceback" not in said
    assert run("intake", "--home", home, drugs(home)) == 0


def test_an_account_without_rights_is_told_whom_to_ask(tmp_path: Path) -> None:
    url = make_url(databases.bare_url(tmp_path))
    role = f"guest_{url.database}"
    with databases.server().connect() as administrator:
        administrator.execute(text(f"create role {role} login"))
    store = open_store(url.set(username=role).render_as_string(hide_password=False), tmp_path)
    with pytest.raises(StoreError, match="管理员授予"):
        migrate(store)
    store.engine.dispose()
    with databases.server().connect() as administrator:
        administrator.execute(text(f"drop role {role}"))


def test_a_database_that_does_not_exist_is_said(store: Store, tmp_path: Path) -> None:
    nowhere = store.engine.url.set(database="nowhere").render_as_string(hide_password=False)
    missing = open_store(nowhere, tmp_path)
    with pytest.raises(StoreError, match="nowhere"):
        rows(missing)
    missing.engine.dispose()
