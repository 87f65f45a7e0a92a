"""Tiles as they are served: those kept first, then the owner's; an owner in trouble does not hold us up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from yaotong.basemaps.fetching import NoSuchTile, fetch
from yaotong.basemaps.kept import KeptTiles
from yaotong.basemaps.model import Basemap, BasemapFailed, Tile

_AT_ONCE = 3  # of a server process's few threads: the rest go on serving everything else
_WAIT_SECONDS = 6.0
_FAILURES = 3
_PAUSE_SECONDS = 20.0


class Pause:
    """An owner that failed several times running is left alone for a while."""

    def __init__(self) -> None:
        self._failures: dict[str, int] = {}
        self._until: dict[str, float] = {}
        self._lock = threading.Lock()

    def on(self, base_id: str, at: float) -> bool:
        """Whether nothing is asked of the owner now; `at` in seconds of any clock that only goes on."""
        with self._lock:
            return at < self._until.get(base_id, at)

    def note(self, base_id: str, well: bool, at: float) -> None:
        """How an owner answered at a moment."""
        with self._lock:
            failures = 0 if well else self._failures.get(base_id, 0) + 1
            self._failures[base_id] = failures
            if failures >= _FAILURES:
                self._until[base_id] = at + _PAUSE_SECONDS


class TileDesk:
    """Where the pages get their tiles."""

    def __init__(self, kept: KeptTiles, ask: Callable[[Basemap, int, int, int, int], Tile] = fetch) -> None:
        self._kept, self._ask = kept, ask
        self._pause, self._slots = Pause(), threading.BoundedSemaphore(_AT_ONCE)
        self._lock = threading.Lock()
        self._turns: dict[str, threading.Lock] = {}

    def tile(self, base: Basemap, sheet: int, z: int, x: int, y: int, now: datetime) -> Tile:
        """A tile; an old one when its owner gives no newer. BasemapFailed when there is none at all."""
        key = f"{base.mark}/{sheet}/{z}/{x}/{y}"
        found = self._kept.get(key)
        if found is not None and now - found[1] < timedelta(days=base.days):
            return found[0]
        try:
            return self._fetched(base, (sheet, z, x, y), key, now)
        except BasemapFailed:
            if found is None:
                raise
            return found[0]

    def _fetched(self, base: Basemap, place: tuple[int, int, int, int], key: str, now: datetime) -> Tile:
        """The owner's tile, asked for once however many want it."""
        with self._lock:
            turn = self._turns.setdefault(key, threading.Lock())
        with turn:
            found = self._kept.get(key)
            try:
                if found is not None and now - found[1] < timedelta(days=base.days):
                    return found[0]
                tile = self._asked(base, place)
                self._kept.put(key, tile, now)
                return tile
            finally:
                with self._lock:
                    self._turns.pop(key, None)

    def _asked(self, base: Basemap, place: tuple[int, int, int, int]) -> Tile:
        if self._pause.on(base.base_id, time.monotonic()):
            raise BasemapFailed("底图的服务器接连没有应答，稍后再试。")
        if not self._slots.acquire(timeout=_WAIT_SECONDS):
            raise BasemapFailed("等着取底图的太多，稍后再试。")
        try:
            tile = self._ask(base, *place)
        except BasemapFailed as error:
            self._pause.note(base.base_id, isinstance(error, NoSuchTile), time.monotonic())
            raise
        finally:
            self._slots.release()
        self._pause.note(base.base_id, True, time.monotonic())
        return tile


@lru_cache(maxsize=8)
def tile_desk(cache_dir: Path) -> TileDesk:
    """The one desk of a server process over a folder."""
    return TileDesk(KeptTiles(cache_dir / "basemap.sqlite"))
