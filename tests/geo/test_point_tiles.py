"""Point tiles beside a slow plain twin: every point, in every tile that should show it, said once and alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import point_tiles
from geo.mercator import MAX_ZOOM, to_grid
from geo.tile_frame import MAX_TILE_BYTES
from geo.tiles import PointTiles
from tests.geo.tile_reading import points

WORLD = 1 << 32
TOTALS = {"packs": "sum", "worst": "max", "first": "min", "weight": "sum"}
special = st.sampled_from([-180.0, 180.0, 179.9999, -179.9999, 0.0, 121.0, 121.0001, 121.02])
longitudes = special | st.floats(-180, 180)
latitudes = st.sampled_from([85.0511, -85.0511, 90.0, 0.0, 30.7, 30.7001, 30.68, -33.0]) | st.floats(-90, 90)
degrees = st.tuples(longitudes, latitudes) | st.just((np.nan, 3.0)) | st.just((3.0, np.nan))
places = st.lists(degrees, min_size=1, max_size=25)
Read = list[tuple[int, int, dict[str, Any]]]


def _columns(count: int) -> dict[str, np.ndarray]:
    number = np.arange(count)
    return {
        "name": np.array([f"店{i}" for i in number], dtype=object),
        "town": np.array([None if i % 4 == 0 else f"镇{i % 3}" for i in number], dtype=object),
        "packs": number * 7 - 20,
        "worst": (number % 4).astype(np.int8),
        "first": np.where(number % 3 == 0, np.nan, number / 3),
        "weight": np.where(number % 5 < 3, np.nan, number * 0.5),
        "open": number % 2 == 0,
    }


def _tiles(listed: list[tuple[float, float]]) -> tuple[PointTiles, np.ndarray, dict[str, np.ndarray]]:
    array = np.array(listed, dtype=float).reshape(-1, 2)
    columns = _columns(len(array))
    return PointTiles(array[:, 0], array[:, 1], columns, TOTALS), array, columns


class Twin:
    """The same drawing, point by point."""

    def __init__(self, array: np.ndarray, columns: dict[str, np.ndarray]) -> None:
        self.columns = columns
        self.rows = [
            row for row, (x, y) in enumerate(array.tolist()) if x == x and abs(y) <= 85.05112877980659
        ]
        self.at = {
            row: tuple(int(step[0]) for step in to_grid([array[row, 0]], [array[row, 1]]))
            for row in self.rows
        }

    def told(self, row: int) -> dict[str, Any]:
        said = {name: column[row : row + 1].tolist()[0] for name, column in self.columns.items()}
        return {
            **{name: value for name, value in said.items() if value is not None and value == value},
            "#": row,
        }

    def drawn(self, z: int, *, together: bool) -> list[tuple[int, int, dict[str, Any]]]:
        """Steps of the grid and properties of every feature of a zoom."""
        groups = defaultdict(list)
        for row in self.rows:
            cell = WORLD >> (z + 4)
            groups[(self.at[row][0] // cell, self.at[row][1] // cell) if together else row].append(row)
        return [self._feature(rows) for rows in groups.values()]

    def _feature(self, rows: list[int]) -> tuple[int, int, dict[str, Any]]:
        x, y = (sum(self.at[row][axis] for row in rows) // len(rows) for axis in (0, 1))
        if len(rows) == 1:
            return x, y, self.told(rows[0])
        said: dict[str, Any] = {"n": len(rows)}
        for name, way in TOTALS.items():
            known = [value for value in self.columns[name][rows].tolist() if value == value]
            if known:
                said[name] = {"sum": sum, "max": max, "min": min}[way](known)
        return x, y, said

    def tile(self, z: int, x: int, y: int, *, together: bool) -> Read:
        side, found = WORLD >> z, []
        for gx, gy, said in self.drawn(z, together=together):
            for turn in (-1, 0, 1):
                px, py = (((gx + turn * WORLD - x * side) * 4096) // side, ((gy - y * side) * 4096) // side)
                if -256 <= px < 4352 and -256 <= py < 4352:
                    found.append((px, py, said))
        return found


def _in_order(read: Read) -> list[str]:
    return sorted(repr((x, y, sorted(said.items()))) for x, y, said in read)


def _asked(tiles: Twin, z: int) -> Iterator[tuple[int, int]]:
    """Tiles of a zoom around every point, the empty ones beside them too."""
    around = set()
    for gx, gy in tiles.at.values():
        x, y = gx >> (32 - z), gy >> (32 - z)
        around |= {((x + dx) % (1 << z), y + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)}
    return ((x, y) for x, y in sorted(around) if 0 <= y < 1 << z)


@pytest.mark.parametrize("together", [False, True])
@given(listed=places, z=st.integers(0, MAX_ZOOM))
def test_a_zoom_is_drawn_as_its_slow_twin_draws_it(
    together: bool, listed: list[tuple[float, float]], z: int
) -> None:
    with mock.patch.object(point_tiles, "MAX_IN_CELL", 0 if together else 90):
        ours, array, columns = _tiles(listed)
        twin = Twin(array, columns)
        assert (len(ours), ours.left_out) == (len(twin.rows), len(array) - len(twin.rows))
        for x, y in [*_asked(twin, z), (0, 0)]:
            assert _in_order(points(ours.tile(z, x, y))) == _in_order(twin.tile(z, x, y, together=together))


@pytest.mark.parametrize("together", [False, True])
@given(listed=places, z=st.integers(0, 3))
def test_every_point_is_in_one_tile_proper(together: bool, listed: list[tuple[float, float]], z: int) -> None:
    with mock.patch.object(point_tiles, "MAX_IN_CELL", 0 if together else 90):
        ours, *_ = _tiles(listed)
        side, count = 1 << z, 0
        for x in range(side):
            for y in range(side):
                inside = [
                    said
                    for px, py, said in points(ours.tile(z, x, y))
                    if 0 <= min(px, py) <= max(px, py) < 4096
                ]
                count += sum(said.get("n", 1) for said in inside)
        assert count == len(ours)


@given(listed=places, z=st.integers(0, MAX_ZOOM), data=st.data())
def test_narrowed_is_as_if_the_others_had_never_been(
    listed: list[tuple[float, float]], z: int, data: st.DataObject
) -> None:
    kept = np.array(data.draw(st.lists(st.booleans(), min_size=len(listed), max_size=len(listed))))
    ours, array, columns = _tiles(listed)
    for _ in range(2):  # and so is what is narrowed again
        ours = ours.narrowed(kept)
    twin = Twin(np.where(kept[:, None], array, np.nan), columns)
    assert (len(ours), ours.left_out) == (len(twin.rows), int(kept.sum()) - len(twin.rows))
    for x, y in [*_asked(twin, z), (0, 0)]:
        assert _in_order(points(ours.tile(z, x, y))) == _in_order(
            twin.tile(z, x, y, together=z < ours.single_from)
        )


@given(listed=places, seed=st.integers(0, 99))
def test_the_order_of_the_places_does_not_matter(listed: list[tuple[float, float]], seed: int) -> None:
    array = np.array(listed)
    order = np.random.default_rng(seed).permutation(len(array))
    columns = {"name": _columns(len(array))["name"]}
    one = PointTiles(array[:, 0], array[:, 1], columns, {})
    other = PointTiles(array[order, 0], array[order, 1], {"name": columns["name"][order]}, {})

    def read(tiles: PointTiles) -> list[str]:
        return _in_order([(x, y, {**said, "#": 0}) for x, y, said in points(tiles.tile(1, 1, 0))])

    assert read(one) == read(other)


def _hot(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Towns of every density, a street on a tile's edge, one house with hundreds of shops."""
    rng = np.random.default_rng(11)
    town = rng.integers(0, 300, count)
    spread = 10.0 ** rng.uniform(-4, -1, 300)
    lon = rng.uniform(98, 122, 300)[town] + spread[town] * rng.normal(size=count)
    lat = rng.uniform(22, 41, 300)[town] + spread[town] * rng.normal(size=count)
    lon[: count // 60], lat[: count // 60] = 120.9375, rng.uniform(30, 30.4, count // 60)
    lon[-400:], lat[-400:] = 121.0123, 30.6789
    return lon, lat


def _heaviest_tiles(lon: np.ndarray, lat: np.ndarray, z: int, count: int) -> list[tuple[int, int]]:
    gx, gy = (steps.astype(np.int64) >> (32 - z) for steps in to_grid(lon, lat))
    found, sizes = np.unique(gx << 32 | gy, return_counts=True)
    return [(int(one) >> 32, int(one) & 0xFFFFFFFF) for one in found[np.argsort(-sizes)[:count]]]


@pytest.fixture(scope="module")
def country() -> tuple[np.ndarray, np.ndarray, PointTiles]:
    count = 600_000
    lon, lat = _hot(count)
    names = np.array([f"平湖市第{i}大药房有限公司" for i in range(count)], dtype=object)
    columns = {"name": names, **{name: column for name, column in _columns(count).items() if name != "name"}}
    return lon, lat, PointTiles(lon, lat, columns, TOTALS)


@pytest.mark.parametrize("z", range(MAX_ZOOM + 1))
def test_no_tile_of_a_country_is_longer_than_the_bound(
    country: tuple[np.ndarray, np.ndarray, PointTiles], z: int
) -> None:
    lon, lat, tiles = country
    drawn = {tile: tiles.tile(z, *tile) for tile in _heaviest_tiles(lon, lat, z, 40)}
    assert 0 < max(map(len, drawn.values())) <= MAX_TILE_BYTES
    heaviest = points(next(iter(drawn.values())))
    assert len(heaviest) <= 18 * 18 < sum(said.get("n", 1) for _, _, said in heaviest)


@pytest.mark.parametrize("size", [20, 60_000, 400_000])
def test_no_single_point_makes_a_tile_longer_than_the_bound(size: int) -> None:
    lon, lat = _hot(size)
    apart = np.ones(size, dtype=bool)
    apart[-400:] = False
    long = np.array([f"{i}" * (1 if i % 50 else 40) for i in range(size)], dtype=object)
    tiles = PointTiles(lon, lat, {"long": long, **_columns(size)}, TOTALS).narrowed(apart | (size < 400))
    assert tiles.single_from <= MAX_ZOOM
    for z in range(max(tiles.single_from - 1, 0), min(tiles.single_from + 2, MAX_ZOOM) + 1):
        drawn = [tiles.tile(z, *tile) for tile in _heaviest_tiles(lon, lat, z, 30)]
        assert max(map(len, drawn)) <= MAX_TILE_BYTES
        singles = all("n" not in said for tile in drawn for _, _, said in points(tile))
        assert singles == (z >= tiles.single_from)


def test_coincident_points_beyond_the_bound_stay_together_at_the_highest_zoom() -> None:
    lon, lat = np.full(5000, 121.0), np.full(5000, 30.7)
    lon[0] += 0.00002  # two metres aside
    tiles = PointTiles(lon, lat, {"packs": np.ones(5000, dtype=int)}, {"packs": "sum"})
    gx, gy = (int(step[0]) >> 10 for step in to_grid([121.0], [30.7]))
    read = points(tiles.tile(MAX_ZOOM, gx, gy))
    assert [said for _, _, said in read if "n" in said] == [{"n": 4999, "packs": 4999}]
    assert {"packs": 1, "#": 0} in [said for _, _, said in points(tiles.tile(20, gx >> 2, gy >> 2))]


def test_so_few_that_all_are_single_are_single_from_the_start() -> None:
    lon, lat = np.random.default_rng(2).uniform(-80, 80, (2, 300))
    assert PointTiles(lon, lat, {}, {}).single_from == 0


@pytest.mark.parametrize(("length", "cells"), [(250, 16), (700, 8), (2000, 4), (5000, 2), (8500, 1)])
def test_long_properties_widen_the_cells_and_keep_the_bound(length: int, cells: int) -> None:
    lon, lat = np.random.default_rng(4).uniform(-60, 60, (2, 3000))
    long = np.array([f"{i:05d}" * (length // 5) for i in range(3000)], dtype=object)
    tiles = PointTiles(lon, lat, {"long": long}, {})
    assert tiles._cells == cells
    for z in range(7):
        asked = _heaviest_tiles(lon, lat, z, 30)
        assert max(len(tiles.tile(z, *tile)) for tile in asked) <= MAX_TILE_BYTES
    read = [said for x, y, said in points(tiles.tile(0, 0, 0)) if 0 <= x < 4096]
    assert sum(said.get("n", 1) for said in read) == 3000


def test_properties_longer_than_a_tile_are_refused() -> None:
    tiles = PointTiles([1.0, 1.0], [2.0, 2.0], {"long": np.array(["x" * 200_000, "y"])}, {})
    with pytest.raises(ValueError, match="shorten them"):
        tiles.tile(0, 0, 0)


def test_threads_do_not_disturb_one_another() -> None:
    lon, lat = _hot(60_000)
    tiles = PointTiles(lon, lat, _columns(60_000), TOTALS)
    asked = [(z, *tile) for z in range(4, 15) for tile in _heaviest_tiles(lon, lat, z, 15)]
    alone = [tiles.tile(*tile) for tile in asked]
    fresh = PointTiles(lon, lat, _columns(60_000), TOTALS)
    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(lambda tile: fresh.tile(*tile), asked)] == alone


def test_nothing_is_an_empty_tile() -> None:
    tiles = PointTiles([], [], {"name": np.array([], dtype=object)}, {})
    assert (len(tiles), tiles.tile(0, 0, 0), tiles.narrowed(np.zeros(0, dtype=bool)).tile(3, 1, 1)) == (
        0,
        b"",
        b"",
    )
    one = PointTiles([121.0], [30.7], {}, {})
    assert one.tile(5, 3, 3) == b""
    with pytest.raises(ValueError, match="has no tile"):
        one.tile(1, 2, 0)


@pytest.mark.parametrize(
    ("lon", "lat", "columns", "totals", "said"),
    [
        ([1.0], [1.0, 2.0], {}, {}, "one length"),
        ([181.0], [1.0], {}, {}, "beyond 180"),
        ([30.7], [121.0], {}, {}, "lon first"),
        ([1.0], [1.0], {"n": np.array([1])}, {}, "rename it"),
        ([1.0], [1.0], {"a": np.array([1, 2])}, {}, "give 1 values"),
        ([1.0], [1.0], {}, {"a": "sum"}, "no column 'a'"),
        ([1.0], [1.0], {"a": np.array([1])}, {"a": "mean"}, "sum, max, min"),
        ([1.0], [1.0], {"a": np.array(["x"])}, {"a": "max"}, "has no total"),
        ([1.0, 2.0], [1.0, 2.0], {"a": np.array([2**62, 2**62])}, {"a": "sum"}, "beyond 64 bits"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_a_remedy(
    lon: list[float], lat: list[float], columns: dict[str, np.ndarray], totals: dict[str, str], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        PointTiles(lon, lat, columns, totals)


@pytest.mark.parametrize("mask", [np.ones(2, dtype=bool), np.ones(1, dtype=int)])
def test_a_mask_of_another_length_or_kind_is_refused(mask: np.ndarray) -> None:
    with pytest.raises(ValueError, match="1 booleans"):
        PointTiles([1.0], [1.0], {}, {}).narrowed(mask)


def test_other_columns_over_the_same_places_are_as_if_made_anew():
    rng = np.random.default_rng(5)
    lon, lat = 121 + rng.random(4_000) * 0.3, 30 + rng.random(4_000) * 0.3
    lon[7] = np.nan
    names, counts = np.array([f"店{i}" for i in range(4_000)]), rng.integers(0, 9, 4_000)
    bare = PointTiles(lon, lat, {}, {})
    told = bare.told({"name": names, "k": counts}, {"k": "sum"})
    anew = PointTiles(lon, lat, {"name": names, "k": counts}, {"k": "sum"})
    mask = counts > 3
    for place in ((6, 53, 26), (9, 428, 210), (12, 3426, 1681), (14, 13704, 6724)):
        assert told.tile(*place) == anew.tile(*place)
        assert told.narrowed(mask).tile(*place) == anew.narrowed(mask).tile(*place)
    assert told.left_out == 1
    with pytest.raises(ValueError, match="'n'"):
        bare.told({"n": counts}, {})
    with pytest.raises(ValueError, match=r"length|values"):
        bare.told({"k": counts[:-1]}, {})
