"""A report's dual map: the same areas beside one another, each side shaded by its own number. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator

from yaotong.reports.ink import GRID, HEIGHT, SMALL, WIDTH, Box, Patch, Shape, Words
from yaotong.reports.model import NOTHING, DualMap, shown

# From few to many, told apart in grey too: one scale for what is there, one for what is wrong.
CALM = ("#f2f7f7", "#cfe5e3", "#9ccbc8", "#6bb1ae", "#1f6c72")
WARM = ("#fdf6f1", "#fadcc8", "#f3b48c", "#e68a5c", "#9c3a17")
UNKNOWN = "#ffffff"
_GAP, _TOP, _FOOT = 12.0, 16.0, 18.0
_EDGE, _ON_LIGHT, _ON_DARK = "#8a9aa2", "#24323a", "#ffffff"
# More names than this would lie over one another.
_MOST_NAMED = 24


def map_shapes(one: DualMap) -> Iterator[Shape]:
    """The maps in WIDTH x HEIGHT, with the name and number of each area and a legend below."""
    wide = (WIDTH - _GAP * (len(one.sides) - 1)) / max(len(one.sides), 1)
    for place, (title, unit, values) in enumerate(one.sides):
        left, scale = place * (wide + _GAP), WARM if place else CALM
        yield Words(left + wide / 2, SMALL, f"{title}（{unit}）")
        yield from _areas(one, values, scale, left, wide)
        yield from _legend(values, scale, left, wide)


def steps(values: tuple[float | None, ...]) -> tuple[float, ...]:
    """The upper ends of the shades: equal steps up to the largest, whole numbers where all are whole."""
    known = [value for value in values if value is not None]
    top, count = max(known, default=0.0), len(CALM) - 1
    if top <= 0:
        return ()
    if all(float(value).is_integer() for value in known):
        return tuple(sorted({float(math.ceil(top * step / count)) for step in range(1, count + 1)}))
    return tuple(top * step / count for step in range(1, count + 1))


def shade(value: float | None, ends: tuple[float, ...], scale: tuple[str, ...]) -> str:
    """The colour of a number; what is not known and what is nothing have colours of their own.

    The largest has the darkest, however few steps there are.
    """
    if value is None:
        return UNKNOWN
    if value <= 0:
        return scale[0]
    return scale[len(scale) - len(ends) + bisect_left(ends, value)]


def _areas(
    one: DualMap, values: tuple[float | None, ...], scale: tuple[str, ...], left: float, wide: float
) -> Iterator[Shape]:
    tall, ends = HEIGHT - _TOP - _FOOT, steps(values)
    corners = [corner for ground in one.grounds for ring in ground.rings for corner in ring]
    if not corners:
        yield Words(left + wide / 2, HEIGHT / 2, NOTHING)
        return
    east, south = (max(corner[axis] for corner in corners) or 1.0 for axis in (0, 1))
    size = min(wide / east, tall / south)
    x0, y0 = left + (wide - east * size) / 2, _TOP + (tall - south * size) / 2

    def placed(corner: tuple[float, float]) -> tuple[float, float]:
        return x0 + corner[0] * size, y0 + corner[1] * size

    drawn = [
        (ring, value) for ground, value in zip(one.grounds, values, strict=True) for ring in ground.rings
    ]
    # An area within another is drawn after it.
    for ring, value in sorted(drawn, key=lambda each: -_extent(each[0])):
        yield Patch(tuple(placed(corner) for corner in ring), shade(value, ends, scale), _EDGE)
    if len(one.grounds) <= _MOST_NAMED:
        for ground, value in zip(one.grounds, values, strict=True):
            x, y = placed(ground.at)
            ink = _ON_DARK if shade(value, ends, scale) == scale[-1] else _ON_LIGHT
            yield Words(x, y - 1, ground.name, colour=ink)
            yield Words(x, y + SMALL, shown(value), colour=ink)


def _legend(
    values: tuple[float | None, ...], scale: tuple[str, ...], left: float, wide: float
) -> Iterator[Shape]:
    """What each colour stands for."""
    ends = steps(values)
    told = [(scale[0], "0")]
    told += [(shade(end, ends, scale), f"≤{shown(end)}") for end in ends]
    if any(value is None for value in values):
        told.append((UNKNOWN, NOTHING))
    each = wide / (len(scale) + 1)
    for place, (colour, text) in enumerate(told):
        x, y = left + place * each, HEIGHT - SMALL
        yield Box(x, y - 6, 8, 7, GRID)
        yield Box(x + 0.5, y - 5.5, 7, 6, colour)
        yield Words(x + 10, y, text, "start")


def _extent(ring: tuple[tuple[float, float], ...]) -> float:
    """Twice the ground a ring goes round."""
    ahead = (*ring[1:], ring[0])
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ahead, strict=True)))
