"""Pictures, layers and tiles kept by what they are made from, so that nothing unchanged is made again.

Every key holds the stamp of the data (`map_stamp`): what changes anything makes new keys, and the old
entries leave by age. Tiles are bounded by their bytes, pictures by the number of their shops.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, Generic, TypeVar

from geo.crs import Crs
from layers.contract import Layer, layers
from layers.drawn import Drawn
from layers.summary import Scale, scale_of
from layers.tiling import Tiles, tiles_of
from webapp.map_asking import Ask
from yaotong.errors import NotFound
from yaotong.reads.map import MapData, MapDays, read_days
from yaotong.reads.map_filters import narrowed
from yaotong.workspace import Workspace

T = TypeVar("T")
_MOST_SHOPS = 2_000_000  # over all pictures kept
_MOST_FEATURES = 3_000_000  # over all layers kept
_MOST_TILE_BYTES = 96_000_000


class Kept(Generic[T]):
    """Values by key, each with a weight; the oldest leave when all weigh too much. One maker per key."""

    def __init__(self, most: int, weight: Callable[[T], int]) -> None:
        self._most, self._weight = most, weight
        self._values: OrderedDict[Hashable, T] = OrderedDict()
        self._weighs = 0
        self._lock = threading.RLock()
        self._making: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The value of a key, made now when it is not there; who asks meanwhile waits for the one maker."""
        with self._lock:
            if key in self._values:
                self._values.move_to_end(key)
                return self._values[key]
            turn = self._making.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._values:
                    return self._values[key]
            try:
                value = make()
                self._keep(key, value)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return value

    def _keep(self, key: Hashable, value: T) -> None:
        with self._lock:
            self._values[key] = value
            self._weighs += self._weight(value)
            while self._weighs > self._most and len(self._values) > 1:
                _, old = self._values.popitem(last=False)
                self._weighs -= self._weight(old)


_days: Kept[MapDays] = Kept(_MOST_SHOPS, lambda one: len(one.seen.shops) + 1)
_pictures: Kept[MapData] = Kept(_MOST_SHOPS, lambda one: len(one.shops) + len(one.areas) + 1)
_drawn: Kept[Drawn] = Kept(_MOST_FEATURES, lambda one: len(one.frame) + 1)
_tilesets: Kept[Tiles] = Kept(160, lambda _: 1)
_tiles: Kept[bytes] = Kept(_MOST_TILE_BYTES, lambda one: len(one) + 200)


def picture(ws: Workspace, ask: Ask, stamp: str) -> MapData:
    """The picture asked for, of all its shops or of those the filters leave."""
    plain = (ws, stamp, ask.department, ask.area_code, ask.as_of, ask.known)
    data = _pictures.get(plain, lambda: days(ws, ask, stamp).on(ask.as_of))
    if not ask.chosen:
        return data
    return _pictures.get((*plain, ask.chosen), lambda: narrowed(data, dict(ask.chosen)))


def days(ws: Workspace, ask: Ask, stamp: str) -> MapDays:
    """All days of what is known: only the first picture of a state of knowledge costs a read."""
    key = (ws, stamp, ask.department, ask.area_code, ask.known)
    return _days.get(key, lambda: read_days(ws, ask.viewer, known=ask.known))


def layer_of(layer_id: str) -> Layer:
    """A layer by its id; NotFound names what was asked for."""
    if layer_id not in layers():
        raise NotFound(f"没有图层 {layer_id[:40]}。")
    return layers()[layer_id]


def drawn(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> Drawn:
    """What a layer draws in the picture asked for, in WGS-84 whatever it is drawn over."""
    layer = layer_of(layer_id)
    key = (ws, stamp, replace(ask, crs=Crs.WGS84), layer_id)
    return _drawn.get(key, lambda: layer.features(picture(ws, ask, stamp), ask.category))


def scale(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> Scale:
    """The class limits of a layer: those of the newest day, so that a colour means the same on every day."""
    newest = Ask(ask.department, ask.area_code, ask.category, None, ask.known, ask.chosen)
    return scale_of(drawn(ws, newest, stamp, layer_id), layer_of(layer_id).draw())


def tile(ws: Workspace, ask: Ask, stamp: str, layer_id: str, place: tuple[int, int, int]) -> bytes:
    """One vector tile of a layer."""
    key: tuple[Any, ...] = (ws, stamp, ask, layer_id)
    return _tiles.get((*key, place), lambda: _tileset(ws, ask, stamp, layer_id).tile(*place))


def _tileset(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> Tiles:
    key = (ws, stamp, ask, layer_id)
    paint = layer_of(layer_id).draw()
    return _tilesets.get(key, lambda: tiles_of(drawn(ws, ask, stamp, layer_id).in_crs(ask.crs), paint))
