"""Colours and marks of the map, in one place. Readable with every common kind of colour blindness.

Distribution is a calm teal, risk runs from amber to a dark red; both get darker with the value, so
that they also read in grey. What is unknown is hatched and has no colour of either scale.
"""

from __future__ import annotations

from dataclasses import dataclass

from yaotong.codes import Level
from yaotong.terms import term

# Light enough that every mark and name stands out on the darkest class.
TEAL = ("#eaf4f2", "#cde6e2", "#a6d2cd", "#76b6b2", "#468f90")
RISK = ("#fdf1d3", "#fbdca6", "#f5b876", "#e88a55", "#cf5f43")
DISC = "#0f5f66"
# From near to far, then partly and not at all reached.
REACH = ("#468f90", "#8fc4c0", "#d3e9e5", "#fbdca6", "#d9773f")
# From hot to cold, for what is tested and not only counted.
HOT_COLD = ("#cf5f43", "#f5b876", "#b3cde3", "#6a9cc9")
HATCH = "#8b949e"
# Nothing found although data came in: paper, not green, for nobody vouches that all is well.
NOTHING = "#f6f5f0"


SHAPES = frozenset("circle ring square diamond triangle cross zone hatch line".split())


@dataclass(frozen=True, slots=True)
class Mark:
    """How one class of features is drawn.

    `shape` of points: circle, ring, square, diamond, triangle, cross; of areas: zone (filled with the
    colour) or hatch (unknown); of lines: line, whose `radius` is its width.
    """

    key: str
    label_zh: str
    colour: str
    shape: str
    radius: float

    def __post_init__(self) -> None:
        if self.shape not in SHAPES:
            raise ValueError(f"{self.shape!r} is no mark: see layers/colours.py for those that can be drawn")


LEVEL_ZH: dict[str, str] = {str(level): term(f"level.{level}") for level in Level}
# Graver is larger, and each level has a shape of its own.
LEVEL_MARKS: tuple[Mark, ...] = (
    Mark("red", "红色预警", "#8e1b14", "diamond", 9.0),
    Mark("orange", "橙色预警", "#d9661f", "square", 7.5),
    Mark("yellow", "黄色预警", "#dba106", "triangle", 7.5),
    Mark("blue", "蓝色预警", "#3a76b8", "circle", 5.5),
)
