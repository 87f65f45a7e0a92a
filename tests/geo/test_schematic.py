"""Schematic cells: they cover the outline, share their borders exactly, and approach the wanted areas."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import Crs, area_m2, geometry_to_wgs84, power_cells

DISC = shapely.Point(121.1, 30.7).buffer(0.12)
# the nine towns and streets of Pinghu, roughly; wanted areas in km2, some of them estimates
SEEDS = [
    (121.013, 30.677),
    (121.0, 30.73),
    (120.965, 30.665),
    (121.0911, 30.6058),
    (121.06, 30.80),
    (121.18, 30.705),
    (121.14, 30.755),
    (121.09, 30.655),
    (121.21, 30.645),
]
AREAS_KM2 = [49, 55, 45, 64.16, 76.12, 57.6, 50, 55, 102.43]


def assert_divides(cells, seeds, outline):
    assert len(cells) == len(seeds)
    assert shapely.coverage_is_valid(cells)
    assert all(cell.is_valid and cell.geom_type in ("Polygon", "MultiPolygon") for cell in cells)
    whole = shapely.union_all(cells)
    assert whole.symmetric_difference(outline).area < 1e-6 * outline.area
    assert sum(cell.area for cell in cells) == pytest.approx(whole.area, rel=1e-9)
    for seed, cell in zip(seeds, cells, strict=True):
        assert cell.contains(shapely.Point(seed))


def plain_owner(point, seeds) -> int:
    scale = np.array([np.cos(np.radians(30.7)), 1.0])
    return int(np.argmin([np.linalg.norm((np.array(point) - seed) * scale) for seed in np.array(seeds)]))


inside_disc = st.tuples(st.integers(-70, 70), st.integers(-70, 70)).map(
    lambda p: (121.1 + p[0] / 1e3, 30.7 + p[1] / 1e3)
)
seed_lists = st.lists(inside_disc, min_size=1, max_size=8, unique=True)


@given(seed_lists, st.data())
@settings(max_examples=40)
def test_cells_divide_the_outline_without_gap_or_overlap(seeds, data):
    weights = data.draw(
        st.one_of(st.none(), st.lists(st.floats(1, 50), min_size=len(seeds), max_size=len(seeds)))
    )
    assert_divides(power_cells(seeds, weights, DISC, 8), seeds, DISC)


@given(seed_lists, st.lists(inside_disc, min_size=1, max_size=10))
@settings(max_examples=40)
def test_unweighted_cells_hold_what_is_nearest(seeds, points):
    cells = power_cells(seeds, None, DISC, 0)
    for point in points:
        owner = cells[plain_owner(point, seeds)]
        assert owner.distance(shapely.Point(point)) < 1e-6


def test_outlines_with_holes_bays_and_islands():
    horseshoe = shapely.box(121.0, 30.6, 121.3, 30.9) - shapely.box(121.1, 30.5, 121.2, 30.8)
    outline = (horseshoe - shapely.box(121.02, 30.84, 121.05, 30.87)) | shapely.box(
        121.14, 30.62, 121.16, 30.64
    )
    seeds = [(121.05, 30.65), (121.25, 30.65), (121.15, 30.85)]
    cells = power_cells(seeds, [3, 1, 2], outline, 30)
    assert_divides(cells, seeds, outline)
    assert sorted(len(shapely.get_parts(cell)) for cell in cells) == [1, 1, 2]  # the island belongs to one


def test_a_piece_cut_off_by_a_bend_goes_to_its_neighbour():
    # the left leg of the U is long: its foot is nearer to the right seed, but only reached through the left
    leg, foot = shapely.box(121.0, 30.6, 121.05, 30.9), shapely.box(121.05, 30.6, 121.1, 30.65)
    outline = leg | foot | shapely.box(121.05, 30.85, 121.2, 30.9) | shapely.box(121.15, 30.6, 121.2, 30.9)
    seeds = [(121.02, 30.88), (121.17, 30.62), (121.02, 30.70)]
    cells = power_cells(seeds, [6, 5, 1], outline, 40)
    assert {cell.geom_type for cell in cells} == {"Polygon"}
    assert_divides(cells, seeds, outline)


def test_weights_bring_areas_close_to_the_wanted_ones():
    seeds = [(121.02, 30.66), (121.18, 30.66), (121.1, 30.78)]
    wanted = np.array([2.0, 3.0, 4.0])
    got = np.array([area_m2(cell) for cell in power_cells(seeds, wanted, DISC, 80)])
    assert got / got.sum() == pytest.approx(wanted / 9, abs=0.001)
    plain = np.array([area_m2(cell) for cell in power_cells(seeds, wanted, DISC, 0)])
    assert np.abs(plain / plain.sum() - wanted / 9).max() > 0.08


def test_a_centre_is_never_swallowed_by_a_greedy_neighbour():
    seeds = [(121.10, 30.7), (121.101, 30.7)]
    assert_divides(power_cells(seeds, [1, 1e6], DISC, 100), seeds, DISC)


def test_one_seed_takes_all():
    (cell,) = power_cells([(121.1, 30.7)], [5], DISC, 5)
    assert cell.symmetric_difference(DISC).area < 1e-6 * DISC.area


@pytest.mark.parametrize("iterations", [0, 25])
def test_same_arguments_same_bytes(iterations):
    first, again = (
        power_cells(SEEDS, AREAS_KM2, shapely.box(120.9, 30.5, 121.3, 30.9), iterations) for _ in "12"
    )
    assert [cell.wkb for cell in first] == [cell.wkb for cell in again]


@pytest.mark.parametrize(
    ("seeds", "weights", "outline", "message"),
    [
        ([(121.1, 30.7), (121.1, 30.7)], None, DISC, "two seeds"),
        ([(121.1, 30.7), (122, 30.7)], None, DISC, r"seeds \[1\] are not inside"),
        ([(121.1, 30.7)], [0], DISC, "positive area"),
        ([(121.1, 30.7)], [float("nan")], DISC, "positive area"),
        ([(121.1, 30.7)], [1, 2], DISC, "positive area"),
        ([], None, DISC, r"shape \(n, 2\)"),
        ([(121.1, 30.7)], None, shapely.Polygon(), r"\(empty\)"),
        ([(121.1, 30.7)], None, shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "Self-intersection"),
    ],
)
def test_bad_arguments_are_refused(seeds, weights, outline, message):
    with pytest.raises(ValueError, match=message):
        power_cells(seeds, weights, outline, 3)


@pytest.mark.real
def test_pinghu_is_divided_among_its_nine_towns(real_data):
    text = (real_data / "pinghu" / "330482.geojson").read_text()
    outline = geometry_to_wgs84(shapely.from_geojson(text), Crs.GCJ02)
    cells = power_cells(SEEDS, AREAS_KM2, outline, 60)
    assert_divides(cells, SEEDS, outline)
    got = np.array([area_m2(cell) for cell in cells])
    wanted = np.array(AREAS_KM2) / sum(AREAS_KM2) * got.sum()
    assert np.abs(got / wanted - 1).max() < 0.3
    parts = sum(len(shapely.get_parts(cell)) for cell in cells)
    assert parts == 9 - 1 + len(shapely.get_parts(outline))  # only islands are apart
