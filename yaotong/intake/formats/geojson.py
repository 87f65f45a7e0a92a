"""GeoJSON and TopoJSON: features with properties, or one bare geometry. WGS-84 unless they say otherwise."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geo.topology import topojson_to_frame
from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import GEOMETRY, Source
from yaotong.intake.formats.delimited import to_utf8
from yaotong.intake.formats.jsonlines import text_frame
from yaotong.intake.formats.jsontext import parse_json, plain


@np.errstate(over="ignore", invalid="ignore")  # an infinite coordinate is judged with its outline
def read_geojson(data: bytes, limits: Limits, layer: str | None = None) -> Source:
    """Read GeoJSON or TopoJSON bytes; `layer` chooses the object of a TopoJSON that has several.

    A feature whose geometry cannot be built keeps its row with none: that is the row's problem.

    Raises:
        FileRefused: bad_json, json_depth, bad_schema (layer), corrupt_file, unsupported_crs and limits.
    """
    document = parse_json(to_utf8(data).decode("utf-8"), limits.json_depth)
    if not isinstance(document, dict):
        raise FileRefused("bad_json", "GeoJSON 应当是一个对象。")
    if document.get("type") == "Topology":
        return _from_topology(document, limits, layer)
    features = _features(document)
    if len(features) > limits.rows:
        raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 个要素。请拆分后分别送来。")
    frame = text_frame([_properties(one, number) for number, one in enumerate(features, 1)], limits)
    return Source(_with_shapes(frame, [_shape(one) for one in features]), crs=_crs(document), geo=True)


def _features(document: dict[str, Any]) -> list[dict[str, Any]]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        features = document.get("features")
        if not isinstance(features, list) or not all(isinstance(one, dict) for one in features):
            raise FileRefused("bad_json", "FeatureCollection 的 features 应为要素的列表。")
        return features
    if kind == "Feature":
        return [document]
    if "coordinates" in document or "geometries" in document:
        return [{"properties": {}, "geometry": document}]
    raise FileRefused("unknown_format", "既不是 GeoJSON 也不是 TopoJSON。")


def _properties(feature: dict[str, Any], number: int) -> dict[str, str | None]:
    properties = feature.get("properties") or {}
    try:
        return {str(name): plain(value) for name, value in properties.items()}
    except (ValueError, AttributeError):
        raise FileRefused("bad_json", f"第 {number} 个要素的属性不是简单的值。") from None


def _shape(feature: dict[str, Any]) -> BaseGeometry | None:
    try:
        return shape(feature["geometry"]) if feature.get("geometry") else None
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, shapely.errors.ShapelyError):
        return None  # reported as bad_geometry of this row


def _with_shapes(frame: pd.DataFrame, shapes: list[BaseGeometry | None]) -> pd.DataFrame:
    values = np.empty(len(shapes), dtype=object)
    values[:] = shapes
    if GEOMETRY in frame.columns:
        raise FileRefused("bad_schema", "要素的属性里不能有名为 geometry 的字段。")
    return frame.assign(**{GEOMETRY: pd.Series(values, index=frame.index, dtype=object)})


def _crs(document: dict[str, Any]) -> str | None:
    """The name in a `crs` member (GeoJSON 2008), which real files still carry."""
    member = document.get("crs")
    if member is None:
        return None
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else member
    if not isinstance(name, str):
        raise FileRefused(
            "unsupported_crs", "crs 成员没有写明坐标系的名称。请写 wgs84、cgcs2000、gcj02 或 bd09。"
        )
    return name


def _cells(values: pd.Series) -> list[Any]:
    """A column's values as Python has them; None where there is none."""
    return [cell if there else None for cell, there in zip(values.tolist(), values.notna(), strict=True)]


def _from_topology(document: dict[str, Any], limits: Limits, layer: str | None) -> Source:
    try:
        found = topojson_to_frame(document, layer)
    except (ValueError, OverflowError) as error:
        if "layer" in str(error) and "damaged" not in str(error):
            layers = header_text(list(document["objects"]))
            raise FileRefused(
                "bad_schema", f"TopoJSON 的图层有：{layers}。请只留一个，或用 --profile 指明来源。"
            ) from None
        raise FileRefused("corrupt_file", "TopoJSON 已损坏。请重新导出。") from None
    cells = {str(name): _cells(found[name]) for name in found.columns if name != GEOMETRY}
    features = [
        {"properties": dict(zip(cells, row, strict=True))} for row in zip(*cells.values(), strict=True)
    ]
    frame = text_frame([_properties(one, number) for number, one in enumerate(features, 1)], limits)
    empty = [name for name in frame.columns if name == "id" and frame[name].isna().all()]
    return Source(_with_shapes(frame.drop(columns=empty), list(found.geometry)), crs=_crs(document), geo=True)
