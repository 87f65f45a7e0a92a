"""Hexagons: the nearest middle wins, everywhere one area, the same cell whatever is asked beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

from geo.distance import MEAN_EARTH_RADIUS_M, haversine_m
from geo.hexgrid import HexGrid, grid_for, neighbours

PINGHU = (120.90, 30.50, 121.30, 30.90)
places = st.tuples(st.floats(73, 135), st.floats(18, 54))
grids = st.builds(HexGrid, st.sampled_from([50.0, 300.0, 1000.0, 70_000.0]), st.integers(18, 54))


def _plane(grid: HexGrid, lon: float, lat: float) -> tuple[float, float]:
    """The equal-area projection, written out once more."""
    stretch = math.cos(math.radians(grid.parallel))
    return (
        MEAN_EARTH_RADIUS_M * stretch * math.radians(lon),
        MEAN_EARTH_RADIUS_M / stretch * math.sin(math.radians(lat)),
    )


def _slow_cell(grid: HexGrid, lon: float, lat: float) -> int:
    """Of the cells about a place, the one whose middle is nearest on the plane."""
    around = [grid.cells_at([lon], [lat])[0]]
    for _ in range(2):
        steps = [(one >> 21, one & (2**21 - 1)) for one in around]
        around += [((q + dq) << 21) | (r + dr) for q, r in steps for dq in (-1, 0, 1) for dr in (-1, 0, 1)]
    x, y = _plane(grid, lon, lat)
    middles = {
        int(one): _plane(grid, *(float(side[0]) for side in grid.centres(np.array([one])))) for one in around
    }
    return min(middles, key=lambda one: math.dist(middles[one], (x, y)))


@given(grids, places)
def test_a_place_is_in_the_cell_whose_middle_is_nearest(grid: HexGrid, place: tuple[float, float]) -> None:
    found, slow = int(grid.cells_at([place[0]], [place[1]])[0]), _slow_cell(grid, *place)
    here = _plane(grid, *place)
    far = [
        math.dist(here, _plane(grid, *(float(side[0]) for side in grid.centres(np.array([one])))))
        for one in (found, slow)
    ]
    assert far[0] == pytest.approx(far[1], abs=1e-3)  # on an edge either is right


@given(grids, places)
def test_the_outline_of_a_cell_holds_its_places(grid: HexGrid, place: tuple[float, float]) -> None:
    cell = grid.cells_at([place[0]], [place[1]])
    outline = grid.outlines(cell)[0]
    assert outline.buffer(1e-9).covers(shapely.Point(place))
    inside = grid.samples(cell, 2)
    assert (grid.cells_at(*inside) == cell[0]).all()
    assert inside[0].shape == (1, 19)


def test_a_cell_has_the_said_width_and_area() -> None:
    grid = HexGrid(1000.0, 31)
    cells = grid.covering((121.0, 30.98, 121.05, 31.02))
    lon, lat = grid.centres(cells)
    beside = neighbours(cells)
    first = int(np.flatnonzero((beside >= 0).all(axis=1))[0])
    far = haversine_m(lon[first], lat[first], lon[beside[first]], lat[beside[first]])
    assert far == pytest.approx(1000.0, rel=1e-3)
    assert grid.area_m2 == pytest.approx(866_025.4, abs=0.1)


def test_cells_have_one_area_far_from_the_parallel_too() -> None:
    grid = HexGrid(70_000.0, 36)
    cells = np.concatenate([grid.cells_at([110.0], [lat]) for lat in (18.0, 36.0, 53.0)])
    corners = shapely.get_coordinates(grid.outlines(cells)).reshape(3, 7, 2)
    areas = [shapely.Polygon([_plane(HexGrid(1.0, 0), *corner) for corner in one]).area for one in corners]
    assert areas == pytest.approx([grid.area_m2] * 3, rel=1e-9)


def test_the_cells_of_a_box_are_those_whose_middle_lies_in_it() -> None:
    grid = grid_for(PINGHU)
    cells = grid.covering(PINGHU)
    lon, lat = np.meshgrid(np.linspace(120.89, 121.31, 300), np.linspace(30.49, 30.91, 300))
    met = np.unique(grid.cells_at(lon, lat))
    x, y = grid.centres(met)
    inside = (x >= 120.90) & (x <= 121.30) & (y >= 30.50) & (y <= 30.90)
    assert sorted(cells.tolist()) == sorted(met[inside].tolist())
    assert len(set(cells.tolist())) == len(cells)


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        (PINGHU, HexGrid(1000.0, 31)),
        ((73.0, 18.0, 135.0, 54.0), HexGrid(100_000.0, 36)),
        ((121.0, 30.7, 121.0, 30.7), HexGrid(50.0, 31)),
        ((0.0, 88.0, 1.0, 90.0), HexGrid(500.0, 75)),
    ],
)
def test_the_width_is_round_and_the_cells_are_not_too_many(bounds: tuple, expected: HexGrid) -> None:
    grid = grid_for(bounds)
    assert grid == expected
    assert len(grid.covering(bounds)) <= 3_150  # the rows at the edges come in whole


@given(st.floats(73, 130), st.floats(18, 50), st.floats(0.01, 5.0), st.floats(0.01, 4.0))
@example(73.0, 37.5, 2.375, 0.01)
def test_a_grid_is_as_fine_as_its_cells_allow(west: float, south: float, wide: float, high: float) -> None:
    bounds = (west, south, west + wide, south + high)
    grid = grid_for(bounds)
    counted = len(grid.covering(bounds))
    assert counted <= 3_000 * 1.1 + 60
    assert counted >= 3_000 / 3.5 or grid.width_m == 50.0 or min(wide, high) < max(wide, high) / 20


def test_a_box_without_an_end_has_no_grid() -> None:
    with pytest.raises(ValueError, match="finite"):
        grid_for((math.nan, 30.0, 121.0, 31.0))


def test_neighbours_are_found_in_any_order_and_only_among_those_given() -> None:
    grid = HexGrid(1000.0, 31)
    cells = grid.covering((121.0, 30.98, 121.05, 31.02))
    shuffled = np.random.default_rng(1).permutation(cells)
    lon, lat = grid.centres(shuffled)
    for at, beside in enumerate(neighbours(shuffled)):
        far = haversine_m(lon[at], lat[at], lon, lat)
        assert set(beside[beside >= 0].tolist()) == set(np.flatnonzero((far > 1) & (far < 1500)).tolist())
    assert neighbours(np.empty(0, dtype=np.int64)).shape == (0, 6)
    assert neighbours(cells[:1]).tolist() == [[-1] * 6]
