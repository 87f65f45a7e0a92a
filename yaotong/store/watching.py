"""Whether anything was committed to the operational database since one last looked, without a query."""

from __future__ import annotations

import threading
from typing import Any

from sqlalchemy.exc import DBAPIError

from yaotong.store.engine import Store


class Watch:
    """A connection that never writes, to be asked what state the database is in."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._connection: Any = None

    def mark(self) -> int | None:
        """A number that is another after every commit, whoever made it; None where that cannot be told.

        SQLite counts for a connection the commits of all others, in any process
        (https://www.sqlite.org/pragma.html#pragma_data_version). PostgreSQL has nothing as cheap.
        """
        if self._store.engine.dialect.name != "sqlite":
            return None
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = self._opened()
                cursor = self._connection.cursor()
                number: int = cursor.execute("PRAGMA data_version").fetchone()[0]
            except self._store.engine.dialect.loaded_dbapi.Error:
                self._connection = None
                return None
            return number

    def _opened(self) -> Any:
        try:
            kept = self._store.engine.raw_connection()
        except DBAPIError as error:
            raise error.orig if error.orig is not None else error from None
        kept.detach()  # ours from now on: the pool may not hand it to one who writes
        return kept
