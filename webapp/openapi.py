"""The interface described in OpenAPI 3.1; a test holds it to the routes that exist and runs its examples."""

from __future__ import annotations

from typing import Any

from yaotong import __version__
from yaotong.alerts.states import MOVES
from yaotong.codes import Level
from yaotong.records import FEEDS

Json = dict[str, Any]


def document() -> Json:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "云药通 Yaotong",
            "version": __version__,
            "description": "公众接口只读药店与区域名录；部门接口须先登录，写操作带 X-CSRFToken。",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": {**_public(), **_tiles(), **_alerts(), **_feeds(), **_exchange(), **_till()},
        "components": {
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "yaotong-session"},
                "till": {"type": "http", "scheme": "bearer"},
            },
            "schemas": {"Problem": _problem()},
        },
    }


def _public() -> Json:
    position = [
        _query("lon", "number", "经度（度）", required=True, example=121.02),
        _query("lat", "number", "纬度（度）", required=True, example=30.70),
        _query("crs", "string", "坐标系", choices=["wgs84", "cgcs2000", "gcj02", "bd09"]),
        _query("limit", "integer", "最多几家，1 到 100"),
    ]
    wants = [
        _query("open_at", "string", "此刻营业：ISO 8601 时刻（缺省时区为北京），或 now"),
        _query("insurance", "boolean", "医保定点"),
        _query("dual_channel", "boolean", "双通道"),
        _query("service", "string", "服务，如 delivery"),
        _query("drug", "string", "经营范围里的药品类别，如 RX；或目录里的药名、代码，答案另写库存"),
        _query("pharmacist", "boolean", "报过此刻有药师在岗的；没有报的不算"),
        _query("stock", "boolean", "只要在期限内报过 drug 有货的"),
    ]
    area = [
        _query("bbox", "string", "west,south,east,north（WGS-84）", example="120.9,30.5,121.4,30.9"),
        _query("area", "string", "区域代码，含其下级", example="330482"),
    ]
    return {
        "/api/v1/public/pharmacies/nearest": {
            "get": _operation("nearest", "最近的药店，由近到远", [*position, *wants], "application/geo+json")
        },
        "/api/v1/public/pharmacies": {
            "get": _operation("pharmacies", "药店名录", area, "application/geo+json")
        },
        "/api/v1/openapi.json": {"get": _operation("openapi", "本说明", [], "application/json")},
    }


def _tiles() -> Json:
    media = "application/vnd.mapbox-vector-tile"
    place = [_path("z", "缩放级别，0 到 22", 11), _path("x", "列", 1712), _path("y", "行", 840)]
    layer = {"name": "layer_id", "in": "path", "required": True, "schema": {"type": "string"}}
    asks = [
        _query("as_of", "string", "哪一天的地图", example="2026-03-31"),
        _query("known", "string", "按哪一天结束时所知"),
        _query("category", "string", "药品类别"),
    ]
    mine = _operation("tile", "本部门地图的矢量瓦片，512 像素", [layer, *place, *asks], media)
    return {
        "/tiles/public/pharmacies/{z}/{x}/{y}.mvt": {
            "get": _operation("public_tile", "药店名录的矢量瓦片", place, media)
        },
        "/tiles/{layer_id}/{z}/{x}/{y}.mvt": {"get": _signed(mine)},
    }


def _alerts() -> Json:
    filters = [
        _query("level", "string", "级别", choices=[str(one) for one in Level]),
        _query("state", "string", "状态"),
        _query("rule", "string", "规则编号"),
        _query("q", "string", "主体、镇街、规则名或预警编号中的文字"),
        _query("limit", "integer", "最多几条，1 到 500"),
        _query("offset", "integer", "从第几条起"),
    ]
    which = {"name": "alert_id", "in": "path", "required": True, "schema": {"type": "string"}}
    acts = {"type": "string", "enum": [str(move.act) for move in MOVES]}
    act = {"name": "act", "in": "path", "required": True, "schema": acts}
    seen = {"name": "If-Match", "in": "header", "required": True, "schema": {"type": "string"}}
    return {
        "/api/v1/alerts": {"get": _signed(_operation("alerts", "本部门的预警", filters, "application/json"))},
        "/api/v1/alerts/{alert_id}": {
            "get": _signed(_operation("alert", "一条预警；ETag 是它的版本", [which], "application/json"))
        },
        "/api/v1/alerts/{alert_id}/{act}": {
            "post": _signed(_operation("move", "办理一步", [which, act, seen], "application/json"))
        },
    }


def _feeds() -> Json:
    kinds = {"type": "string", "enum": list(FEEDS)}
    feed = {"name": "feed", "in": "path", "required": True, "schema": kinds}
    once = {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "送件人自定；同一键重送同一文件，答以第一次的回执。",
        "schema": {"type": "string", "maxLength": 128},
    }
    operation = _signed(_operation("take_in", "送一个文件，答以回执", [feed, once], "application/json"))
    content = {"file": {"type": "string", "format": "binary"}}
    file = {"type": "object", "required": ["file"], "properties": content}
    operation["requestBody"] = {"required": True, "content": {"multipart/form-data": {"schema": file}}}
    return {"/api/v1/feeds/{feed}": {"post": operation}}


def _exchange() -> Json:
    media = "application/octet-stream"
    operation = _operation("exchange", "别的地区的实例送来的签名报文，答以签名的答复", [], media)
    wire = {"schema": {"type": "string", "format": "binary"}}
    operation["requestBody"] = {"required": True, "content": {media: wire}}
    return {"/api/v1/exchange": {"post": operation}}


def _till() -> Json:
    licence = {"name": "X-Licence", "in": "header", "required": True, "schema": {"type": "string"}}
    operation = _operation(
        "allowance", "收银机售前询问：可售、已到限量、请药师核对", [licence], "application/json"
    )
    words = {name: {"type": "string"} for name in ("buyer", "drug_code", "trace_code")}
    flags = {name: {"type": "boolean"} for name in ("prescription", "minor")}
    asked = {"type": "object", "required": ["drug_code", "packs"]}
    body = {**asked, "properties": {**words, **flags, "packs": {"type": "number", "exclusiveMinimum": 0}}}
    operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {"/api/v1/allowance": {"post": {**operation, "security": [{"till": []}]}}}


def _operation(name: str, summary: str, parameters: list[Json], media: str) -> Json:
    fault = {"schema": {"$ref": "#/components/schemas/Problem"}}
    return {
        "operationId": name,
        "summary": summary,
        "parameters": parameters,
        "responses": {
            "200": {"description": "好", "content": {media: {"schema": {"type": "object"}}}},
            "default": {"description": "不成", "content": {"application/problem+json": fault}},
        },
    }


def _signed(operation: Json) -> Json:
    return {**operation, "security": [{"session": []}]}


def _query(
    name: str,
    kind: str,
    text: str,
    *,
    required: bool = False,
    example: object = None,
    choices: list[str] | None = None,
) -> Json:
    schema: Json = {"type": kind, **({"enum": choices} if choices else {})}
    parameter: Json = {"name": name, "in": "query", "description": text, "schema": schema}
    return {**parameter, "required": required, **({} if example is None else {"example": example})}


def _path(name: str, text: str, example: int) -> Json:
    told = {"schema": {"type": "integer", "minimum": 0}, "example": example}
    return {"name": name, "in": "path", "required": True, "description": text, **told}


def _problem() -> Json:
    texts = {name: {"type": "string"} for name in ("type", "title", "detail")}
    return {"type": "object", "properties": {**texts, "status": {"type": "integer"}}}
