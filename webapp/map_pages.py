"""`/map` and the data behind it: the page is a frame, its layers and panels are fetched from below it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, g, jsonify, render_template, request, url_for
from flask_login import login_required

from layers.assets import served_from
from layers.contract import layers
from layers.page import dual_map
from layers.panel import area_panel, overview, shop_panel
from webapp.context import current_viewer, current_workspace
from yaotong import __version__
from yaotong.errors import NotFound, UsageError
from yaotong.reads.map import MapData, map_stamp, read_map
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

bp = Blueprint("map", __name__)


@bp.get("/map")
@login_required
def page() -> str:
    """The dual map in the shell of the product."""
    data = _data()
    query = f"as_of={_as_of()}" if _as_of() else ""
    source = {"url": url_for("map.page") + "/data", "query": query}
    static_url = url_for("static", filename="").rstrip("/")
    parts = dual_map(data, asset=served_from(static_url), nonce=g.csp_nonce, source=source)
    return render_template("map.html", parts=parts, data=data, asked=_as_of())


@bp.get("/map/data/layer/<layer_id>.json")
@login_required
def layer(layer_id: str) -> Response:
    """One layer's features as GeoJSON."""
    if layer_id not in layers():
        raise NotFound(f"没有图层 {layer_id}。")
    return _answer(lambda: layers()[layer_id].features(_data()))


@bp.get("/map/data/panel/overview.json")
@login_required
def region_panel() -> Response:
    """The side panel before anything is selected."""
    return _answer(lambda: overview(_data()))


@bp.get("/map/data/panel/shop/<license_no>.json")
@login_required
def one_shop(license_no: str) -> Response:
    """The side panel of a shop."""
    return _answer(lambda: shop_panel(_data(), license_no, _link))


@bp.get("/map/data/panel/area/<area_code>.json")
@login_required
def one_area(area_code: str) -> Response:
    """The side panel of an area."""
    return _answer(lambda: area_panel(_data(), area_code, _link))


def _answer(content: Callable[[], dict[str, Any]]) -> Response:
    """JSON under an ETag of what it is made from; what the asker already has is not made again."""
    tag = _tag()
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else jsonify(content())
    response.set_etag(tag, weak=True)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.add("Cookie")
    return response


def _tag() -> str:
    viewer = current_viewer()
    parts = (__version__, map_stamp(current_workspace()), viewer.department, viewer.area_code, str(_as_of()))
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=12).hexdigest()


def _data() -> MapData:
    ws, viewer = current_workspace(), current_viewer()
    return _read(ws, viewer.department, viewer.area_code, _as_of(), map_stamp(ws))


@lru_cache(maxsize=16)
def _read(ws: Workspace, department: str, area_code: str, as_of: date | None, _stamp: str) -> MapData:
    """The picture, once for all who see the same: it depends on department and area, not on the person."""
    return read_map(ws, Viewer("map", "", department, area_code), as_of=as_of)


def _as_of() -> date | None:
    text = request.args.get("as_of", "")
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise UsageError(f"日期应写作 2026-03-31 的样子，不是 {text[:20]!r}。") from error


def _link(kind: str, key: str) -> str:
    return f"/{'pharmacies' if kind == 'pharmacy' else 'alerts'}/{quote(key, safe='')}"
