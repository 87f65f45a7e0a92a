"""Flat arrays of paths beside shapely: what a box cuts, what is tidied away, what a decoder reads."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import assume, example, given
from hypothesis import strategies as st
from shapely.geometry import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from geo import mvt
from geo.paths import Paths, ends_of
from tests.geo.tile_reading import features

BOX = (-256, -256, 4352, 4352)
near = st.integers(-6000, 10_000)
step = st.tuples(near, near)


def paths(rings: list[list[tuple[int, int]]], *, closed: bool, holes: tuple[int, ...] = ()) -> Paths:
    """Each ring or line a feature of its own; a ring in `holes` is one of the polygon before it."""
    hole = np.array([place in holes for place in range(len(rings))])
    of = np.cumsum(~hole) - 1
    flat = np.array([place for ring in rings for place in ring], dtype=np.int64).reshape(-1, 2)
    return Paths(
        flat[:, 0], flat[:, 1], ends_of(np.array([len(ring) for ring in rings])), of, of, hole, closed
    )


def rings(ours: Paths) -> list[list[tuple[int, int]]]:
    flat = list(zip(ours.x.tolist(), ours.y.tolist(), strict=True))
    return [flat[a:b] for a, b in zip(ours.starts[:-1].tolist(), ours.starts[1:].tolist(), strict=True)]


def drawn(ours: Paths) -> list[BaseGeometry]:
    """What a decoder makes of them."""
    geometry, ends, of = ours.commands()
    kind = mvt.POLYGON if ours.closed else mvt.LINE
    tile = mvt.layer("a", [], b"", mvt.shape_features(kind, geometry, ends, np.empty((len(of), 0), int), of))
    read = features(tile)
    assert [one["id"] for one in read] == of.tolist()
    return [shapely.geometry.shape(one["geometry"]) for one in read]


star = st.tuples(step, st.lists(st.integers(5, 6000), min_size=3, max_size=12))


def _star(shape: tuple[tuple[int, int], list[int]]) -> list[tuple[int, int]]:
    (x, y), lengths = shape
    turns = np.linspace(0, 2 * np.pi, len(lengths), endpoint=False)
    return [(x + round(r * np.cos(t)), y + round(r * np.sin(t))) for r, t in zip(lengths, turns, strict=True)]


@given(st.lists(star, min_size=1, max_size=4))
def test_a_ring_is_cut_to_what_lies_in_the_box(shapes: list[tuple[tuple[int, int], list[int]]]) -> None:
    given_rings = [_star(one) for one in shapes]
    assume(all(Polygon(ring).is_valid for ring in given_rings))
    cut = paths(given_rings, closed=True).clipped(BOX).tidy()
    kept = dict(zip(cut.feature.tolist(), rings(cut), strict=True))
    for place, ring in enumerate(given_rings):
        whole = shapely.intersection(Polygon(ring), shapely.box(*BOX))
        ours = Polygon(kept[place]).buffer(0) if place in kept else Polygon()
        # Each cut is rounded to a whole unit: the difference is a sliver along the edges that were cut.
        assert shapely.symmetric_difference(whole, ours).area <= 2.0 * Polygon(ring).length + 4
    assert len(cut.x) == 0 or (
        min(cut.x.min(), cut.y.min()) >= -256 and max(cut.x.max(), cut.y.max()) <= 4352
    )


@given(st.lists(st.tuples(star, st.booleans()), min_size=1, max_size=4))
def test_decoders_read_the_rings_back_rightly_wound(
    shapes: list[tuple[tuple[tuple[int, int], list[int]], bool]],
) -> None:
    given_rings = [_star(one)[:: -1 if turned else 1] for one, turned in shapes]
    assume(all(Polygon(ring).is_valid for ring in given_rings))
    tidy = paths(given_rings, closed=True).tidy()
    for ring, one in zip(given_rings, drawn(tidy), strict=True):
        assert one.equals(Polygon(ring))
        assert one.area > 0
        assert one.geom_type == "Polygon"
    assert (tidy.areas() > 0).all()


def test_a_hole_is_wound_against_its_outer_ring_and_read_as_a_hole() -> None:
    outer, hole = [(0, 0), (100, 0), (100, 100), (0, 100)], [(10, 10), (50, 10), (50, 50), (10, 50)]
    other = [(200, 0), (300, 0), (300, 100)]
    tidy = paths([outer[::-1], hole, other], closed=True, holes=(1,)).tidy()
    assert np.sign(tidy.areas()).tolist() == [1, -1, 1]
    first, second = drawn(tidy)
    assert first.equals(Polygon(outer, [hole]))
    assert second.equals(Polygon(other))


def test_what_has_no_extent_is_left_out_with_its_holes() -> None:
    flat, hole, sound = (
        [(0, 0), (9, 0), (4, 0), (4, 0)],
        [(0, 0), (1, 0), (1, 1)],
        [(0, 0), (0, 0), (9, 0), (9, 9), (9, 9)],
    )
    tidy = paths([flat, hole, sound], closed=True, holes=(1,)).tidy()
    assert rings(tidy) == [[(0, 0), (9, 0), (9, 9)]]
    assert tidy.feature.tolist() == [1]
    assert rings(paths([[(3, 3), (3, 3)], [(1, 1), (1, 1), (2, 2)]], closed=False).tidy()) == [
        [(1, 1), (2, 2)]
    ]


def test_a_box_inside_a_ring_is_the_box() -> None:
    around = paths([[(-9000, -9000), (9000, -9000), (9000, 9000), (-9000, 9000)]], closed=True)
    assert drawn(around.clipped(BOX).tidy())[0].equals(shapely.box(*BOX))


@given(step, step, step)
def test_two_areas_get_the_same_cut_of_their_border(
    one: tuple[int, int], two: tuple[int, int], three: tuple[int, int]
) -> None:
    assume(LineString([one, two]).length > 0)
    there = paths([[one, two, three]], closed=True).clipped(BOX)
    back = paths([[two, one, three]], closed=True).clipped(BOX)
    assert set(rings(there)[0] if rings(there) else []) == set(rings(back)[0] if rings(back) else [])


@given(st.lists(st.lists(step, min_size=2, max_size=9), min_size=1, max_size=4))
@example([[(0, 0), (101, -300), (-255, -257), (-258, -253)]])  # passes a corner by less than a step
def test_a_line_is_cut_to_what_lies_in_the_box(lines: list[list[tuple[int, int]]]) -> None:
    cut = paths(lines, closed=False).clipped(BOX).tidy()
    pieces = [LineString(piece) for piece in rings(cut)]
    for place, line in enumerate(lines):
        whole = shapely.intersection(LineString(line), shapely.box(*BOX))
        ours = shapely.unary_union(
            [piece for piece, of in zip(pieces, cut.feature, strict=True) if of == place]
        )
        # A piece no longer than the rounding may be left out, alone as beside others.
        due = [
            one for one in shapely.get_parts(whole) if one.length > 1.5 or shapely.distance(one, ours) <= 1.5
        ]
        assert ours.is_empty == (not due)
        assert not due or shapely.hausdorff_distance(ours, shapely.unary_union(due)) <= 1.5
    if len(cut.x):
        read = drawn(cut)
        assert sum(one.length for one in read) == pytest.approx(sum(piece.length for piece in pieces))


@given(st.lists(st.lists(step, min_size=2, max_size=6), min_size=1, max_size=5), st.data())
def test_some_paths_are_those_that_were_chosen(
    lines: list[list[tuple[int, int]]], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.integers(0, len(lines) - 1)))
    taken = paths(lines, closed=False).taken(np.array(chosen, dtype=np.int64))
    assert rings(taken.moved(3, -4)) == [[(x + 3, y - 4) for x, y in lines[one]] for one in chosen]


@given(st.lists(step, min_size=1, max_size=9), st.sampled_from([1, 2, 8, 64]))
def test_rounding_moves_no_vertex_further_than_half_a_step(line: list[tuple[int, int]], grid: int) -> None:
    rounded = paths([line], closed=False).rounded(grid)
    assert (np.array([rounded.x, rounded.y]) % grid == 0).all()
    assert np.abs(np.array(line).T - [rounded.x, rounded.y]).max() * 2 <= grid
