"""Addresses of databases, and whose failure a failure is."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy.exc import (
    DataError,
    DBAPIError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    ProgrammingError,
)

from yaotong.errors import StoreError
from yaotong.store.dialects import Fault, cause_of, engine, fault_of


class Said(Exception):
    """What PostgreSQL's driver raises: words and an SQLSTATE."""

    def __init__(self, state: str | None, words: str = "w") -> None:
        super().__init__(words)
        self.sqlstate = state


def busy() -> sqlite3.OperationalError:
    error = sqlite3.OperationalError("database is locked")
    error.sqlite_errorname = "SQLITE_BUSY_SNAPSHOT"
    return error


@pytest.mark.parametrize(
    ("kind", "orig", "fault"),
    [
        (OperationalError, Said("55P03"), Fault.BUSY),
        (OperationalError, Said("40P01"), Fault.BUSY),
        (OperationalError, busy(), Fault.BUSY),
        (OperationalError, Said("57P01"), Fault.GONE),
        (OperationalError, Said("08006"), Fault.GONE),
        (OperationalError, Said("28P01"), Fault.REFUSED),
        (ProgrammingError, Said("42501"), Fault.REFUSED),
        (ProgrammingError, Said("42P01"), Fault.STORE),
        (OperationalError, Said("53100"), Fault.STORE),
        (OperationalError, sqlite3.OperationalError("disk I/O error"), Fault.STORE),
        (OperationalError, Said(None), Fault.STORE),
        (InterfaceError, Said(None), Fault.STORE),
        (ProgrammingError, Said("42601"), Fault.OURS),
        (DataError, Said("22001"), Fault.OURS),
        (IntegrityError, Said("23505"), Fault.OURS),
        (IntegrityError, sqlite3.IntegrityError("UNIQUE"), Fault.OURS),
    ],
)
def test_whose_failure_it_is(kind: type[DBAPIError], orig: Exception, fault: Fault) -> None:
    assert fault_of(kind("select 1", {}, orig)) is fault


def test_a_lost_connection_is_gone_whatever_it_is_called() -> None:
    assert fault_of(OperationalError("x", {}, Said(None), connection_invalidated=True)) is Fault.GONE


def test_the_cause_is_one_line_without_the_statement() -> None:
    error = OperationalError("select secret", {}, Said("57P01", "terminating connection\nDETAIL: more"))
    assert cause_of(error) == "terminating connection"


@pytest.mark.parametrize(
    "url", ["", "nonsense", "nosuch://x/y", "postgresql+nosuch://x/y", "postgresql://u:p4ss@h:port/x"]
)
def test_an_address_that_cannot_be_used_is_said_without_its_password(url: str) -> None:
    with pytest.raises(StoreError, match="YAOTONG_DATABASE_URL") as told:
        engine(url)
    assert "p4ss" not in str(told.value)


def test_an_address_without_a_driver_takes_the_one_that_is_installed_with_us() -> None:
    made = engine("postgresql://u@h/x?connect_timeout=3")
    assert made.dialect.driver == "psycopg"
    made.dispose()


def test_a_driver_that_is_not_installed_is_named_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StoreError, match=r"yaotong\[postgres\]"):
        engine("postgresql+psycopg://u@h/x")
