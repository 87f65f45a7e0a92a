"""The citizens' register in memory, with its index, made anew beside the old when feeds change.

Whoever asks gets one register whole, at one version of the feeds. That nothing was committed is seen without
a query; after a commit the version is asked for, and another version is read by one thread while all others
wait a little, and then go on with the one there was.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.nearest import Chosen, NearestIndex
from yaotong.reads.changing import change_mark
from yaotong.reads.fitting import Shelf, Wanted, fitting, shelf_of
from yaotong.reads.told import COLUMNS, patched, told_shops
from yaotong.store import Connection, registry
from yaotong.store.outlines import read_areas
from yaotong.store.publicly import public_read
from yaotong.store.schema import drug as drug_table
from yaotong.store.schema import pharmacy, placement
from yaotong.store.taken import taken_at, version_of
from yaotong.workspace import Workspace

_FEEDS = {"pharmacies": "药店名录", "areas": "行政区域"}
# Feeds whose change makes another register.
_VERSIONED = (*_FEEDS, "drugs")
_FILTERS = 64
# How long a request waits for the new register before it goes on with the old one.
_PATIENCE_S = 0.5
# How often the version is asked for where commits cannot be seen.
_LOOK_S = 0.2
# More changed entries than a few, or than this share, are read with all others.
_FEW, _MOST_PATCHED = 1_000, 0.05
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Town:
    """An area a citizen may choose instead of telling where they are; a point inside it, WGS-84."""

    area_code: str
    area_name: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """The outlines of the smallest areas, to be asked which of them a point lies in."""

    codes: tuple[str, ...]
    outlines: shapely.STRtree


@dataclass(frozen=True, eq=False)
class Register:
    """The pharmacies at one version of the registers, by licence number, with their index."""

    shelf: Shelf
    index: NearestIndex
    towns: tuple[Town, ...]
    sources: tuple[Mapping[str, str], ...]
    version: int
    # Of all areas, by code.
    names: Mapping[str, str]
    places: Places
    # A wish on a day, made ready for the index; kept here, so that it goes with the register.
    chosen: Callable[[Wanted, date], Chosen] = field(init=False, repr=False)
    # What was written of a shop, for those who write of it again: by its place here.
    kept: OrderedDict[int, Any] = field(init=False, repr=False, default_factory=OrderedDict)
    _columns: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", lru_cache(maxsize=_FILTERS)(self._choose))
        object.__setattr__(self, "_columns", {name: self.shops[name].to_numpy() for name in COLUMNS})

    @property
    def shops(self) -> pd.DataFrame:
        """One row per pharmacy."""
        return self.shelf.shops

    def row(self, number: int) -> dict[str, Any]:
        """What is told of the pharmacy at a place of the register."""
        return {name: column[number] for name, column in self._columns.items()}

    def number_of(self, license_no: str) -> int | None:
        """The place of a pharmacy in the register; None when it is not there."""
        codes = self._columns["license_no"]
        at = int(np.searchsorted(codes, license_no))
        return at if at < len(codes) and codes[at] == license_no else None

    def town_at(self, lon: float, lat: float) -> str | None:
        """The smallest area a point lies in; None outside all."""
        found = self.places.outlines.query(shapely.Point(lon, lat), predicate="intersects")
        return self.places.codes[int(found.min())] if len(found) else None

    def _choose(self, wanted: Wanted, day: date) -> Chosen:
        return self.index.choose(fitting(self.shelf, wanted, day))


def register(ws: Workspace) -> Register:
    """The registers as they stand, or as they stood before a change that is still being read."""
    return _keeper(ws).current()


class Keeper:
    """One workspace's register: looked at by every request, replaced when its feeds have changed."""

    def __init__(self, ws: Workspace) -> None:
        self._ws = ws
        self._mark = change_mark(ws)
        self._lock = threading.Lock()
        self._known: tuple[int | None, Register] | None = None
        self._looked = 0.0
        self._making: Future[Register] | None = None

    def current(self) -> Register:
        """The register; StoreError when the database cannot be had."""
        known, mark = self._known, self._mark()
        if known is not None and self._unchanged(known[0], mark):
            return known[1]
        with public_read(self._ws.store) as connection:
            version = version_of(connection, _VERSIONED)
        self._looked = time.monotonic()
        if known is not None and known[1].version == version:
            self._known = (mark, known[1])
            return known[1]
        made = self._made(mark)
        if known is None:
            return made.result()
        try:
            return made.result(_PATIENCE_S)
        except TimeoutError:
            return known[1]

    def _unchanged(self, seen: int | None, mark: int | None) -> bool:
        if mark is None:
            return time.monotonic() - self._looked < _LOOK_S
        return mark == seen

    def _made(self, mark: int | None) -> Future[Register]:
        """The register being read, by the first who asks for it."""
        with self._lock:
            if self._making is None:
                self._making = Future()
                threading.Thread(target=self._make, args=(self._making, mark), daemon=True).start()
            return self._making

    def _make(self, made: Future[Register], mark: int | None) -> None:
        try:
            known = self._known
            found = _read(self._ws, known[1] if known else None)
        except BaseException as error:  # told to everybody who waits for it
            with self._lock:
                self._making = None
            made.set_exception(error)
            return
        with self._lock:
            # The mark from before it was read: what was committed since is looked at again.
            self._known, self._making = (mark, found), None
        made.set_result(found)


