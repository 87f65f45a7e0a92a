"""Pictures, layers and tiles kept by what they are made from, so that nothing unchanged is made again.

Every key holds the stamp of the data and the day (`stamp_of`): what changes anything makes new keys, and
the old entries leave by age. Tiles are bounded by their bytes, pictures by the number of their shops.
"""

from __future__ import annotations

import gzip
from dataclasses import replace

from geo.crs import Crs
from layers.contract import Layer, layers
from layers.drawn import Drawn
from layers.grains import Grain, grain_at, grains_of
from layers.panel import Panel, Teller, overview
from layers.summary import Scale, scale_of
from layers.tiling import TileSet, tiles_of
from webapp.map_asking import Ask
from yaotong import clock
from yaotong.errors import NotFound
from yaotong.kept import Kept, Newest
from yaotong.reads.map import MapData, MapDays, map_stamp, read_days
from yaotong.reads.map_filters import narrowed, options_of
from yaotong.workspace import Workspace

Options = list[tuple[str, str, list[tuple[str, str]]]]
_MOST_SHOPS = 6_000_000  # over all pictures kept, which share most of their columns
_MOST_FEATURES = 3_000_000  # over all layers kept
_MOST_TILE_BYTES = 96_000_000
_PACKED = 4  # of 9: a tile packs in a millisecond, and to a few per cent of the least


_stamps: Newest[str] = Newest()
_days: Kept[tuple[Grain, ...]] = Kept(_MOST_SHOPS, lambda some: len(some[0].days.seen.shops) + 1)
_pictures: Kept[MapData] = Kept(_MOST_SHOPS, lambda one: len(one.shops) + len(one.areas) + 1)
_drawn: Kept[Drawn] = Kept(_MOST_FEATURES, lambda one: len(one.frame) + 1)
_tilesets: Kept[TileSet] = Kept(160, lambda _: 1)
_regions: Kept[Panel] = Kept(20, lambda _: 1)
_options: Kept[Options] = Kept(50, lambda _: 1)
answers: Kept[bytes] = Kept(32_000_000, lambda one: len(one) + 500)
_tiles: Kept[bytes] = Kept(_MOST_TILE_BYTES, lambda one: len(one) + 200)


def stamp_of(ws: Workspace, ask: Ask) -> str:
    """What all that is drawn is made from: the data, and the day, for overrides end with nobody writing.

    Where data come faster than a picture is made, who asks shares one with all who came before it was begun.
    """

    def made(stamp: str) -> str:
        grains(ws, Ask(ask.department, ask.area_code), stamp)
        return stamp

    key = (ws, ask.department, ask.area_code)
    return _stamps.get(key, lambda: f"{map_stamp(ws)}.{clock.now():%Y%m%d}", made)


def picture(ws: Workspace, ask: Ask, stamp: str) -> MapData:
    """The picture asked for, of all its shops or of those the filters leave."""
    plain = (ws, stamp, ask.department, ask.area_code, ask.as_of, ask.known, ask.grain)
    data = _pictures.get(plain, lambda: days(ws, ask, stamp).on(ask.as_of))
    if not ask.chosen:
        return data
    return _pictures.get((*plain, ask.chosen), lambda: narrowed(data, dict(ask.chosen)))


def days(ws: Workspace, ask: Ask, stamp: str) -> MapDays:
    """All days of what is known: only the first picture of a state of knowledge costs a read."""
    return grains(ws, ask, stamp)[ask.grain].days


def grains(ws: Workspace, ask: Ask, stamp: str) -> tuple[Grain, ...]:
    """The days by ever larger areas."""
    today = clock.now().date()
    key = (ws, stamp, ask.department, ask.area_code, ask.known, today)
    return _days.get(key, lambda: grains_of(read_days(ws, ask.viewer, known=ask.known, today=today)))


def options(ws: Workspace, ask: Ask, data: MapData) -> Options:
    """What the shops of a picture can be filtered by."""
    key = (ws, data.data_version, data.known, ask.department, ask.area_code, data.as_of)
    return _options.get(key, lambda: options_of(data))


def figured(ws: Workspace, ask: Ask, stamp: str, area_code: str) -> MapData:
    """The picture in which an area has no parts, for then it has figures; the finest where there is none."""
    for grain in range(len(grains(ws, ask, stamp))):
        data = picture(ws, replace(ask, grain=grain), stamp)
        if (data.leaves["area_code"] == area_code).any():
            return data
    return picture(ws, ask, stamp)


def region(ws: Workspace, ask: Ask, stamp: str, lang: str, teller: Teller) -> Panel:
    """What the side panel says of the whole region."""
    return _regions.get((ws, stamp, ask, lang), lambda: overview(picture(ws, ask, stamp), teller))


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


def coarser(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> list[tuple[int, Drawn]]:
    """What a layer draws below some zooms of tiles instead, where areas are taken together."""
    if not layer_of(layer_id).about.merges:
        return []
    steps = grains(ws, ask, stamp)
    return [
        (steps[grain - 1].from_zoom, drawn(ws, replace(ask, grain=grain), stamp, layer_id))
        for grain in range(1, len(steps))
    ]


def tile(ws: Workspace, ask: Ask, stamp: str, layer_id: str, place: tuple[int, int, int]) -> bytes:
    """One vector tile of a layer, gzipped, of areas that can be seen at its zoom; b"" for an empty one."""
    if layer_of(layer_id).about.merges:
        ask = replace(ask, grain=grain_at(grains(ws, ask, stamp), place[0]))
    made = _tileset(ws, ask, stamp, layer_id)
    return _tiles.get((made.digest, place), lambda: _packed(made.tiles.tile(*place)))


def _packed(tile: bytes) -> bytes:
    return gzip.compress(tile, _PACKED, mtime=0) if tile else b""


def _tileset(ws: Workspace, ask: Ask, stamp: str, layer_id: str) -> TileSet:
    key = (ws, stamp, ask, layer_id)
    paint = layer_of(layer_id).draw()
    return _tilesets.get(key, lambda: tiles_of(drawn(ws, ask, stamp, layer_id).in_crs(ask.crs), paint))
