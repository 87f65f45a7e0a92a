"""Shape tiles beside the shapes themselves: nothing lost, nothing doubled, no seam, no tile too long."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import LineString, MultiLineString, MultiPolygon, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

from bench.bench_assign import wavy_areas
from geo import shape_tiles
from geo.mercator import MAX_ZOOM, tiles_covering, to_world
from geo.tiles import MAX_SHAPE_TILE_BYTES, ShapeTiles
from tests.geo.tile_reading import by_gdal, features

Tile = tuple[int, int]
corners = st.sampled_from(
    [(120.9, 30.6), (-70.4, -33.6), (179.2, 10.0), (-180.0, -5.0), (-0.3, -0.2), (20.0, 84.6), (5.0, -85.5)]
)
extents = st.sampled_from([0.02, 0.3, 0.8])


def coverage(count: int, corner: tuple[float, float], width: float) -> np.ndarray:
    """Areas that share wavy borders, laid at a corner of the world."""
    wavy = wavy_areas(count).geometry.to_numpy()
    west, south, east, north = shapely.total_bounds(wavy)
    scale = width / max(east - west, north - south)
    return shapely.transform(wavy, lambda places: (places - [west, south]) * scale + corner)


def tiles_of(shapes: np.ndarray, z: int) -> list[Tile]:
    west, south, east, north = shapely.total_bounds(shapes)
    return [tuple(tile) for tile in tiles_covering(west, south, east, north, z).tolist()]


def in_units(shapes: np.ndarray, z: int) -> np.ndarray:
    """The shapes where they belong, in units of a zoom."""
    cut = shapely.intersection(shapes, box(-180, -85.051129, 180, 85.051129))
    return shapely.transform(cut, lambda places: np.stack(to_world(*places.T), axis=1) * (4096 << z))


def _sound(shape: BaseGeometry) -> BaseGeometry:
    """Rounding may have let a ring touch itself."""
    return shapely.make_valid(shape, method="structure", keep_collapsed=False) if shape.area else shape


def read(tile: bytes, at: Tile) -> Iterator[tuple[dict[str, Any], BaseGeometry]]:
    """Features of a tile and where they lie in the world's units."""
    for one in features(tile):
        shape = shapely.geometry.shape(one["geometry"])
        yield one, shapely.transform(_sound(shape), lambda places: places + np.array(at) * 4096)


def own(at: Tile, by: int = 0) -> BaseGeometry:
    return box(at[0] * 4096 - by, at[1] * 4096 - by, (at[0] + 1) * 4096 + by, (at[1] + 1) * 4096 + by)


def put_together(ours: ShapeTiles, z: int, asked: list[Tile]) -> dict[int, list[BaseGeometry]]:
    """What all tiles proper show of each shape."""
    shown = defaultdict(list)
    for at in asked:
        for one, shape in read(ours.tile(z, *at), at):
            shown[one["id"]].append(shapely.intersection(shape, own(at)))
    return shown


@settings(max_examples=30)
@given(corner=corners, width=extents, z=st.integers(0, 12), count=st.sampled_from([4, 16]))
def test_the_tiles_of_a_zoom_are_the_whole_layer(
    corner: tuple[float, float], width: float, z: int, count: int
) -> None:
    areas = coverage(count, corner, width)
    whole = in_units(areas, z)
    shown = put_together(ShapeTiles(areas, {}), z, tiles_of(areas, z))
    assert set(shown) == {row for row, shape in enumerate(whole) if not shape.is_empty}
    for row, parts in shown.items():
        pieces = shapely.union_all(parts)
        # half a px of 8 units left out of outlines, and a unit of rounding; at least a square of one px
        allowed = 5.0 * whole[row].length + 128
        assert shapely.symmetric_difference(pieces, whole[row]).area <= allowed
        assert sum(part.area for part in parts) - pieces.area <= 1e-6 * pieces.area + 1e-3


