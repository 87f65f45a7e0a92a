"""The public register as OGC API – Features, Part 1: Core and GeoJSON (OGC 17-069r4)."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, jsonify, request, url_for

from webapp import asking
from webapp.context import current_workspace
from webapp.ogc_words import COLLECTION, CONFORMS_TO, CRS84, GEOJSON, OPENAPI, description, schema
from yaotong import clock
from yaotong.errors import NotFound, UsageError
from yaotong.reads import opendata

bp = Blueprint("ogc", __name__, url_prefix="/ogc")
_DEFAULT_LIMIT = 10
_MOMENT = r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?"
_INTERVAL = re.compile(rf"{_MOMENT}|({_MOMENT}|\.\.|)/({_MOMENT}|\.\.|)")


@bp.get("/", strict_slashes=False)
def landing() -> Response:
    """What there is, and where."""
    _only("f")
    links = [
        _link("self", "ogc.landing", "application/json", "本页"),
        _link("service-desc", "ogc.api", OPENAPI, "接口定义"),
        _link("service-doc", "opendata.page", "text/html", "开放数据"),
        _link("conformance", "ogc.conformance", "application/json", "遵循的标准"),
        _link("data", "ogc.collections", "application/json", "数据集"),
    ]
    return jsonify(title="云药通 公开药店名录", description="在营药店的登记事实，不含任何评价。", links=links)


@bp.get("/conformance")
def conformance() -> Response:
    """The standard's parts that are kept."""
    _only("f")
    return jsonify(conformsTo=list(CONFORMS_TO))


@bp.get("/api")
def api() -> Response:
    """This interface in OpenAPI 3.0."""
    response = jsonify(description(_address("ogc.landing")))
    response.content_type = OPENAPI
    return response


@bp.get("/collections")
def collections() -> Response:
    """The one collection."""
    _only("f")
    links = [_link("self", "ogc.collections", "application/json", "本页")]
    return jsonify(links=links, collections=[_collection()])


@bp.get("/collections/<name>")
def collection(name: str) -> Response:
    """What the collection is, how far it reaches, and on what terms."""
    _only("f")
    _known(name)
    return jsonify(_collection())


@bp.get("/collections/<name>/queryables")
def queryables(name: str) -> Response:
    """The properties of a feature, as a JSON schema."""
    _only("f")
    _known(name)
    response = jsonify(schema(_address("ogc.queryables", name=COLLECTION)))
    response.content_type = "application/schema+json"
    return response


@bp.get("/collections/<name>/items")
def items(name: str) -> Response:
    """A page of features."""
    _only("f", "limit", "offset", "bbox", "datetime")
    _known(name)
    asked, now = request.args, clock.now()
    when = asked.get("datetime", "").replace(" ", "+")
    if when and not _INTERVAL.fullmatch(when):
        raise UsageError("datetime 应为 RFC 3339 的时刻，或用 / 隔开的起止。")
    limit = min(asking.whole(asked, "limit", _DEFAULT_LIMIT), opendata.MOST_ITEMS)
    offset = asking.whole(asked, "offset", 0)
    page = opendata.page_of(current_workspace(), today=now.date(), bbox=_box(), limit=limit, offset=offset)
    given = {one: asked[one] for one in ("bbox", "datetime") if one in asked}
    here = {"name": COLLECTION, "limit": limit, **given}
    links = [_link("self", "ogc.items", GEOJSON, "本页", offset=offset, **here)]
    if offset + limit < page.matched:
        links.append(_link("next", "ogc.items", GEOJSON, "下一页", offset=offset + limit, **here))
    if offset:
        links.append(_link("prev", "ogc.items", GEOJSON, "上一页", offset=max(offset - limit, 0), **here))
    links.append(_link("collection", "ogc.collection", "application/json", "数据集", name=COLLECTION))
    response = jsonify(
        type="FeatureCollection",
        features=list(page.features),
        links=[*links, *_licence()],
        timeStamp=f"{now:%Y-%m-%dT%H:%M:%S}+08:00",
        numberMatched=page.matched,
        numberReturned=len(page.features),
    )
    response.content_type = GEOJSON
    return response


@bp.get("/collections/<name>/items/<license_no>")
def item(name: str, license_no: str) -> Response:
    """One feature."""
    _only("f")
    _known(name)
    found = opendata.item_of(current_workspace(), license_no, today=clock.now().date())
    links = [
        _link("self", "ogc.item", GEOJSON, "本页", name=COLLECTION, license_no=license_no),
        _link("collection", "ogc.collection", "application/json", "数据集", name=COLLECTION),
    ]
    response = jsonify({**found, "links": links})
    response.content_type = GEOJSON
    return response


def _collection() -> dict[str, Any]:
    workspace = current_workspace()
    box, terms = opendata.extent(workspace), workspace.settings.publication
    spatial = {"spatial": {"bbox": [list(box)], "crs": CRS84}} if box else {}
    return {
        "id": COLLECTION,
        "title": "在营药店",
        "description": f"药店名录里的登记事实，WGS-84；更新于 {opendata.updated_on(workspace) or '未知'}。",
        "itemType": "feature",
        "crs": [CRS84],
        "extent": spatial,
        "license": terms.licence or "未声明",
        "attribution": terms.publisher or workspace.settings.title,
        "updated": opendata.updated_on(workspace),
        "links": [
            _link("self", "ogc.collection", "application/json", "本页", name=COLLECTION),
            _link("items", "ogc.items", GEOJSON, "药店", name=COLLECTION),
            _link("queryables", "ogc.queryables", "application/schema+json", "栏目", name=COLLECTION),
            *_licence(),
        ],
    }


def _licence() -> list[dict[str, str]]:
    terms = current_workspace().settings.publication
    if not terms.licence_url:
        return [_link("license", "opendata.page", "text/html", terms.licence or "未声明")]
    return [{"rel": "license", "href": terms.licence_url, "type": "text/html", "title": terms.licence}]


def _box() -> opendata.Box | None:
    """Four numbers, or six of which the heights are left alone."""
    text = request.args.get("bbox", "")
    parts = text.split(",")
    if len(parts) == 6:
        text = ",".join((parts[0], parts[1], parts[3], parts[4]))
    return asking.box({"bbox": text}, "bbox")


def _only(*names: str) -> None:
    """The standard has strange parameters refused, lest a misspelt one be taken for no wish at all."""
    strange = sorted(set(request.args) - {*names, "lang"})
    if strange:
        raise UsageError(f"不认识的参数。可用：{'、'.join(names)}。")
    if request.args.get("f", "json") not in ("json", "geojson"):
        raise UsageError("f 只能是 json。")


def _known(name: str) -> None:
    if name != COLLECTION:
        raise NotFound(f"没有这个数据集；有的是 {COLLECTION}。")


def _link(rel: str, endpoint: str, media: str, title: str, **values: Any) -> dict[str, str]:
    return {"rel": rel, "href": _address(endpoint, **values), "type": media, "title": title}


def _address(endpoint: str, **values: Any) -> str:
    site = current_workspace().settings.site
    return (
        f"{site.rstrip('/')}{url_for(endpoint, **values)}"
        if site
        else url_for(endpoint, _external=True, **values)
    )
