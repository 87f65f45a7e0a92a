"""Web Mercator beside PROJ's, tiles beside plain arithmetic on single numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from geo.mercator import (
    MAX_LATITUDE,
    MAX_ZOOM,
    check_tile,
    morton,
    tile_bounds,
    tiles_covering,
    to_grid,
    to_lonlat,
    to_world,
)

HALF_M = 20037508.342789244
longitudes = st.floats(-180, 180)
latitudes = st.floats(-85.05, 85.05)
steps = st.integers(0, 2**32 - 1)


@given(longitudes, latitudes)
def test_the_world_is_that_of_proj(lon: float, lat: float) -> None:
    x, y = to_world(lon, lat)
    east, north = Transformer.from_crs(4326, 3857, always_xy=True).transform(lon, lat)
    assert x == pytest.approx((east + HALF_M) / (2 * HALF_M), abs=1e-12)
    assert y == pytest.approx((HALF_M - north) / (2 * HALF_M), abs=1e-12)


@given(longitudes, latitudes)
def test_there_and_back_is_the_same_place(lon: float, lat: float) -> None:
    back = to_lonlat(*to_world(lon, lat))
    assert np.allclose(back, (lon, lat), rtol=0, atol=1e-11)


def test_the_poles_come_to_the_edge_and_the_unknown_stays_unknown() -> None:
    x, y = to_world([0, 0, np.nan], [90, -90, 10])
    assert y[:2].tolist() == [0, 1]
    assert math.isnan(x[2])


def test_both_names_of_the_antimeridian_are_one_place() -> None:
    east, west = (to_grid([lon], [10.0]) for lon in (180.0, -180.0))
    assert east[0] == west[0] == 0
    assert to_grid([0.0], [-MAX_LATITUDE])[1] == 2**32 - 1


@given(st.lists(st.tuples(steps, steps), min_size=1, max_size=20))
def test_keys_interleave_bit_by_bit(places: list[tuple[int, int]]) -> None:
    x, y = np.array(places, dtype=np.uint32).T
    plain = [
        int("".join(b + a for a, b in zip(f"{px:032b}", f"{py:032b}", strict=True)), 2) for px, py in places
    ]
    assert morton(x, y).tolist() == plain


@given(st.integers(0, MAX_ZOOM), longitudes, latitudes)
def test_a_place_lies_in_the_bounds_of_its_tile(z: int, lon: float, lat: float) -> None:
    gx, gy = to_grid([lon], [lat])
    x, y = int(gx[0]) >> (32 - z), int(gy[0]) >> (32 - z)
    west, south, east, north = tile_bounds(z, x, y)
    assert west - 1e-9 <= (lon if lon < 180 else -180) <= east + 1e-9
    assert south - 1e-9 <= lat <= north + 1e-9


@given(st.integers(0, 9), longitudes, latitudes, longitudes, latitudes)
def test_a_box_is_covered_by_the_tiles_that_meet_it(
    z: int, west: float, south: float, east: float, north: float
) -> None:
    south, north = sorted((south, north))
    covering = tiles_covering(west, south, east, north, z)
    side, last = 1 << z, (1 << z) - 1
    (x0, x1), (y0, y1) = to_world([west, east], [north, south])
    columns = [min(int(value * side), last) for value in (x0, x1)]
    wide = (
        range(columns[0], columns[1] + 1)
        if west <= east
        else {*range(columns[0], side), *range(columns[1] + 1)}
    )
    rows = range(min(int(y0 * side), last), min(int(y1 * side), last) + 1)
    assert {tuple(tile) for tile in covering.tolist()} == {(x, y) for x in wide for y in rows}
    assert len(covering) == len({tuple(tile) for tile in covering.tolist()})


@pytest.mark.parametrize(
    ("tile", "said"),
    [
        ((-1, 0, 0), "zoom"),
        ((23, 0, 0), "zoom"),
        ((3, 8, 0), "0 to 7"),
        ((3, 0, -1), "0 to 7"),
        ((0, 1, 0), "0 to 0"),
    ],
)
def test_a_tile_that_is_not_there_is_refused_with_a_remedy(tile: tuple[int, int, int], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_tile(*tile)


@pytest.mark.parametrize("box", [(0, 10, 1, 5), (0, -91, 1, 5), (-181, 0, 1, 5), (0, float("nan"), 1, 5)])
def test_no_box_is_refused(box: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="no box"):
        tiles_covering(*box, 3)
