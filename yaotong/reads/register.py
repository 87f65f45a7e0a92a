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
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geo.nearest import Chosen, NearestIndex
from yaotong.reads.changing import change_mark
from yaotong.reads.fitting import Shelf, Wanted, fitting, shelf_of
from yaotong.reads.gazetteer import Gazetteer, gazetteer, spots_of
from yaotong.reads.medicines import Medicine, medicines_of
from yaotong.reads.shut import closures_of
from yaotong.reads.told import COLUMNS, patched, told_shops
from yaotong.store import Connection, checks, registry
from yaotong.store.outlines import read_areas
from yaotong.store.publicly import public_read
from yaotong.store.schema import drug as drug_table
from yaotong.store.schema import named_place, notice, pharmacy, placement
from yaotong.store.taken import taken_at, version_of
from yaotong.workspace import Workspace

_FEEDS = {"pharmacies": "药店名录", "areas": "行政区域"}
# Feeds whose change makes another register.
_VERSIONED = (*_FEEDS, "drugs", "places", "calendar")
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
class Outlines:
    """The outlines of the smallest areas, to be asked which of them a point lies in."""

    codes: tuple[str, ...]
    tree: shapely.STRtree


@dataclass(frozen=True, eq=False)
class Register:
    """The pharmacies at one version of the registers, by licence number, with their index."""

    shelf: Shelf
    index: NearestIndex
    towns: tuple[Town, ...]
    sources: tuple[Mapping[str, str], ...]
    version: int
    # What else was published when it was read.
    stamp: tuple[int, str]
    # How old an entry may be, and a count of stock.
    stale_days: int
    stock_hours: int
    # The feeds that names of places and of medicines are made from.
    _named: tuple[Any, pd.DataFrame, pd.DataFrame] = field(repr=False)
    outlines: Outlines = field(repr=False)
    # A wish on a day, made ready for the index; kept here, so that it goes with the register.
    chosen: Callable[[Wanted, date], Chosen] = field(init=False, repr=False)
    # The places and the medicines that have a name on a day.
    places: Callable[[date], Gazetteer] = field(init=False, repr=False)
    medicines: Callable[[date], tuple[Medicine, ...]] = field(init=False, repr=False)
    # What was written of a shop, for those who write of it again: by its place here.
    kept: OrderedDict[Any, Any] = field(init=False, repr=False, default_factory=OrderedDict)
    _columns: dict[str, Any] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "chosen", lru_cache(maxsize=_FILTERS)(self._choose))
        areas, named, drugs = self._named
        places = lru_cache(maxsize=2)(lambda day: gazetteer(spots_of(self.shops, areas, named, day)))
        object.__setattr__(self, "places", places)
        object.__setattr__(self, "medicines", lru_cache(maxsize=2)(lambda day: medicines_of(drugs, day)))
        object.__setattr__(self, "_columns", {name: self.shops[name].to_numpy() for name in COLUMNS})

    @property
    def shops(self) -> pd.DataFrame:
        """One row per pharmacy."""
        return self.shelf.shops

    @property
    def areas(self) -> Any:
        """The areas with their outlines, WGS-84 (a GeoDataFrame)."""
        return self._named[0]

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
        found = self.outlines.tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self.outlines.codes[int(found.min())] if len(found) else None

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
            now = version_of(connection, _VERSIONED), checks.mark(connection)
        self._looked = time.monotonic()
        if known is not None and (known[1].version, known[1].stamp) == now:
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
        version, stamp = version_of(connection, _VERSIONED), checks.mark(connection)
        drugs, named = registry.read(connection, drug_table), registry.read(connection, named_place)
        notices = registry.read(connection, notice)
        sources = tuple(
            {"name": title, "updated_on": f"{taken:%Y-%m-%d}"}
            for feed, title in _FEEDS.items()
            if (taken := taken_at(connection, feed)) is not None
        )
        news = None if known is None or known.stamp != stamp else _news(connection, known)
        areas = read_areas(connection) if known is None or news is None else known.areas
        told = told_shops(connection, _names(areas)) if news is None else news[1]
    if known is None or news is None:
        shelf, index = shelf_of(told, drugs, closures_of(notices, told)), _index(told)
        towns, outlines = _towns(areas), _outlines(areas)
    else:
        shelf, moved = patched(known.shelf, *news, drugs)
        shelf = replace(shelf, closures=closures_of(notices, shelf.shops))
        index = _index(shelf.shops) if moved else known.index
        towns, outlines = known.towns, known.outlines
    days, hours = ws.settings.public_stale_days, ws.settings.public_stock_hours
    return Register(
        shelf, index, towns, sources, version, stamp, days, hours, (areas, named, drugs), outlines
    )


def _news(connection: Connection, known: Register) -> tuple[frozenset[str], pd.DataFrame] | None:
    """Whose entries changed, and what they say now; None when too much did, or the areas."""
    if version_of(connection, ("areas",)) > known.version:
        return None
    tables = ((pharmacy, "license_no"), (placement, "license_no"))
    touched = [registry.touched(connection, table, key, known.version) for table, key in tables]
    changed = frozenset[str]().union(*touched)
    if len(changed) > max(len(known.shops) * _MOST_PATCHED, _FEW):
        return None
    return changed, told_shops(connection, _names(known.areas), changed)


def _names(areas: Any) -> dict[str, str]:
    """Of all areas, by code."""
    return dict(zip(areas["area_code"], areas["area_name"], strict=True))


def _index(shops: pd.DataFrame) -> NearestIndex:
    points = shops[["lon", "lat"]].astype(float)
    return NearestIndex(points["lon"], points["lat"])


def _leaves(areas: Any) -> Any:
    """The smallest areas, by code."""
    return areas[~areas["area_code"].isin(set(areas["parent_code"].dropna()))].sort_values("area_code")


def _outlines(areas: Any) -> Outlines:
    leaves = _leaves(areas)
    return Outlines(tuple(leaves["area_code"]), shapely.STRtree(leaves.geometry.to_numpy()))


def _towns(areas: Any) -> tuple[Town, ...]:
    """The smallest areas, with a point inside each."""
    leaves = _leaves(areas)
    middles = leaves.geometry.representative_point()
    rows = zip(leaves["area_code"], leaves["area_name"], middles.x, middles.y, strict=True)
    return tuple(Town(code, name, float(lon), float(lat)) for code, name, lon, lat in rows)
