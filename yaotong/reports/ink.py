"""What a picture of a report is made of: a few shapes in points, origin at the top left. Pure."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH, HEIGHT = 460.0, 190.0
SMALL = 8.0
GRID, INK, BAR, MARKED = "#dbe2e4", "#566570", "#8fbfbd", "#0f5f66"


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    colour: str


@dataclass(frozen=True, slots=True)
class Line:
    """A stroke."""

    x1: float
    y1: float
    x2: float
    y2: float
    colour: str
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Words:
    """A text on its base line; `anchor` start, middle or end."""

    x: float
    y: float
    text: str
    anchor: str = "middle"
    colour: str = INK


@dataclass(frozen=True, slots=True)
class Patch:
    """A filled outline with an edge; its first corner is not said again at its end."""

    corners: tuple[tuple[float, float], ...]
    colour: str
    edge: str = GRID


Shape = Box | Line | Words | Patch
