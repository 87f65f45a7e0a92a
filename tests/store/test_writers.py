"""Writers in a queue and readers of one state, on SQLite and on PostgreSQL: real threads, real locks."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.databases import database_url, on_postgres
from yaotong.codes import Outcome
from yaotong.errors import StoreError
from yaotong.records import Receipt
from yaotong.store import Connection, Store, dialects, loads, migrate, open_store
from yaotong.store.schema import load

NOW = datetime(2026, 7, 1)
WAIT_MS = 400
_OTHERS = [one.name for one in load.c if one.name != "load_id"]
# Another program with SQLite's file, that says when it holds the lock and lets go when told.
_HOLDER = """
import sqlite3, sys
held = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.readline()
held.execute("ROLLBACK")
"""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = open_store(database_url(tmp_path), tmp_path / "facts")
    migrate(made)
    yield made
    made.engine.dispose()


@pytest.fixture
def impatient(store: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """The same database for one who waits less long."""
    monkeypatch.setattr(dialects, "WAIT_MS", WAIT_MS)
    made = open_store(store.engine.url.render_as_string(hide_password=False), store.facts_dir)
    yield made
    made.engine.dispose()


@contextmanager
def held_by_another(store: Store) -> Iterator[None]:
    """Somebody else has begun to write and does not come to an end."""
    if on_postgres():
        with store.engine.connect() as other:
            other.execute(text("lock table load in access exclusive mode"))
            yield
        return
    command = [sys.executable, "-c", _HOLDER, str(store.engine.url.database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        try:
            yield
        finally:
            other.communicate("done\n", timeout=30)


def put(connection: Connection, sha: str = "0" * 64) -> int:
    version = loads.next_version(connection)
    receipt = Receipt(file="a.csv", feed="drugs", sha256=sha, outcome=Outcome.ACCEPTED)
    loads.record(connection, receipt, version=version, sent_by="t", arrived_at=NOW)
    return version


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(load)).scalar_one())


def rows(store: Store) -> int:
    with store.read() as connection:
        return count(connection)


def together(number: int, act: Callable[[int], object]) -> list[object]:
    """What each of several threads came to, all begun at one moment."""
    gate = threading.Barrier(number)

    def one(which: int) -> object:
        gate.wait(30)
        return act(which)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_no_two_writers_make_the_same_version(store: Store) -> None:
    def write(_which: int) -> list[int]:
        found = []
        for _ in range(5):
            with store.write() as connection:
                found.append(put(connection))
        return found

    versions = [version for found in together(8, write) for version in found]
    assert sorted(versions) == list(range(1, 41))
    assert rows(store) == 40


def test_a_writer_sees_what_the_one_before_committed(store: Store) -> None:
    begun, order = threading.Event(), []

    def second() -> None:
        begun.wait(30)
        with store.write() as connection:
            order.append(("second", count(connection)))

    other = threading.Thread(target=second)
    other.start()
    with store.write() as connection:
        begun.set()
        other.join(0.3)
        assert other.is_alive(), "the second writer did not wait"
        put(connection)
        order.append(("first", count(connection)))
    other.join(30)
    assert order == [("first", 1), ("second", 1)]


def test_a_reader_sees_one_state_from_its_first_look_to_its_last(store: Store) -> None:
    with store.read() as reader:
        assert count(reader) == 0
        with store.write() as connection:
            put(connection)
        assert count(reader) == 0
    assert rows(store) == 1


def test_a_failure_on_the_way_leaves_nothing_and_lets_the_next_one_in(store: Store) -> None:
    with pytest.raises(IntegrityError), store.write() as connection:
        _put_twice(connection)
    assert rows(store) == 0
    with store.write() as connection:
        assert put(connection) == 1


def test_who_waits_too_long_is_told_and_may_try_again(impatient: Store) -> None:
    with (
        held_by_another(impatient),
        pytest.raises(StoreError, match=r"正被别的程序占用.*请稍后重试"),
        impatient.write() as connection,
    ):
        put(connection)
    assert rows(impatient) == 0
    with impatient.write() as connection:
        assert put(connection) == 1


def test_who_waits_not_too_long_gets_in(store: Store) -> None:
    with ThreadPoolExecutor(1) as pool:
        with held_by_another(store):
            waiting = pool.submit(_put_one, store)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.5)
        assert waiting.result(timeout=30) == 1


def _put_twice(connection: Connection) -> None:
    version = put(connection)
    connection.execute(load.insert().from_select(_OTHERS, select(*(load.c[name] for name in _OTHERS))))
    raise AssertionError(f"version {version} was made twice")


def _put_one(store: Store) -> int:
    with store.write() as connection:
        return put(connection)