@lru_cache(maxsize=4)
def _keeper(ws: Workspace) -> Keeper:
    return Keeper(ws)


def _read(ws: Workspace, known: Register | None = None) -> Register:
    """The register as it stands: whole, or what changed since one that is known put into it."""
    with public_read(ws.store) as connection:
        version = version_of(connection, _VERSIONED)
        drugs = registry.read(connection, drug_table)
        dates = {feed: taken_at(connection, feed) for feed in _FEEDS}
        sources = tuple(
            {"name": title, "updated_on": f"{taken:%Y-%m-%d}"}
            for feed, title in _FEEDS.items()
            if (taken := dates[feed]) is not None
        )
        news = None if known is None else _news(connection, known)
        if known is not None and news is not None:
            shelf, moved = patched(known.shelf, *news, drugs)
            index = _index(shelf.shops) if moved else known.index
            return Register(shelf, index, known.towns, sources, version, known.names, known.places)
        areas = read_areas(connection)
        names = dict(zip(areas["area_code"], areas["area_name"], strict=True))
        shops = told_shops(connection, names)
    shelf, towns, places = shelf_of(shops, drugs), _towns(areas), _places(areas)
    return Register(shelf, _index(shops), towns, sources, version, names, places)


def _news(connection: Connection, known: Register) -> tuple[frozenset[str], pd.DataFrame] | None:
    """Whose entries changed, and what they say now; None when too much did, or the areas."""
    if version_of(connection, ("areas",)) > known.version:
        return None
    tables = ((pharmacy, "license_no"), (placement, "license_no"))
    touched = [registry.touched(connection, table, key, known.version) for table, key in tables]
    changed = frozenset[str]().union(*touched)
    if len(changed) > max(len(known.shops) * _MOST_PATCHED, _FEW):
        return None
    return changed, told_shops(connection, known.names, changed)


def _index(shops: pd.DataFrame) -> NearestIndex:
    points = shops[["lon", "lat"]].astype(float)
    return NearestIndex(points["lon"], points["lat"])


def _leaves(areas: Any) -> Any:
    """The smallest areas, by code."""
    return areas[~areas["area_code"].isin(set(areas["parent_code"].dropna()))].sort_values("area_code")


def _places(areas: Any) -> Places:
    leaves = _leaves(areas)
    return Places(tuple(leaves["area_code"]), shapely.STRtree(leaves.geometry.to_numpy()))


def _towns(areas: Any) -> tuple[Town, ...]:
    """The smallest areas, with a point inside each."""
    leaves = _leaves(areas)
    middles = leaves.geometry.representative_point()
    rows = zip(leaves["area_code"], leaves["area_name"], middles.x, middles.y, strict=True)
    return tuple(Town(code, name, float(lon), float(lat)) for code, name, lon, lat in rows)