@settings(max_examples=30)
@given(corner=corners, width=extents, z=st.integers(3, 12))
def test_neighbours_neither_gape_nor_overlap(corner: tuple[float, float], width: float, z: int) -> None:
    areas = coverage(16, corner, width)
    whole = in_units(areas, z)
    inner = shapely.union_all(whole).buffer(-12)
    large = min(shape.area for shape in whole) > 40 * 40
    ours = ShapeTiles(areas, {})
    for at in tiles_of(areas, z):
        shown = [shapely.intersection(shape, own(at)) for _, shape in read(ours.tile(z, *at), at)]
        shown = [shape for shape in shown if shape.area]  # what only touches the tile is no area of it
        covered = shapely.union_all(shown)
        assert not large or sum(shape.area for shape in shown) - covered.area <= 2
        assert shapely.difference(shapely.intersection(inner, own(at)), covered).area <= 2


@settings(max_examples=30)
@given(corner=corners, width=extents, z=st.integers(1, 12))
def test_two_tiles_show_their_common_edge_alike(corner: tuple[float, float], width: float, z: int) -> None:
    areas = coverage(9, corner, width)
    ours = ShapeTiles(areas, {})
    for x, y in tiles_of(areas, z):
        for other in ((x + 1, y), (x, y + 1)):
            if max(other) >= 1 << z:
                continue
            strip = shapely.intersection(own((x, y), 250), own(other, 250))
            here, there = (
                {one["id"]: shapely.intersection(shape, strip) for one, shape in read(ours.tile(z, *at), at)}
                for at in ((x, y), other)
            )
            for row in here.keys() | there.keys():
                one, two = here.get(row, Polygon()), there.get(row, Polygon())
                # Where the buffer ends, a cut is rounded to a unit and turns its edge by as much.
                assert shapely.symmetric_difference(one, two).area <= 2 * (one.length + two.length)


def test_the_buffer_reaches_across_the_antimeridian() -> None:
    ours = ShapeTiles([box(179.0, -1.0, 180.0, 1.0), box(-180.0, -1.0, -179.5, 1.0)], {})
    for z, at in ((4, (15, 7)), (4, (0, 7))):
        shown = {one["id"]: shape for one, shape in read(ours.tile(z, *at), at)}
        assert {0, 1} == set(shown)
        touching = shapely.intersection(shown[0], shown[1])
        assert touching.length > 0 == touching.area
    world = [one["id"] for one in features(ours.tile(0, 0, 0))]
    assert sorted(world) == [0, 0, 1, 1]


@given(
    st.lists(
        st.lists(st.tuples(st.floats(120, 121), st.floats(30, 31)), min_size=2, max_size=8),
        min_size=1,
        max_size=4,
    ),
    st.integers(0, 11),
)
def test_lines_are_all_there_and_keep_their_ends(lines: list[list[tuple[float, float]]], z: int) -> None:
    shapes = np.array([LineString(line) for line in lines], dtype=object)
    whole = shapely.transform(shapes, lambda places: np.stack(to_world(*places.T), axis=1) * (4096 << z))
    shown = put_together(ShapeTiles(shapes, {}), z, tiles_of(shapes.tolist(), z))
    assert set(shown) == set(range(len(lines)))
    for row, parts in shown.items():
        places = shapely.points(shapely.get_coordinates(whole[row]))
        near = 4.0 + 1.5 if whole[row].length >= 4 else 8.0
        assert shapely.distance(shapely.union_all(parts), places).max() <= near


def test_what_is_too_small_to_see_is_a_square_or_a_dash() -> None:
    tiny = [
        Point(121, 30.7).buffer(1e-7),
        LineString([(121.1, 30.7), (121.1000001, 30.7)]),
        box(121.2, 30.7, 121.2 + 1e-12, 31),
    ]
    ours = ShapeTiles(
        [*tiny, MultiPolygon([box(121.3, 30.7, 121.4, 30.8), box(121.5, 30.7, 121.5000001, 30.7000001)])], {}
    )
    for z in (0, 6, 10):
        shown = put_together(ours, z, tiles_of(np.array(tiny), z))
        assert shapely.union_all(shown[0]).area == 64
        assert shapely.union_all(shown[1]).length == 8
        assert shapely.union_all(shown[2]).area == 64


