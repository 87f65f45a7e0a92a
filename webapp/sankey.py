"""Flows between three columns of nodes, laid out for an SVG that is there without a script and on paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

WIDTH, NODE = 860.0, 14.0
_TALLEST, _GAP, _LEAST = 460.0, 10.0, 3.0
_LEFT, _RIGHT = 190.0, 210.0  # room for names on either side

Flow = tuple[str, str, float]


@dataclass(frozen=True, slots=True)
class Node:
    """A box: its kind, place and size in px, name and packs; `side` is where its name stands."""

    kind: str
    x: float
    y: float
    height: float
    name: str
    packs: float
    side: str


@dataclass(frozen=True, slots=True)
class Band:
    """A flow as an SVG path of a filled shape, with what it says."""

    path: str
    source: str
    target: str
    packs: float
    end: str


@dataclass(frozen=True, slots=True)
class Sankey:
    """The picture's size in px, its boxes and bands."""

    width: float
    height: float
    nodes: tuple[Node, ...]
    bands: tuple[Band, ...]


def laid_out(
    flows: Sequence[Flow], columns: Mapping[str, int], name: Callable[[str], str], most: int = 14
) -> Sankey:
    """Flows between nodes "kind:key" in columns 0 to 2, the smallest beyond `most` as one."""
    flows = _joined(flows, columns, most)
    packs = _packs(flows)
    by_column = [
        sorted((one for one in packs if columns[_kind(one)] == place), key=lambda one: (-packs[one], one))
        for place in range(3)
    ]
    rows = max((len(one) for one in by_column), default=0)
    total = max((sum(packs[one] for one in column) for column in by_column), default=0.0)
    if not total:
        return Sankey(WIDTH, 0.0, (), ())
    height = min(_TALLEST, max(160.0, rows * 34.0))
    scale = (height - _GAP * (rows - 1)) / total
    boxes = {}
    for place, column in enumerate(by_column):
        x = _LEFT + (WIDTH - _LEFT - _RIGHT - NODE) * place / 2
        y = 0.0
        for one in column:
            tall = max(packs[one] * scale, _LEAST)
            side = ("left", "right", "right")[place]
            boxes[one] = Node(
                _kind(one), round(x, 1), round(y, 1), round(tall, 1), name(one), packs[one], side
            )
            y += max(tall, 15.0) + _GAP
    tallest = max(one.y + max(one.height, 15.0) for one in boxes.values())
    return Sankey(WIDTH, round(tallest + 4, 1), tuple(boxes.values()), _bands(flows, boxes, scale, name))


def _bands(
    flows: Sequence[Flow], boxes: Mapping[str, Node], scale: float, name: Callable[[str], str]
) -> tuple[Band, ...]:
    left = {one: box.y for one, box in boxes.items()}
    right = dict(left)
    order = sorted(flows, key=lambda one: (boxes[one[0]].y, boxes[one[1]].y))
    made = []
    for source, target, packs in order:
        tall = packs * scale
        begin, end = boxes[source], boxes[target]
        x0, x1, y0, y1 = begin.x + NODE, end.x, right[source], left[target]
        middle = (x0 + x1) / 2
        path = (
            f"M{x0:.1f} {y0:.1f}C{middle:.1f} {y0:.1f} {middle:.1f} {y1:.1f} {x1:.1f} {y1:.1f}"
            f"v{tall:.1f}C{middle:.1f} {y1 + tall:.1f} {middle:.1f} {y0 + tall:.1f} {x0:.1f} {y0 + tall:.1f}Z"
        )
        right[source], left[target] = y0 + tall, y1 + tall
        key = target.partition(":")[2] if end.kind == "end" else source.partition(":")[2]
        made.append(Band(path, name(source), name(target), packs, _class(key)))
    return tuple(made)


def _class(key: str) -> str:
    return {"!": "no-source", "shelf": "shelf", "lost": "lost", "sold_unknown": "unknown"}.get(key, "")


def _joined(flows: Sequence[Flow], columns: Mapping[str, int], most: int) -> list[Flow]:
    """The smallest nodes of the first column as one: a shelf of a hundred suppliers is no picture."""
    packs = _packs(flows)
    first = sorted((one for one in packs if columns[_kind(one)] == 0), key=lambda one: (-packs[one], one))
    rest = set(first[most:])
    summed: dict[tuple[str, str], float] = {}
    for source, target, count in flows:
        key = (f"{_kind(source)}:*" if source in rest else source, target)
        summed[key] = summed.get(key, 0.0) + count
    return [(source, target, count) for (source, target), count in summed.items() if count > 0]


def _packs(flows: Sequence[Flow]) -> dict[str, float]:
    gave: dict[str, float] = {}
    got: dict[str, float] = {}
    for source, target, count in flows:
        gave[source] = gave.get(source, 0.0) + count
        got[target] = got.get(target, 0.0) + count
    return {one: max(gave.get(one, 0.0), got.get(one, 0.0)) for one in {**gave, **got}}


def _kind(node: str) -> str:
    return node.partition(":")[0]
