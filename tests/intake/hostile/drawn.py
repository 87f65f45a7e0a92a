"""GeoJSON, TopoJSON and GeoPackage: outlines that are none, and files that say what is not so."""

from __future__ import annotations

import json
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from tests.intake.hostile.sent import Sent, bad, good, row
from yaotong.intake import Limits

RING = [[121.0, 30.0], [121.1, 30.0], [121.1, 30.1], [121.0, 30.1], [121.0, 30.0]]
SHAPE = {"type": "Polygon", "coordinates": [RING]}
NAMED = {"area_code": "910001", "area_name": "示例镇"}
_SQLITE = b"SQLite format 3\0"


def drawn_files(rng: random.Random) -> Iterator[Sent]:
    """Every case of outlines."""
    for part in (_shapes, _documents, _systems, _sizes, _topologies, _packages, _texts):
        yield from part(rng)


def geojson(*shapes: Any, **members: Any) -> str:
    """A collection of named areas; the first is the shape of the case."""
    features = [
        {"type": "Feature", "properties": {**NAMED, "area_code": f"91000{number}"}, "geometry": shape}
        for number, shape in enumerate(shapes, 1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def _shapes(rng: random.Random) -> Iterator[Sent]:
    wrong: dict[str, Any] = {
        "nothing": None,
        "a word": "x",
        "a list": [1],
        "a point": {"type": "Point", "coordinates": [121, 30]},
        "a line": {"type": "LineString", "coordinates": RING},
        "an unknown type": {"type": "Circle", "coordinates": [121, 30]},
        "a type that is a list": {"type": ["Polygon"], "coordinates": [RING]},
        "no ring": {"type": "Polygon", "coordinates": []},
        "a ring of two places": {"type": "Polygon", "coordinates": [RING[:2]]},
        "a ring on a line": {"type": "Polygon", "coordinates": [[RING[0], RING[1], RING[0], RING[0]]]},
        "places of one number": {"type": "Polygon", "coordinates": [[[121], [122], [123], [121]]]},
        "words for numbers": {"type": "Polygon", "coordinates": [[["121", "x"]] * 4]},
        "null for a number": {"type": "Polygon", "coordinates": [[[None, 30], *RING]]},
        "a number of 399 digits": {"type": "Polygon", "coordinates": [[[10**398, 30], *RING]]},
        "metres": {"type": "Polygon", "coordinates": [[[east * 1e4, north * 1e5] for east, north in RING]]},
        "just off the globe": {"type": "Polygon", "coordinates": [[[east + 59, north] for east, north in RING]]},
        "no list of parts": {"type": "GeometryCollection", "geometries": None},
    }  # fmt: skip
    for title, shape in wrong.items():
        yield row("bad_geometry", title, "a.geojson", geojson(shape, SHAPE), feed="areas")
    endless = geojson(SHAPE, SHAPE).replace("121.0", "1e400", 1)
    yield row("bad_geometry", "a number without end", "a.geojson", endless, feed="areas")
    sound: dict[str, Any] = {
        "open": {"type": "Polygon", "coordinates": [RING[:-1]]},
        "turned about": {"type": "Polygon", "coordinates": [RING[::-1]]},
        "crossing itself": {"type": "Polygon", "coordinates": [[RING[0], RING[2], RING[1], RING[3], RING[0]]]},
        "with heights": {"type": "Polygon", "coordinates": [[[*place, 5] for place in RING]]},
        "on the edge of the globe": {"type": "Polygon", "coordinates": [[[180 - x + 121, y] for x, y in RING]]},
        "in a collection": {"type": "GeometryCollection", "geometries": [SHAPE]},
        "with a box that lies": {**SHAPE, "bbox": [0, 0, 1, 1]},
    }  # fmt: skip
    for title, shape in sound.items():
        yield good("bad_geometry", title, "a.geojson", geojson(shape, SHAPE), feed="areas")


def _documents(rng: random.Random) -> Iterator[Sent]:
    wrong = {
        "a list": "[]",
        "nothing after the bracket": "{",
        "features that are none": '{"type": "FeatureCollection", "features": null}',
        "features that are numbers": '{"type": "FeatureCollection", "features": [1]}',
        "properties that are a list": '{"type": "Feature", "properties": [1], "geometry": null}',
        "properties within properties": geojson(SHAPE)
        .replace('"示例镇"', '{"a": 1}')
        .replace(_ESCAPED, '{"a": 1}'),
        "nan": geojson(SHAPE).replace("121.0", "NaN"),
        "a name twice": geojson(SHAPE).replace('{"area_code"', '{"area_code": "1", "area_code"'),
        "a number of 5,000 digits": geojson(SHAPE).replace("121.0", "9" * 5_000, 1),
        "half a letter": geojson(SHAPE).replace(_ESCAPED, '"\\ud800"'),
    }
    for title, content in wrong.items():
        yield bad("bad_json", f"geojson {title}", "a.geojson", content, feed="areas")
    yield good("bad_json", "geojson", "a.json", geojson(SHAPE), feed="areas")
    yield good("bad_json", "a box that lies", "a.geojson", geojson(SHAPE, bbox=[0, 0, 1, "x"]), feed="areas")
    yield bad("unknown_format", "an unknown type", "a.geojson", '{"type": "Sphere"}', feed="areas")
    yield bad("unknown_format", "no type", "a.geojson", "{}", feed="areas")
    yield bad("missing_column", "no features", "a.geojson", geojson(), feed="areas")
    yield bad(
        "bad_schema",
        "a property called geometry",
        "a.geojson",
        _renamed("area_name", "geometry"),
        feed="areas",
    )
    yield bad("bad_schema", "lines of sales that are drawn", "a.geojson", geojson(SHAPE), feed="sales")
    yield bad("bad_encoding", "geojson in UTF-16", "a.geojson", geojson(SHAPE).encode("utf-16"), feed="areas")


_ESCAPED = json.dumps(NAMED["area_name"])


def _renamed(old: str, new: str) -> str:
    return geojson(SHAPE).replace(f'"{old}"', f'"{new}"')


def _systems(rng: random.Random) -> Iterator[Sent]:
    wrong: tuple[Any, ...] = (
        "EPSG:3857", "mars", "", [], 3, {"type": "name"}, {"properties": []}, {"properties": "x"},
        {"type": "name", "properties": {"name": "EPSG:2385"}}, {"type": "link", "properties": {"href": "http://x"}},
    )  # fmt: skip
    for number, crs in enumerate(wrong):
        yield bad("unsupported_crs", f"geojson {number}", "a.geojson", geojson(SHAPE, crs=crs), feed="areas")
    right: tuple[Any, ...] = (
        None, "wgs84", "GCJ-02", {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}},
        {"type": "name", "properties": {"name": "EPSG:4490"}},
    )  # fmt: skip
    for number, crs in enumerate(right):
        yield good(
            "unsupported_crs", f"geojson {number} sound", "a.geojson", geojson(SHAPE, crs=crs), feed="areas"
        )


def _sizes(rng: random.Random) -> Iterator[Sent]:
    two = geojson(SHAPE, SHAPE)
    yield bad("too_many_rows", "a feature more", "a.geojson", two, feed="areas", limits=Limits(rows=1))
    yield good(
        "too_many_rows", "just as many features", "a.geojson", two, feed="areas", limits=Limits(rows=2)
    )
    for depth, ends in ((31, ""), (32, "json_depth"), (100_000, "json_depth")):
        deep = geojson(SHAPE)[:-1] + ', "note": ' + "[" * depth + "]" * depth + "}"
        yield Sent(
            "json_depth",
            f"geojson of {depth + 1} levels",
            "a.geojson",
            deep.encode(),
            ends=ends,
            feed="areas",
        )


def topology(**changes: Any) -> str:
    """One square as TopoJSON, with changes to the document."""
    member = {"type": "Polygon", "arcs": [[0]], "properties": NAMED}
    whole = {
        "type": "Topology",
        "arcs": [RING],
        "objects": {"towns": {"type": "GeometryCollection", "geometries": [member]}},
    }
    return json.dumps({**whole, **changes})


def _topologies(rng: random.Random) -> Iterator[Sent]:
    member = {"type": "Polygon", "arcs": [[0]], "properties": NAMED}
    wrong: dict[str, dict[str, Any]] = {
        "no objects": {"objects": {}},
        "objects that are a list": {"objects": []},
        "an object that is a word": {"objects": {"a": "x"}},
        "no arcs": {"arcs": None},
        "an arc that is not there": {"arcs": []},
        "an arc by half": {"objects": {"a": {**member, "arcs": [[0.5]]}}},
        "a scale that is a word": {"transform": {"scale": ["x", 1], "translate": [0, 0]}},
        "half a scale": {"transform": {"scale": [1]}},
        "properties that are a list": {"objects": {"a": {**member, "properties": [1]}}},
        "a number of 399 digits": {"arcs": [[[10**398, 30], *RING]]},
    }
    for title, changes in wrong.items():
        yield bad("corrupt_file", f"topojson {title}", "a.topojson", topology(**changes), feed="areas")
    yield good("corrupt_file", "topojson", "a.topojson", topology(), feed="areas")
    both = {"objects": {"a": member, "b": member}}
    yield bad("bad_schema", "topojson of two layers", "a.topojson", topology(**both), feed="areas")
    yield good(
        "bad_schema", "topojson of one layer", "a.topojson", topology(objects={"a": member}), feed="areas"
    )


def _packages(rng: random.Random) -> Iterator[Sent]:
    with tempfile.TemporaryDirectory() as folder:
        sound, plain = _package(Path(folder), 4326), _plain(Path(folder))
        metres, nowhere = _package(Path(folder), 32650), _package(Path(folder), None)
        double = _package(Path(folder), 4326, "towns", "more")
    rest: dict[str, Any] = {"feed": "areas"}
    yield good("corrupt_file", "geopackage", "a.gpkg", sound, **rest)
    yield bad("corrupt_file", "a plain database", "a.gpkg", plain, **rest)
    yield bad("corrupt_file", "a database of zeros", "a.gpkg", _SQLITE + b"\0" * 4_080, **rest)
    yield bad("corrupt_file", "geopackage cut", "a.gpkg", sound[: len(sound) // 4], **rest)
    yield bad("ext_mismatch", "text called geopackage", "a.gpkg", geojson(SHAPE), **rest)
    yield good("unsupported_crs", "geopackage in metres of a known system", "a.gpkg", metres, **rest)
    yield bad("unsupported_crs", "geopackage of no system", "a.gpkg", nowhere, **rest)
    yield bad("bad_schema", "geopackage of two layers", "a.gpkg", double, **rest)
    yield bad("too_many_rows", "geopackage, a row more", "a.gpkg", _rows(2), **rest, limits=Limits(rows=1))
    yield good("too_many_rows", "geopackage, just as many", "a.gpkg", _rows(2), **rest, limits=Limits(rows=2))


def _package(folder: Path, epsg: int | None, *layers: str, rows: int = 1) -> bytes:
    names = {"area_code": [f"9{one}" for one in range(rows)], "area_name": ["示例镇"] * rows}
    frame = gpd.GeoDataFrame(names, geometry=[shapely.Polygon(RING)] * rows, crs=4326)
    placed = frame.set_crs(None, allow_override=True) if epsg is None else frame.to_crs(epsg)
    path = folder / f"{epsg}-{len(layers)}.gpkg"
    for layer in layers or ("towns",):
        placed.to_file(path, layer=layer)
    return path.read_bytes()


def _rows(count: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return _package(Path(folder), 4326, rows=count)


def _plain(folder: Path) -> bytes:
    path = folder / "plain.db"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE towns (area_code TEXT, area_name TEXT)")
    database.close()
    return path.read_bytes()


def _texts(rng: random.Random) -> Iterator[Sent]:
    head = "area_code;area_name;geometry;crs\n"
    sound = f'1;示例镇;"{shapely.Polygon(RING).wkt}";wgs84\n'
    for title, shape in (
        ("half", "POLYGON((0 0"),
        ("a word", "square"),
        ("empty", "POLYGON EMPTY"),
        ("nan", "POINT(nan nan)"),
    ):
        yield row("bad_geometry", f"wkt {title}", "a.csv", f"{head}{sound}2;镇;{shape};wgs84\n", feed="areas")
    yield good("bad_geometry", "wkt", "a.csv", head + sound, feed="areas")
    yield bad(
        "unsupported_crs",
        "wkt of no system",
        "a.csv",
        (head + sound).replace(";wgs84", "").replace(";crs", ""),
        feed="areas",
    )
