"""Charts as a few shapes in points, origin at the top left: one drawing, whatever paper it goes on. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator

from yaotong.reports.ink import BAR, GRID, HEIGHT, MARKED, SMALL, WIDTH, Box, Line, Shape, Words
from yaotong.reports.mapped import map_shapes
from yaotong.reports.model import NOTHING, Chart, DualMap, shown

LEFT, RIGHT, TOP, BOTTOM = 46.0, 8.0, 22.0, 24.0
_STEPS = 4
_MOST_LABELS = 10


def shapes(chart: Chart | DualMap) -> tuple[Shape, ...]:
    """The chart drawn in WIDTH × HEIGHT; a value that is not known leaves a gap."""
    if isinstance(chart, DualMap):
        return tuple(map_shapes(chart))
    top = _ceiling(max((abs(v) for _, values in chart.series for v in values if v is not None), default=0.0))
    return (*_grid(chart, top), *_labels(chart), *_gaps(chart), *_drawn(chart, top))


def _ceiling(value: float) -> float:
    """The next round number that four steps divide; 4 for nothing, so that an axis stands anyway."""
    if value <= _STEPS:
        return float(_STEPS)
    unit = 10.0 ** math.floor(math.log10(value / _STEPS))
    # Counts: a quarter of ten is no step for them.
    round_ones = (1, 2, 2.5, 5, 10) if unit > 1 else (1, 2, 5, 10)
    return next(unit * n * _STEPS for n in round_ones if unit * n * _STEPS >= value)


def _y(value: float, top: float) -> float:
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def _x(place: int, count: int) -> float:
    """The middle of a label's slot."""
    return LEFT + (WIDTH - LEFT - RIGHT) * (place + 0.5) / max(count, 1)


def _grid(chart: Chart, top: float) -> Iterator[Shape]:
    yield Words(LEFT - 4, SMALL, chart.unit, "end")
    for step in range(_STEPS + 1):
        value = top * step / _STEPS
        y = _y(value, top)
        yield Line(LEFT, y, WIDTH - RIGHT, y, GRID, 0.6)
        yield Words(LEFT - 4, y + SMALL / 3, shown(value), "end")


def _labels(chart: Chart) -> Iterator[Shape]:
    count = len(chart.labels)
    every = -(-count // _MOST_LABELS)
    for place, label in enumerate(chart.labels):
        # Counted from the end, so that the newest always has its label.
        if (count - 1 - place) % max(every, 1) == 0:
            yield Words(_x(place, count), HEIGHT - BOTTOM + SMALL + 4, label)


def _gaps(chart: Chart) -> Iterator[Shape]:
    """What is not known is marked as such: an empty place would look like zero."""
    for _, values in chart.series[:1]:
        for place, value in enumerate(values):
            if value is None:
                yield Words(_x(place, len(values)), HEIGHT - BOTTOM - 3, NOTHING)


def _drawn(chart: Chart, top: float) -> Iterator[Shape]:
    for _, values in chart.series[:1]:
        if chart.kind == "lines":
            yield from _line(values, top)
        else:
            yield from _bars(chart, values, top)


def _bars(chart: Chart, values: tuple[float | None, ...], top: float) -> Iterator[Shape]:
    slot = (WIDTH - LEFT - RIGHT) / max(len(values), 1)
    wide = min(slot * 0.7, 44.0)
    for place, value in enumerate(values):
        if value is None:
            continue
        x, y = _x(place, len(values)), _y(value, top)
        colour = MARKED if chart.labels[place] in chart.marked else BAR
        yield Box(x - wide / 2, y, wide, _y(0, top) - y, colour)
        yield Words(x, y - 3, shown(value))


def _line(values: tuple[float | None, ...], top: float) -> Iterator[Shape]:
    before: tuple[float, float] | None = None
    for place, value in enumerate(values):
        here = None if value is None else (_x(place, len(values)), _y(value, top))
        if here is not None and before is not None:
            yield Line(*before, *here, MARKED, 1.6)
        if here is not None and value is not None:
            yield Box(here[0] - 2, here[1] - 2, 4, 4, MARKED)
            yield Words(here[0], here[1] - 5, shown(value))
        before = here