def test_areas_that_overlap_are_drawn_as_near_to_themselves() -> None:
    rng = np.random.default_rng(3)
    circles = np.array(
        [
            Point(*place).buffer(size)
            for place, size in zip(rng.uniform(30, 31, (30, 2)), rng.uniform(0.01, 0.4, 30), strict=True)
        ]
    )
    for z in (5, 8, 11):
        shown, whole = put_together(ShapeTiles(circles, {}), z, tiles_of(circles, z)), in_units(circles, z)
        for row, shape in enumerate(whole):
            assert (
                shapely.symmetric_difference(shapely.union_all(shown[row]), shape).area
                <= 5 * shape.length + 128
            )


def test_holes_and_parts_are_read_as_they_are(tmp_path: Path) -> None:
    ring = Polygon(
        [(120, 30), (121, 30), (121, 31), (120, 31)], [[(120.4, 30.4), (120.4, 30.6), (120.6, 30.6)]]
    )
    ours = ShapeTiles(
        [MultiPolygon([ring, box(121.5, 30, 121.9, 30.4)]), ring.interiors[0], None],
        {"name": np.array(["环", "线", "无"])},
    )
    assert (len(ours), ours.left_out) == (2, 1)
    frame = by_gdal(ours.tile(6, 53, 26), 6, 53, 26, tmp_path).to_crs(4326).set_index("name")
    assert frame.geometry["环"].is_valid
    assert frame.geometry["环"].geom_type == "MultiPolygon"
    assert [len(part.interiors) for part in frame.geometry["环"].geoms] == [1, 0]
    assert frame.geometry["线"].geom_type in ("LineString", "MultiLineString")
    assert frame["mvt_id"].tolist() == [0, 1]


@pytest.fixture(scope="module")
def dense() -> tuple[np.ndarray, ShapeTiles]:
    """3,600 areas of 200 vertices in three tiles of zoom 5."""
    areas = coverage(3600, (110.0, 25.0), 12.0)
    names = np.array([f"第{row}街道办事处辖区" for row in range(len(areas))], dtype=object)
    return areas, ShapeTiles(areas, {"name": names, "code": np.arange(len(areas)) + 330000000})


def _counted(tile: bytes) -> tuple[set[int], int]:
    """Rows of the shapes that a tile shows for themselves, and how many more its marks are of."""
    read = features(tile)
    return {one["id"] for one in read if "n" not in one["properties"]}, sum(
        one["properties"].get("n", 0) for one in read
    )


@pytest.mark.parametrize("z", [0, 3, 5, 7])
def test_no_tile_is_too_long_and_every_shape_is_counted(dense: tuple[np.ndarray, ShapeTiles], z: int) -> None:
    areas, ours = dense
    tiles = [ours.tile(z, *at) for at in tiles_of(areas, z)]
    assert 0 < max(map(len, tiles)) <= MAX_SHAPE_TILE_BYTES
    if len(tiles) == 1:
        alone, together = _counted(tiles[0])
        assert len(alone) + together == len(areas)
    else:
        assert set().union(*(_counted(tile)[0] for tile in tiles)) == set(range(len(areas)))


def test_marks_for_several_are_as_large_as_what_they_are_of(dense: tuple[np.ndarray, ShapeTiles]) -> None:
    areas = dense[0][::3]
    ours = ShapeTiles(areas, {"code": np.arange(len(areas)) + 0.5})
    with mock.patch.object(shape_tiles, "MAX_SHAPE_TILE_BYTES", 20_000):
        alone, together = _counted(ours.tile(3, 6, 3))
        assert len(alone) + together == len(areas) > len(alone)
        shown = [(one, shape) for one, shape in read(ours.tile(4, 13, 6), (13, 6))]
    area = sum(shape.area for shape in in_units(areas, 4) if own((13, 6), 200).contains(shape))
    assert sum("n" in one["properties"] for one, _ in shown) > 10
    assert sum(shape.area for _, shape in shown) == pytest.approx(area, rel=0.25)


