"""A report's dual map: the same areas beside one another, each side shaded by its own number. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from yaotong.reports.ink import GRID, HEIGHT, SMALL, WIDTH, Box, Patch, Shape, Words
from yaotong.reports.model import NOTHING, DualMap, shown

# From few to many; told apart in grey too.
SHADES = ("#f2f7f7", "#cfe5e3", "#9ccbc8", "#5ba6a5", "#2c7f84")
UNKNOWN = "#ffffff"
_GAP, _TOP, _FOOT = 12.0, 16.0, 18.0
_EDGE = "#8a9aa2"
# More names than this would lie over one another.
_MOST_NAMED = 24


def map_shapes(one: DualMap) -> Iterator[Shape]:
    """The maps in WIDTH x HEIGHT, with the name and number of each area and a legend below."""
    wide = (WIDTH - _GAP * (len(one.sides) - 1)) / max(len(one.sides), 1)
    for place, (title, unit, values) in enumerate(one.sides):
        left = place * (wide + _GAP)
        yield Words(left + wide / 2, SMALL, f"{title}（{unit}）")
        yield from _areas(one, values, left, wide)
        yield from _legend(values, left, wide)


def shade(value: float | None, top: float) -> str:
    """The colour of a number: equal steps up to the largest; none and nothing have colours of their own."""
    if value is None:
        return UNKNOWN
    if value <= 0 or top <= 0:
        return SHADES[0]
    steps = len(SHADES) - 1
    return SHADES[min(int(value / top * steps - 1e-9), steps - 1) + 1]


def _areas(one: DualMap, values: tuple[float | None, ...], left: float, wide: float) -> Iterator[Shape]:
    tall, top = HEIGHT - _TOP - _FOOT, _largest(values)
    corners = [corner for ground in one.grounds for ring in ground.rings for corner in ring]
    if not corners:
        yield Words(left + wide / 2, HEIGHT / 2, NOTHING)
        return
    east, south = (max(corner[axis] for corner in corners) or 1.0 for axis in (0, 1))
    scale = min(wide / east, tall / south)
    x0, y0 = left + (wide - east * scale) / 2, _TOP + (tall - south * scale) / 2

    def placed(corner: tuple[float, float]) -> tuple[float, float]:
        return x0 + corner[0] * scale, y0 + corner[1] * scale

    drawn = [
        (ring, value) for ground, value in zip(one.grounds, values, strict=True) for ring in ground.rings
    ]
    # An area within another is drawn after it.
    for ring, value in sorted(drawn, key=lambda each: -_extent(each[0])):
        yield Patch(tuple(placed(corner) for corner in ring), shade(value, top), _EDGE)
    if len(one.grounds) <= _MOST_NAMED:
        for ground, value in zip(one.grounds, values, strict=True):
            x, y = placed(ground.at)
            yield Words(x, y - 1, ground.name)
            yield Words(x, y + SMALL, shown(value))


def _legend(values: tuple[float | None, ...], left: float, wide: float) -> Iterator[Shape]:
    """What each colour stands for, in whole numbers where all are."""
    top, steps = _largest(values), len(SHADES) - 1
    ends = [round(top * step / steps, 1) for step in range(1, steps + 1)] if top else []
    told = [(SHADES[0], "0")]
    told += [(colour, f"≤{shown(end)}") for colour, end in zip(SHADES[1:], ends, strict=False)]
    if any(value is None for value in values):
        told.append((UNKNOWN, NOTHING))
    each = wide / (len(SHADES) + 1)
    for place, (colour, text) in enumerate(told):
        x, y = left + place * each, HEIGHT - SMALL
        yield Box(x, y - 6, 8, 7, GRID)
        yield Box(x + 0.5, y - 5.5, 7, 6, colour)
        yield Words(x + 10, y, text, "start")


def _largest(values: tuple[float | None, ...]) -> float:
    return max((value for value in values if value is not None), default=0.0)


def _extent(ring: tuple[tuple[float, float], ...]) -> float:
    """Twice the ground a ring goes round."""
    ahead = (*ring[1:], ring[0])
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ahead, strict=True)))
