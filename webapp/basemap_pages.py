"""`/basemap/…`: tiles of base maps by way of this server, so that a page asks nobody else and sees no key."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, request
from flask_login import login_required

from webapp.context import current_lang, current_workspace
from webapp.i18n import translate
from webapp.problems import problem
from yaotong import clock
from yaotong.basemaps import Basemap, BasemapFailed
from yaotong.basemaps.fetching import NoSuchTile
from yaotong.basemaps.serving import tile_desk
from yaotong.errors import NotFound

bp = Blueprint("basemap", __name__)
_BROWSER_SECONDS = 86_400


@bp.get("/basemap/<base_id>/<int:z>/<int:x>/<int:y>")
@login_required
def tile(base_id: str, z: int, x: int, y: int) -> Response:
    """One picture of a base map; `sheet` counts the pictures that lie one over another, from 0."""
    base, sheet = _base(base_id), request.args.get("sheet", "0")
    if not (sheet.isascii() and sheet.isdigit() and base.holds(int(sheet[:4]), z, x, y)):
        raise NotFound("底图没有这一块。")
    desk = tile_desk(current_workspace().settings.cache_dir)
    try:
        found = desk.tile(base, int(sheet[:4]), z, x, y, clock.now())
    except NoSuchTile as error:
        raise NotFound(str(error)) from error
    except BasemapFailed as error:
        return _unavailable(str(error))
    return _picture(found.content, found.media_type)


def told(basemaps: tuple[Basemap, ...]) -> list[dict[str, Any]]:
    """What the map's script is told of the base maps: no address and no key."""
    return [
        {
            "id": one.base_id,
            "title": one.title,
            "kind": "areas" if one.kind == "areas" else "tiles",
            "crs": str(one.crs),
            "sheets": len(one.urls),
            "min_zoom": one.min_zoom,
            "max_zoom": one.max_zoom,
            "size_px": one.size_px,
            "attribution": one.attribution,
            "review_no": one.review_no,
        }
        for one in basemaps
    ]


def _base(base_id: str) -> Basemap:
    for one in current_workspace().settings.basemaps:
        if one.base_id == base_id:
            return one
    raise NotFound(f"没有底图 {base_id[:40]}。")


def _picture(content: bytes, media_type: str) -> Response:
    tag = hashlib.blake2b(content, digest_size=12).hexdigest()
    known = request.if_none_match.contains_weak(tag)
    response = Response(status=304) if known else Response(content, mimetype=media_type)
    response.set_etag(tag)
    response.cache_control.private = True
    response.cache_control.max_age = _BROWSER_SECONDS
    return response


def _unavailable(detail: str) -> Response:
    lang = current_lang()
    return problem(502, "basemap-unavailable", translate("底图暂时不可用", lang), translate(detail, lang))
