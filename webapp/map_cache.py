"""Pictures, layers and tiles kept by what they are made from, so that nothing unchanged is made again.

Every key holds the stamp of the data (`map_stamp`): what changes anything makes new keys, and the old
entries leave by age. Tiles are bounded by their bytes, pictures by the number of their shops.
"""

from __future__ import annotations

from dataclasses import replace

from geo.crs import Crs
from layers.contract import Layer, layers
from layers.drawn import Drawn
from layers.summary import Scale, scale_of
from layers.tiling import TileSet, tiles_of
from webapp.map_asking import Ask
from yaotong import clock
from yaotong.errors import NotFound
from yaotong.kept import Kept
from yaotong.reads.map import MapData, MapDays, read_days
from yaotong.reads.map_filters import narrowed, options_of
from yaotong.workspace import Workspace

Options = list[tuple[str, str, list[tuple[str, str]]]]
_MOST_SHOPS = 2_000_000  # over all pictures kept
_MOST_FEATURES = 3_000_000  # over all layers kept
_MOST_TILE_BYTES = 96_000_000


_days: Kept[MapDays] = Kept(_MOST_SHOPS, lambda one: len(one.seen.shops) + 1)
_pictures: Kept[MapData] = Kept(_MOST_SHOPS, lambda one: len(one.shops) + len(one.areas) + 1)
_drawn: Kept[Drawn] = Kept(_MOST_FEATURES, lambda one: len(one.frame) + 1)
_tilesets: Kept[TileSet] = Kept(160, lambda _: 1)
_options: Kept[Options] = Kept(50, lambda _: 1)
answers: Kept[bytes] = Kept(32_000_000, lambda one: len(one) + 500)
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
    today = clock.now().date()
    key = (ws, stamp, ask.department, ask.area_code, ask.known, today)
    return _days.get(key, lambda: read_days(ws, ask.viewer, known=ask.known, today=today))


def options(ws: Workspace, ask: Ask, data: MapData) -> Options:
    """What the shops of a picture can be filtered by."""
    key = (ws, data.data_version, data.known, ask.department, ask.area_code, data.as_of)
    return _options.get(key, lambda: options_of(data))


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
    made = _tileset(ws, ask, stamp, layer_id)
    return _tiles.get((made.digest, place), lambda: made.tiles.tile(*place))


def _tileset(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> TileSet:
    key = (ws, stamp, ask, layer_id)
    paint = layer_of(layer_id).draw()
    return _tilesets.get(key, lambda: tiles_of(drawn(ws, ask, stamp, layer_id).in_crs(ask.crs), paint))
