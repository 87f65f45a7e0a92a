"""Where the workspaces of tests keep their tables: SQLite files, or databases of a PostgreSQL server.

With `pytest --database postgres` every workspace that a test makes, and every copy of one, has a database of
its own, made from a template in about a tenth of a second; a test's databases go when it ends.
"""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from yaotong import config
from yaotong.store import migrate, open_store

SERVER = "YAOTONG_TEST_POSTGRES"
_EMPTY, _PRISTINE = "yaotong_empty", "_pristine"
_HELD_BY_OTHERS = "55006"
made: list[str] = []


def on_postgres() -> bool:
    """Whether this run's workspaces are on PostgreSQL."""
    return SERVER in os.environ


def server() -> Engine:
    """The maintenance database, every statement its own transaction."""
    return create_engine(os.environ[SERVER], isolation_level="AUTOCOMMIT", poolclass=NullPool)


def prepare() -> None:
    """Make the template of empty workspaces, once per server."""
    with server().connect() as connection:
        connection.execute(text(f"create database {_EMPTY}"))
    store = open_store(_url(_EMPTY), Path("/nowhere"))
    migrate(store)
    store.engine.dispose()


def database_url(folder: Path) -> str:
    """A database with the program's tables for a store in `folder`, or one where `migrate` will make them."""
    return _url(_create(_EMPTY)) if on_postgres() else f"sqlite:///{folder / 'yaotong.db'}"


def bare_url(folder: Path) -> str:
    """A database with nothing in it."""
    return _url(_create("template1")) if on_postgres() else f"sqlite:///{folder / 'bare.db'}"


def settle_in(home: Path, url: str) -> None:
    """Point a workspace's settings at a database."""
    path = home / config.SETTINGS_FILE
    lines = path.read_text("utf-8").splitlines()
    said = [f'database_url = "{url}"' if one.startswith("database_url =") else one for one in lines]
    path.write_text("\n".join(said) + "\n", "utf-8")


def keep_pristine(url: str) -> None:
    """Copy a database that many processes will read, so that others can be made from it; both stay."""
    name = str(make_url(url).database)
    _create(name, name + _PRISTINE)
    made.remove(name)
    made.remove(name + _PRISTINE)


def copied(url: str) -> str:
    """A database with the content of another one; whoever reads that one is cut off for a moment."""
    name = str(make_url(url).database)
    with server().connect() as connection:
        known = text("select 1 from pg_database where datname = :name")
        pristine = connection.execute(known, {"name": name + _PRISTINE}).first() is not None
        if not pristine:
            cut_off(connection, name)
    return _url(_create(name + _PRISTINE if pristine else name))


def cut_off(connection: Any, name: str) -> None:
    """End every session of a database, as a restart or an administrator would."""
    end = text("select pg_terminate_backend(pid) from pg_stat_activity where datname = :name")
    connection.execute(end, {"name": name})


def drop(names: list[str]) -> None:
    """Remove databases, whoever still holds them."""
    with server().connect() as connection:
        for name in names:
            connection.execute(text(f"drop database if exists {name} with (force)"))


def _create(template: str, name: str | None = None) -> str:
    name = name or f"t_{secrets.token_hex(6)}"
    for attempt in range(50):
        try:
            with server().connect() as connection:
                connection.execute(text(f"create database {name} template {template}"))
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != _HELD_BY_OTHERS or attempt == 49:
                raise
            time.sleep(0.1)
        else:
            break
    made.append(name)
    return name


def _url(name: str) -> str:
    return make_url(os.environ[SERVER]).set(database=name).render_as_string(hide_password=False)
