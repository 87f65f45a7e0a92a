"""`/map` and the data behind it: the page is a frame, its legends, panels, tables and tiles are fetched."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, current_app, g, render_template, request, url_for
from flask_login import login_required

from geo.mercator import check_tile
from layers.assets import served_from
from layers.bundle import modules
from layers.page import dual_map
from layers.panel import Teller, area_panel, inside_panel, shop_panel
from layers.rows import as_table, told_rows
from layers.speech import spoken
from layers.summary import told_at
from webapp import asking, basemap_pages, map_cache
from webapp.context import current_viewer, current_workspace
from webapp.map_asking import Ask, read_ask
from webapp.map_crs import box_between, crs_of, data_in, panel_in
from webapp.map_words import say
from webapp.tile_answers import SCOPE
from yaotong import __version__
from yaotong.cells import exported_frame
from yaotong.errors import UsageError
from yaotong.reads.map import MapData

bp = Blueprint("map", __name__)
_TILE_TYPE = "application/vnd.mapbox-vector-tile"


@bp.get("/map")
@login_required
def page() -> str:
    """The dual map in the shell of the product."""
    data = _data()
    source = {"url": url_for("map.page") + "/data", "tiles": "/tiles"}
    static_url = url_for("static", filename="").rstrip("/")
    parts = dual_map(
        data, asset=served_from(static_url), nonce=g.csp_nonce, source=source, say=say, more=_more(data)
    )
    return render_template("map.html", parts=parts, data=data, modules=_modules())


@bp.get("/map/data/layer/<layer_id>.json")
@login_required
def layer(layer_id: str) -> Response:
    """What the legend of a layer says."""
    return _answer(lambda ask, stamp: _summary(ask, stamp, layer_id))


@bp.get("/map/data/table/<layer_id>.json")
@login_required
def table(layer_id: str) -> Response:
    """The gravest rows of a layer."""
    return _answer(lambda ask, stamp: told_rows(_drawn(ask, stamp, layer_id), _paint(layer_id)))


@bp.get("/map/data/table/<layer_id>.csv")
@login_required
def table_file(layer_id: str) -> Response:
    """All rows of a layer as CSV, in the reader's scope and words."""
    ask, stamp = _asked()
    frame = exported_frame(as_table(_drawn(ask, stamp, layer_id), _paint(layer_id), say))
    response = Response("\ufeff" + frame.to_csv(index=False), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="yaotong-{layer_id}.csv"'
    return response


@bp.get("/map/data/panel/overview.json")
@login_required
def region_panel() -> Response:
    """The side panel before anything is selected."""
    return _answer(lambda ask, stamp: map_cache.region(current_workspace(), ask, stamp, g.lang, _teller()))


@bp.get("/map/data/panel/state.json")
@login_required
def state() -> Response:
    """Of which day and data the picture is, and what to know of it."""
    return _answer(lambda ask, stamp: _state(_picture(ask, stamp)))


@bp.get("/map/data/panel/inside.json")
@login_required
def box_panel() -> Response:
    """The figures of a rectangle."""
    box = asking.box(request.args, "box")
    if box is None:
        raise UsageError("缺少 box：应为 west,south,east,north（度）。")
    return _answer(lambda ask, stamp: inside_panel(data_in(_picture(ask, stamp), ask.crs), box, _teller()))


@bp.get("/map/data/panel/shop/<license_no>.json")
@login_required
def one_shop(license_no: str) -> Response:
    """The side panel of a shop."""
    return _answer(
        lambda ask, stamp: panel_in(shop_panel(_picture(ask, stamp), license_no, _teller()), ask.crs)
    )


@bp.get("/map/data/panel/area/<area_code>.json")
@login_required
def one_area(area_code: str) -> Response:
    """The side panel of an area."""
    return _answer(
        lambda ask, stamp: panel_in(
            area_panel(_figured(ask, stamp, area_code), area_code, _teller()), ask.crs
        )
    )


@bp.get("/map/data/moved.json")
@login_required
def moved() -> Response:
    """A box of the system `from` in the system `crs`: what a view becomes when the base map changes."""
    box = asking.box(request.args, "box")
    if box is None:
        raise UsageError("缺少 box：应为 west,south,east,north（度）。")
    there, here = (crs_of(request.args.get(name, "")) for name in ("from", "crs"))
    return Response(
        current_app.json.dumps({"box": box_between(box, there, here)}), mimetype="application/json"
    )


@bp.get("/tiles/<layer_id>/<int:z>/<int:x>/<int:y>.mvt")
@login_required
def tile(layer_id: str, z: int, x: int, y: int) -> Response:
    """A vector tile of a layer: 512 px, extent 4,096, with a margin for symbols that reach over its edge."""
    map_cache.layer_of(layer_id)
    try:
        check_tile(z, x, y)
    except ValueError as error:
        raise UsageError(f"没有瓦片 {z}/{x}/{y}：缩放级别 0 到 22，行列须在其内。") from error
    ws = current_workspace()

    def made(ask: Ask, stamp: str) -> Response:
        return _packed(map_cache.tile(ws, ask, stamp, layer_id, (z, x, y)))

    answer = _tagged(made)
    answer.vary.add("Accept-Encoding")
    ask = _ask()
    request.environ[SCOPE] = (ask.department, ask.area_code, g.lang)
    return answer


def _packed(tile: bytes) -> Response:
    """A tile as it is kept, gzipped; unpacked for the rare asker who cannot."""
    if not tile or not request.accept_encodings["gzip"]:
        return Response(gzip.decompress(tile) if tile else b"", mimetype=_TILE_TYPE)
    answer = Response(tile, mimetype=_TILE_TYPE)
    answer.content_encoding = "gzip"
    return answer


@cache
def _modules() -> list[str]:
    """All files of the map's script, asked for at once and not as one names the next."""
    return modules()


def _state(data: MapData) -> dict[str, Any]:
    return {
        "as_of": data.as_of.isoformat() if data.as_of else None,
        "known": f"{data.known:%Y-%m-%d}" if data.known else None,
        "data_version": data.data_version,
        "note": say(data.note) if data.note else "",
    }


def _summary(ask: Ask, stamp: str, layer_id: str) -> dict[str, Any]:
    scale = map_cache.scale(current_workspace(), ask, stamp, layer_id)
    coarser = map_cache.coarser(current_workspace(), ask, stamp, layer_id)
    told = told_at(_drawn(ask, stamp, layer_id), _paint(layer_id), scale, coarser)
    return {**told, "fine_zh": say(told["fine_zh"])}


def _more(data: MapData) -> dict[str, Any]:
    """What the served page's script is told beside what every page's is."""
    person = current_viewer()
    days = map_cache.days(current_workspace(), *_asked())
    newest = data if _ask().as_of is None else _newest()
    return {
        "first": days.first_day.isoformat() if days.first_day else None,
        "last": days.last_day.isoformat() if days.last_day else None,
        "filters": [
            {"key": key, "title": say(title), "options": spoken(options, say)}
            for key, title, options in map_cache.options(current_workspace(), _ask(), newest)
        ],
        "about": " · ".join([f"{say('数据版本')} {data.data_version}", *_synthetic(data)]),
        "author": f"{person.display_name}",
        "printed": True,
        "bases": basemap_pages.told(current_workspace().settings.basemaps),
    }


def _synthetic(data: MapData) -> list[str]:
    return [say("演示数据（合成）")] if data.synthetic else []


def _newest() -> MapData:
    ask = _ask()
    plain = Ask(ask.department, ask.area_code, known=ask.known)
    return _picture(plain, map_cache.stamp_of(current_workspace(), plain))


def _answer(content: Callable[[Ask, str], dict[str, Any]]) -> Response:
    """JSON, kept as bytes: it depends on what is asked and on the language, not on the person."""
    ws, path = current_workspace(), request.full_path

    def made(ask: Ask, stamp: str) -> Response:
        key = (ws, stamp, ask, g.lang, path)
        told = map_cache.answers.get(key, lambda: current_app.json.dumps(content(ask, stamp)).encode())
        return Response(told, mimetype="application/json")

    return _tagged(made)


def _tagged(make: Callable[[Ask, str], Response]) -> Response:
    """An answer under an ETag of what it is made from; what the asker already has is not made again."""
    ask, stamp = _asked()
    tag = hashlib.blake2b(repr((__version__, g.lang, stamp, ask)).encode(), digest_size=12).hexdigest()
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else make(ask, stamp)
    response.set_etag(tag, weak=True)
    response.cache_control.private = True
    response.cache_control.no_cache = True
    response.vary.add("Cookie")
    return response


def _asked() -> tuple[Ask, str]:
    """What is asked, and the state it is answered from."""
    ask = _ask()
    return ask, map_cache.stamp_of(current_workspace(), ask)


def _ask() -> Ask:
    return read_ask(request.args, current_viewer())


def _data() -> MapData:
    return _picture(*_asked())


def _picture(ask: Ask, stamp: str) -> MapData:
    return map_cache.picture(current_workspace(), ask, stamp)


def _figured(ask: Ask, stamp: str, area_code: str) -> MapData:
    """The picture that has figures of an area."""
    return map_cache.figured(current_workspace(), ask, stamp, area_code)


def _drawn(ask: Ask, stamp: str, layer_id: str) -> Any:
    return map_cache.drawn(current_workspace(), ask, stamp, layer_id)


def _paint(layer_id: str) -> Any:
    return map_cache.layer_of(layer_id).draw()


def _teller() -> Teller:
    return Teller(_link, say)


def _link(kind: str, key: str) -> str:
    return f"/{'pharmacies' if kind == 'pharmacy' else 'alerts'}/{quote(key, safe='')}"
