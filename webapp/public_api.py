"""The open interface for citizens: registry facts, nearest first. No session, no risk, no memory."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, Response, jsonify, request
from werkzeug.datastructures import MultiDict

from webapp import asking
from webapp.context import current_workspace
from webapp.openapi import document
from yaotong import __version__, clock
from yaotong.acts.unmet import tally
from yaotong.reads import public
from yaotong.reads.nearest_text import nearest_text
from yaotong.reads.public import Wanted
from yaotong.reads.public_tiles import public_tile
from yaotong.workspace import Workspace

bp = Blueprint("public_api", __name__, url_prefix="/api/v1")
tiles_bp = Blueprint("public_tiles", __name__, url_prefix="/tiles/public")
_DEFAULT_LIMIT = 10
_TILE_SECONDS = 300
GEOJSON = "application/geo+json; charset=utf-8"
TILE_TYPE = "application/vnd.mapbox-vector-tile"


@bp.get("/public/pharmacies/nearest")
def nearest() -> Response:
    """The nearest pharmacies that fit (contract §6)."""
    return Response(nearest_of(current_workspace(), request.args, clock.now()), content_type=GEOJSON)


def nearest_of(workspace: Workspace, asked: MultiDict[str, str], now: datetime) -> str:
    """The answer to what an address asks, as JSON text; UsageError for what cannot be read."""
    open_at = asking.moment(asked, "open_at", now)
    said = nearest_text(
        workspace,
        asking.required(asked, "lon"),
        asking.required(asked, "lat"),
        crs=asked.get("crs") or "wgs84",
        limit=asking.whole(asked, "limit", _DEFAULT_LIMIT),
        at=now,
        wanted=Wanted(
            open_at=open_at,
            insurance=asking.flag(asked, "insurance"),
            dual_channel=asking.flag(asked, "dual_channel"),
            services=asking.several(asked, "service"),
            drug=asking.words(asked, "drug"),
            on_duty=bool(asking.flag(asked, "pharmacist")),
            in_stock=bool(asking.flag(asked, "stock")),
        ),
    )
    lon, lat = said.here
    asked_open = open_at is not None
    tally(workspace).note(said.found, asked_open=asked_open, lon=lon, lat=lat, now=now)
    return said.text


@bp.get("/public/pharmacies")
def pharmacies() -> Response:
    """The register of a box or an area."""
    asked, now = request.args, clock.now()
    return _geojson(
        public.pharmacies(
            current_workspace(),
            at=now,
            bbox=asking.box(asked, "bbox"),
            wanted=Wanted(area_code=asking.words(asked, "area")),
        )
    )


@tiles_bp.get("/pharmacies/<int:z>/<int:x>/<int:y>.mvt")
def tile(z: int, x: int, y: int) -> Response:
    """Licensed pharmacies as a vector tile: registry facts only."""
    content, version = public_tile(current_workspace(), z, x, y)
    response = Response(content, mimetype=TILE_TYPE)
    response.set_etag(f"{__version__}-{version}")
    response.cache_control.public = True
    response.cache_control.max_age = _TILE_SECONDS
    response.make_conditional(request)
    return response


@bp.get("/openapi.json")
def openapi() -> Response:
    """This interface, described (OpenAPI 3.1)."""
    return jsonify(document())


def _geojson(collection: dict[str, object]) -> Response:
    response = jsonify(collection)
    response.content_type = GEOJSON
    return response
