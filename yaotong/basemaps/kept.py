"""Tiles kept on disk, shared by all server processes, never more bytes than they may be.

One SQLite file: what is in it may be lost at any time, so a file that cannot be read is begun anew.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from yaotong.basemaps.model import Tile

MOST_BYTES = 512_000_000
_WAIT_SECONDS = 2.0
_TABLES = """
CREATE TABLE IF NOT EXISTS tile (
    key TEXT PRIMARY KEY, kept_at TEXT NOT NULL, used INTEGER NOT NULL, size INTEGER NOT NULL,
    media_type TEXT NOT NULL, content BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS tile_used ON tile (used, size);
CREATE TABLE IF NOT EXISTS total (bytes INTEGER NOT NULL, turn INTEGER NOT NULL);
INSERT INTO total SELECT 0, 0 WHERE NOT EXISTS (SELECT * FROM total);
"""


class KeptTiles:
    """Tiles by key in one file; the ones longest unused leave when all weigh more than `most_bytes`."""

    def __init__(self, file: Path, most_bytes: int = MOST_BYTES) -> None:
        self._file, self._most = file, most_bytes

    def get(self, key: str) -> tuple[Tile, datetime] | None:
        """A tile and when it was kept; None for one that is not here, or when the disk does not answer."""
        try:
            with self._opened() as db:
                row = db.execute(
                    "SELECT media_type, content, kept_at FROM tile WHERE key = ?", (key,)
                ).fetchone()
                if row is None:
                    return None
                db.execute("UPDATE total SET turn = turn + 1")
                db.execute("UPDATE tile SET used = (SELECT turn FROM total) WHERE key = ?", (key,))
                return Tile(row[1], row[0]), datetime.fromisoformat(row[2])
        except (sqlite3.Error, OSError) as error:
            self._mend(error)
            return None

    def put(self, key: str, tile: Tile, now: datetime) -> None:
        """Keep a tile. A full or broken disk keeps nothing, and the map goes on."""
        if len(tile.content) > self._most:
            return
        try:
            with self._opened() as db:
                self._replace(db, key, tile, now)
        except (sqlite3.Error, OSError) as error:
            self._mend(error)

    def weigh(self) -> int:
        """Bytes of all tiles kept."""
        with self._opened() as db:
            return int(db.execute("SELECT coalesce(sum(size), 0) FROM tile").fetchone()[0])

    def _replace(self, db: sqlite3.Connection, key: str, tile: Tile, now: datetime) -> None:
        size = len(tile.content)
        db.execute("UPDATE total SET turn = turn + 1")
        old = db.execute("DELETE FROM tile WHERE key = ? RETURNING size", (key,)).fetchall()
        db.execute("UPDATE total SET bytes = bytes + ?", (size - sum(one[0] for one in old),))
        db.execute(
            "INSERT INTO tile VALUES (?, ?, (SELECT turn FROM total), ?, ?, ?)",
            (key, now.isoformat(), size, tile.media_type, tile.content),
        )
        self._shed(db)

    def _shed(self, db: sqlite3.Connection) -> None:
        """Let the longest unused go until the rest may stay."""
        over = db.execute("SELECT bytes FROM total").fetchone()[0] - self._most
        while over > 0:
            for one, size in db.execute("SELECT key, size FROM tile ORDER BY used LIMIT 50").fetchall():
                if over <= 0:
                    break
                db.execute("DELETE FROM tile WHERE key = ?", (one,))
                db.execute("UPDATE total SET bytes = bytes - ?", (size,))
                over -= size

    @contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=_WAIT_SECONDS, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = OFF")
            if not db.execute("SELECT 1 FROM sqlite_master WHERE name = 'total'").fetchone():
                db.executescript(f"BEGIN IMMEDIATE; {_TABLES} COMMIT;")
            db.execute("BEGIN IMMEDIATE")
            yield db
            db.execute("COMMIT")

    def _mend(self, error: Exception) -> None:
        """Remove a file that is damaged; one that is only busy or on a full disk stays."""
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError):
            for end in ("", "-wal", "-shm"):
                self._file.with_name(self._file.name + end).unlink(missing_ok=True)
