"""The app with what people ask for first made ready in the background: the map at half past eight."""

from __future__ import annotations

import logging
import threading

from flask import Flask

from layers.contract import layers
from webapp import map_cache
from webapp.app import create_app
from webapp.context import WORKSPACE_KEY
from webapp.map_asking import Ask
from yaotong.errors import YaotongError
from yaotong.reads.accounts import scopes
from yaotong.reads.map import map_stamp
from yaotong.workspace import Workspace

_MOST_SCOPES = 6
_LOG = logging.getLogger(__name__)


def warmed_app() -> Flask:
    """The app of `create_app`; a thread makes its maps ready meanwhile."""
    app = create_app()
    threading.Thread(target=_warm, args=(app.config[WORKSPACE_KEY],), daemon=True).start()
    return app


def _warm(ws: Workspace) -> None:
    try:
        for department, area_code in scopes(ws)[:_MOST_SCOPES]:
            warm_map(ws, Ask(department, area_code))
    except YaotongError as error:  # asked for in earnest, it is told to the one who asks
        _LOG.warning("the map could not be made ready: %s", error)


def warm_map(ws: Workspace, ask: Ask) -> None:
    """Make the picture that a scope sees first: what is drawn, its scales, and one tile of each layer."""
    stamp = map_stamp(ws)
    for one in layers().values():
        if one.about.shown:
            map_cache.scale(ws, ask, stamp, one.layer_id)
            map_cache.tile(ws, ask, stamp, one.layer_id, (0, 0, 0))
