"""Read TopoJSON, whose polygons share their arcs, into a GeoDataFrame.

GDAL has a driver for it, which agrees on sound files but was not used: it drops null geometries and
collections inside a layer, closes a ring around an arc that does not exist, and reads ``"2020/01/02"`` as a
date, all silently.
Format: https://github.com/topojson/topojson-specification, version 1.0.0.
"""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, cast

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

Json = Mapping[str, Any]
Coordinates = NDArray[np.float64]
_RESERVED: Final = ("id", "geometry")
# A part is missing or of another kind, or a ring passes through what is no number.
_DAMAGE: Final = (KeyError, IndexError, TypeError, AttributeError, OverflowError, shapely.errors.ShapelyError)


def read_topojson(path: str | Path, layer: str | None = None) -> gpd.GeoDataFrame:
    """Read one object of a TopoJSON file.

    Args:
        path: the file, UTF-8.
        layer: name of the object; may be left out when there is only one.

    Returns:
        One row per geometry of the object with columns ``id`` (as written, missing where there is none),
        the properties, and ``geometry`` (``None`` where null). A property named ``id`` or ``geometry`` is
        called ``id_property`` or ``geometry_property``. A ring that quantising shrank to fewer than three
        places has no area and is left out, so a polygon may be empty. A ring left open by one quantising
        step is closed. ``crs`` is not set: the file cannot vouch for it.

    Raises:
        ValueError: not TopoJSON, damaged, or ``layer`` missing or unknown (the message lists the layers).
    """
    document: object = json.loads(Path(path).read_text(encoding="utf-8-sig"))
    if not isinstance(document, dict):
        raise ValueError("not TopoJSON: the document must be one object")
    return topojson_to_frame(document, layer)


def topojson_to_frame(topology: Json, layer: str | None = None) -> gpd.GeoDataFrame:
    """Decode a parsed TopoJSON document; arguments, result and errors as in :func:`read_topojson`."""
    if topology.get("type") != "Topology":
        raise ValueError("not TopoJSON: the document's type must be Topology")
    chosen = _choose(topology, layer)
    members = chosen.get("geometries", []) if chosen.get("type") == "GeometryCollection" else [chosen]
    shapes = _shapes(topology, members)
    columns: dict[str, list[Any]] = {"id": [member.get("id") for member in members]}
    properties = [member.get("properties") or {} for member in members]
    if not all(isinstance(one, Mapping) for one in properties):
        raise ValueError("damaged TopoJSON: properties must be an object")
    for name in dict.fromkeys(key for row in properties for key in row):
        columns[f"{name}_property" if name in _RESERVED else name] = [row.get(name) for row in properties]
    return gpd.GeoDataFrame(columns, geometry=np.array(shapes, dtype=object))


def _choose(topology: Json, layer: str | None) -> Json:
    objects = topology.get("objects")
    if not isinstance(objects, Mapping) or not objects:
        raise ValueError("the TopoJSON document has no objects")
    if layer is None and len(objects) > 1:
        raise ValueError(f"the file has several layers: choose one of {', '.join(objects)}")
    name = next(iter(objects)) if layer is None else layer
    if name not in objects:
        raise ValueError(f"no layer {name!r}: choose one of {', '.join(objects)}")
    if not isinstance(objects[name], Mapping):
        raise ValueError(f"damaged TopoJSON: layer {name!r} is not an object")
    return cast(Json, objects[name])


def _shapes(topology: Json, members: Sequence[Json]) -> list[BaseGeometry | None]:
    try:
        decoder = _Decoder(topology)
        return [decoder.shape(member) for member in members]
    except _DAMAGE as error:
        raise ValueError(f"damaged TopoJSON: {type(error).__name__} {error}") from error


class _Decoder:
    """Turns arc numbers and quantised positions of one topology into shapely geometries."""

    def __init__(self, topology: Json) -> None:
        transform = topology.get("transform")
        self._scale = None if transform is None else np.asarray(transform["scale"], dtype=np.float64)
        self._translate = None if transform is None else np.asarray(transform["translate"], dtype=np.float64)
        # us-atlas leaves rings open by one step where it dissolved counties into states: shapely closes them.
        self._closing_gap = 0.0 if self._scale is None else 1.5 * np.abs(self._scale)
        self._arcs = [self._arc(arc) for arc in topology.get("arcs", [])]

    def shape(self, member: Json) -> BaseGeometry | None:
        """Build the geometry of one member, ``None`` for a null one."""
        kind = member.get("type")
        if kind is None:
            return None
        if kind in ("Point", "MultiPoint"):
            positions = self._place(np.asarray(member["coordinates"], dtype=np.float64))
            return shapely.Point(positions) if kind == "Point" else shapely.MultiPoint(positions)
        if kind == "GeometryCollection":
            parts = [self.shape(part) for part in member["geometries"]]
            return shapely.GeometryCollection([part for part in parts if part is not None])
        return self._from_arcs(str(kind), member)

    def _from_arcs(self, kind: str, member: Json) -> BaseGeometry:
        arcs = member.get("arcs", [])
        if kind == "LineString":
            return shapely.LineString(self._join(arcs))
        if kind == "MultiLineString":
            return shapely.MultiLineString([self._join(line) for line in arcs])
        if kind == "Polygon":
            return self._polygon(arcs)
        if kind == "MultiPolygon":
            polygons = [self._polygon(rings) for rings in arcs]
            return shapely.MultiPolygon([polygon for polygon in polygons if not polygon.is_empty])
        raise ValueError(f"unknown TopoJSON geometry type {kind!r}")

    def _polygon(self, rings: Sequence[Sequence[int]]) -> shapely.Polygon:
        lines = [self._join(ring) for ring in rings]
        for line in lines:
            gap = np.abs(line[0] - line[-1])
            if (gap > self._closing_gap).any():
                raise ValueError(f"damaged TopoJSON: a ring is left open by {gap.max():g} degrees")
        if not lines or len(lines[0]) < 4:  # a shell of fewer places has no area
            return shapely.Polygon()
        return shapely.Polygon(lines[0], [hole for hole in lines[1:] if len(hole) >= 4])

    def _join(self, numbers: Sequence[int]) -> Coordinates:
        """String arcs together; each begins where the one before it ended, and that place is kept once."""
        if not numbers:
            raise ValueError("damaged TopoJSON: a line or ring without arcs")
        pieces = [self._directed(number) for number in numbers]
        for before, after in pairwise(pieces):
            if not np.array_equal(before[-1], after[0]):
                raise ValueError(f"damaged TopoJSON: arcs {list(numbers)[:5]} do not follow each other")
        return np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])

    def _directed(self, number: int) -> Coordinates:
        """Return arc ``number``; a negative one is the complement ~number, walked backwards."""
        position = ~number if number < 0 else number
        if position >= len(self._arcs):
            raise ValueError(f"damaged TopoJSON: arc {number} of only {len(self._arcs)}")
        return self._arcs[position][::-1] if number < 0 else self._arcs[position]

    def _arc(self, arc: Sequence[Sequence[float]]) -> Coordinates:
        positions = np.asarray([place[:2] for place in arc], dtype=np.float64)
        # Steps are whole numbers far below 2**53, so their running sum in float64 is exact.
        return self._place(positions if self._scale is None else np.cumsum(positions, axis=0))

    def _place(self, positions: Coordinates) -> Coordinates:
        if self._scale is None or self._translate is None:
            return positions[..., :2]
        return positions[..., :2] * self._scale + self._translate