def test_the_middle_one_of_those_that_are_known_speaks_for_several(
    dense: tuple[np.ndarray, ShapeTiles],
) -> None:
    areas = dense[0]
    rng = np.random.default_rng(5)
    value = np.where(rng.random(len(areas)) < 0.3, np.nan, rng.integers(0, 50, len(areas)).astype(float))
    value[: len(areas) // 3] = np.nan  # a whole part of the map of which nothing is known
    kind = np.where(
        np.isnan(value), "unknown", np.char.add("c", np.nan_to_num(value).astype(int).astype(str))
    )
    columns = {"name": np.array([f"A{one}" for one in range(len(areas))]), "value": value, "kind": kind}
    plain = ShapeTiles(areas, {})
    ours = plain.told(columns, middle="value", spoken=("value", "kind"))
    with mock.patch.object(shape_tiles, "MAX_SHAPE_TILE_BYTES", 40_000):
        marks = [one["properties"] for one in features(ours.tile(3, 6, 3)) if "n" in one["properties"]]
        level = ours._level(3)
    assert len(marks) > 10
    assert not any("name" in one for one in marks)
    assert all((one["kind"] == "unknown") == ("value" not in one) for one in marks)
    assert all(one["kind"] == f"c{int(one['value'])}" for one in marks if "value" in one)
    ends = np.cumsum(level.together)
    groups = [level.members[end - count : end] for end, count in zip(ends, level.together, strict=True)]
    expected = [sorted(value[one][~np.isnan(value[one])]) for one in groups]
    middles = [one[(len(one) - 1) // 2] if one else None for one in expected]
    said = sorted((one["n"], one.get("value", -1.0)) for one in marks)
    assert said == sorted(
        (len(one), -1.0 if two is None else two) for one, two in zip(groups, middles, strict=True)
    )


@pytest.mark.parametrize("wrong", [{"middle": "nothing"}, {"spoken": ("nothing",)}])
def test_only_a_column_can_speak(dense: tuple[np.ndarray, ShapeTiles], wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no column 'nothing'"):
        dense[1].told({"value": np.zeros(len(dense[0]))}, **wrong)


def test_a_tile_that_is_too_long_after_all_loses_vertices_and_no_shape() -> None:
    comb = [(121 + step * 1e-6, 30 + (step % 2) * 1.0) for step in range(60_000)]
    combs = [LineString([(x, y + 0.1 * row) for x, y in comb]) for row in range(3)]
    ours = ShapeTiles(combs, {})
    tile = ours.tile(16, 54796, 26900)
    assert 0 < len(tile) <= MAX_SHAPE_TILE_BYTES
    assert {one["id"] for one in features(tile)} == {0, 1, 2}


def test_so_many_over_one_another_that_none_can_be_left_out_are_refused() -> None:
    ours = ShapeTiles(
        [box(100 + row * 1e-3, 20, 130, 40) for row in range(400)],
        {"text": np.array([f"{row}" * 400 for row in range(400)])},
    )
    with pytest.raises(ValueError, match="draw fewer shapes"):
        ours.tile(7, 105, 52)


def test_real_towns_are_valid_and_all_there(towns: gpd.GeoDataFrame, tmp_path: Path) -> None:
    shapes = shapely.make_valid(towns.geometry.to_numpy())
    shapes = shapes[np.isin(shapely.get_type_id(shapes), (3, 6))]
    ours = ShapeTiles(shapes, {"code": np.arange(len(shapes))})
    shown = set()
    for x, y in tiles_of(shapes, 9):
        if tile := ours.tile(9, x, y):
            assert len(tile) <= MAX_SHAPE_TILE_BYTES
            frame = by_gdal(tile, 9, x, y, tmp_path)
            shown |= set(frame["code"])
            assert set(frame.geometry.geom_type) <= {"Polygon", "MultiPolygon"}
    assert shown == set(range(len(shapes)))


def test_a_zoom_is_the_same_whichever_was_asked_first() -> None:
    areas = coverage(25, (120.0, 30.0), 0.9)
    one, other = ShapeTiles(areas, {}), ShapeTiles(areas, {})
    asked = [(z, *at) for z in (2, 9, 6, 15, 11) for at in tiles_of(areas, min(z, 11))[:4] if z <= 11 or at]
    asked = [(z, x, y) for z, x, y in asked if max(x, y) < 1 << z]
    forth = [one.tile(*tile) for tile in asked]
    back = [other.tile(*tile) for tile in reversed(asked)]
    assert forth == back[::-1]


def test_nothing_is_an_empty_tile() -> None:
    assert ShapeTiles([], {}).tile(0, 0, 0) == b""
    ours = ShapeTiles([None, Polygon(), box(0, 86, 1, 88)], {"a": np.arange(3)})
    assert (len(ours), ours.left_out, ours.tile(3, 4, 0)) == (0, 3, b"")
    assert ShapeTiles([box(0, 0, 1, 1)], {}).tile(5, 0, 0) == b""


@pytest.mark.parametrize(
    ("shapes", "columns", "said"),
    [
        ([Point(1, 2)], {}, "shape 0 is a Point"),
        ([box(0, 0, 1, 1), Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])], {}, "shape 1 is invalid.*repair"),
        ([box(179, 0, 181, 1)], {}, "cut it at the antimeridian"),
        ([MultiLineString([[(-181, 0), (1, 1)]])], {}, "cut it at the antimeridian"),
        ([box(0, 0, 1, 1)], {"n": np.array([1])}, "rename it"),
        ([box(0, 0, 1, 1)], {"a": np.array([1, 2])}, "give 1 values"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_remedy(
    shapes: list[BaseGeometry], columns: dict[str, np.ndarray], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        ShapeTiles(shapes, columns)


@pytest.mark.parametrize("tile", [(MAX_ZOOM + 1, 0, 0), (2, 4, 0)])
def test_a_tile_that_is_not_there_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match="zoom"):
        ShapeTiles([box(0, 0, 1, 1)], {}).tile(*tile)


def test_other_columns_over_the_same_shapes_are_as_if_made_anew():
    squares = [
        shapely.box(121 + i * 0.01, 30 + j * 0.01, 121.01 + i * 0.01, 30.01 + j * 0.01)
        for i in range(12)
        for j in range(12)
    ]
    values = np.arange(144, dtype=float)
    names = np.array([f"镇{i}" for i in range(144)])
    bare = ShapeTiles(squares, {})
    for columns in ({"value": values}, {"value": values, "name": names}, {"value": values[::-1].copy()}):
        told, anew = bare.told(columns), ShapeTiles(squares, columns)
        for place in ((7, 107, 52), (10, 856, 421), (12, 3425, 1684)):
            assert told.tile(*place) == anew.tile(*place)
    again = bare.told({"value": values + 1})
    assert again._levels is bare.told({"value": values})._levels
    with pytest.raises(ValueError, match="'n'"):
        bare.told({"n": values})


def test_what_was_made_for_other_columns_does_not_change_a_tile() -> None:
    """Long names ask for more room: a zoom is then sparser, whatever was made of it for short ones."""
    areas = coverage(400, (120.9, 30.6), 0.8)
    long = {"name": np.array([f"{number:04d}" * 300 for number in range(len(areas))], dtype=object)}
    short = {"name": np.array([f"{number:04d}" for number in range(len(areas))], dtype=object)}
    shared = ShapeTiles(areas, short)
    for z in (4, 8, 4):
        for columns in (short, long, short):
            ours, fresh = shared.told(columns), ShapeTiles(areas, columns)
            for x, y in tiles_of(areas, z):
                assert ours.tile(z, x, y) == fresh.tile(z, x, y)
