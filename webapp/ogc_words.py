"""What the OGC interface says of itself: the parts of the standard, a feature's schema, its OpenAPI."""

from __future__ import annotations

from typing import Any

from yaotong import __version__

COLLECTION = "pharmacies"
CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
GEOJSON = "application/geo+json"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
_PART1 = "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf"
CONFORMS_TO = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    *(f"{_PART1}/{one}" for one in ("core", "geojson", "oas30")),
)
_TEXTS = ("license_no", "name", "address", "area_code", "area_name", "phone", "opening_hours")
_FLAGS = ("insurance_designated", "dual_channel")
_Json = dict[str, Any]


def schema(address: str) -> _Json:
    """The properties of a feature."""
    properties: _Json = {name: {"type": "string"} for name in _TEXTS}
    properties |= {name: {"type": "boolean"} for name in _FLAGS}
    properties["services"] = {"type": "array", "items": {"type": "string"}}
    properties["licence_valid_to"] = {"type": "string", "format": "date"}
    return {
        "$schema": "https://json-schema.org/draft/2019-09/schema",
        "$id": address,
        "type": "object",
        "title": COLLECTION,
        "properties": properties,
    }


def description(address: str) -> _Json:
    """The interface in OpenAPI 3.0, its paths below the landing page's address."""
    name = _path("name", COLLECTION)
    query = [
        _query("limit", {"type": "integer", "minimum": 1, "maximum": 10_000, "default": 10}),
        _query("offset", {"type": "integer", "minimum": 0, "default": 0}),
        _query("bbox", {"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}),
        _query("datetime", {"type": "string"}),
    ]
    return {
        "openapi": "3.0.3",
        "info": {"title": "云药通 公开药店名录", "version": __version__},
        "servers": [{"url": address.rstrip("/")}],
        "paths": {
            "/": _get("landing", []),
            "/conformance": _get("conformance", []),
            "/collections": _get("collections", []),
            "/collections/{name}": _get("collection", [name]),
            "/collections/{name}/queryables": _get("queryables", [name]),
            "/collections/{name}/items": _get("items", [name, *query], GEOJSON),
            "/collections/{name}/items/{license_no}": _get("item", [name, _path("license_no")], GEOJSON),
        },
    }


def _get(name: str, parameters: list[_Json], media: str = "application/json") -> _Json:
    content = {media: {"schema": {"type": "object"}}}
    problem = {"application/problem+json": {"schema": {"type": "object"}}}
    return {
        "get": {
            "operationId": name,
            "parameters": parameters,
            "responses": {
                "200": {"description": "好", "content": content},
                "4XX": {"description": "不成", "content": problem},
            },
        }
    }


def _path(name: str, only: str = "") -> _Json:
    kind = {"type": "string", **({"enum": [only]} if only else {})}
    return {"name": name, "in": "path", "required": True, "schema": kind}


def _query(name: str, kind: _Json) -> _Json:
    return {"name": name, "in": "query", "required": False, "schema": kind, "style": "form", "explode": False}
