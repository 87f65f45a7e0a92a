"""The app with what people ask for first made ready in the background: the register, the maps of 08:30."""

from __future__ import annotations

import atexit
import logging
import math
import threading
from itertools import product

from flask import Flask

from geo.mercator import tiles_covering, to_world
from geo.tile_frame import TILE_PX
from layers.contract import layers
from layers.page import bounds_of
from layers.panel import Teller
from layers.speech import as_written
from webapp import map_cache
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from webapp.i18n import LANGUAGES
from webapp.map_asking import Ask
from webapp.watching import write_log
from yaotong.errors import YaotongError
from yaotong.reads.accounts import scopes
from yaotong.reads.register import register
from yaotong.workspace import Workspace

Bounds = list[list[float]]
Place = tuple[int, int, int]
_MOST_SCOPES = 6
_SIDES_PX = (300.0, 1100.0)
_LEAST_ZOOM = 3  # of tiles: the map's own is one more
_DEEPER = 4
_MOST_TILES = 60
# How often a process looks whether the register is another; a look costs microseconds.
_LOOK_S = 0.2
_END_S = 2.0
_LOG = logging.getLogger(__name__)


def warmed_app() -> Flask:
    """The app of `create_app`; threads make its maps ready meanwhile, and keep its register up to date."""
    write_log()
    app = create_app()
    ws = app.config[WORKSPACE_KEY]
    stop = threading.Event()
    following = threading.Thread(target=follow, args=(ws, stop), daemon=True)
    following.start()
    atexit.register(_end, following, stop)
    threading.Thread(target=_warm, args=(ws,), daemon=True).start()
    return app


def _end(thread: threading.Thread, stop: threading.Event) -> None:
    """Let a thread end with its process: one that is still there holds what others would give back."""
    stop.set()
    thread.join(_END_S)


def follow(ws: Workspace, stop: threading.Event) -> None:
    """Read the citizens' register whenever it changed, until told to stop: nobody who asks waits for it."""
    failed = False
    while True:
        try:
            register(ws)
            failed = False
        except YaotongError as error:  # once: the database may be away for an hour
            if not failed:
                _LOG.warning("the register could not be read: %s", error)
            failed = True
        if stop.wait(_LOOK_S):
            return


def _warm(ws: Workspace) -> None:
    try:
        for department, area_code in scopes(ws)[:_MOST_SCOPES]:
            warm_map(ws, Ask(department, area_code))
    except YaotongError as error:  # asked for in earnest, it is told to the one who asks
        _LOG.warning("the map could not be made ready: %s", error)


def warm_map(ws: Workspace, ask: Ask) -> None:
    """Make what a scope sees first: figures, scales, the tiles of the first view, and deeper zooms ready."""
    stamp = map_cache.stamp_of(ws, ask)
    data = map_cache.picture(ws, ask, stamp)
    map_cache.options(ws, ask, data)
    shown = [one.layer_id for one in layers().values() if one.about.shown]
    first, deeper = first_tiles(bounds_of(data))
    for layer_id in shown:
        map_cache.scale(ws, ask, stamp, layer_id)
        map_cache.coarser(ws, ask, stamp, layer_id)
    for layer_id, place in product(shown, first):
        map_cache.tile(ws, ask, stamp, layer_id, place)
    map_cache.region(ws, ask, stamp, LANGUAGES[0], Teller(say=as_written))
    for layer_id, place in product(shown, deeper):
        map_cache.tile(ws, ask, stamp, layer_id, place)


def first_tiles(bounds: Bounds | None) -> tuple[list[Place], list[Place]]:
    """Tiles (z, x, y) that a map of [[south, west], [north, east]] opens with, and one of each deeper zoom.

    A side of the map is `_SIDES_PX` wide on the screens in use: between these it opens at a few zooms.
    """
    if bounds is None:
        return [(0, 0, 0)], []
    (south, west), (north, east) = bounds
    (left, right), (bottom, top) = to_world([west, east], [south, north])
    span = max(float(right - left), float(bottom - top), 1e-6) * TILE_PX
    least, most = (max(_LEAST_ZOOM, round(math.log2(side / span))) for side in _SIDES_PX)
    first = [
        (z, int(x), int(y))
        for z in range(least, most + 1)
        for x, y in tiles_covering(west, south, east, north, z)
    ]
    x, y = (float(one[0] + one[1]) / 2.0 for one in ((left, right), (bottom, top)))
    deeper = [(z, int(x * (1 << z)), int(y * (1 << z))) for z in range(most + 1, most + 1 + _DEEPER)]
    return first[:_MOST_TILES], deeper
