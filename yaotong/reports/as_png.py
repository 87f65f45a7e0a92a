"""A chart as PNG for Word documents, drawn with the font that the workspace has."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from yaotong.cases.letter_pdf import Font
from yaotong.reports.drawn import shapes
from yaotong.reports.ink import HEIGHT, SMALL, WIDTH, Box, Line, Patch, Shape
from yaotong.reports.model import Chart, DualMap

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw

_SCALE = 3  # dots to a point: 216 dots to an inch
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}


def as_png(chart: Chart | DualMap, font: Font) -> bytes:
    """The picture's bytes."""
    # Loaded where it is needed, as the libraries of documents are.
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("RGB", (int(WIDTH * _SCALE), int(HEIGHT * _SCALE)), "white")
    pen = ImageDraw.Draw(page)
    letters = ImageFont.truetype(str(font.path), int(SMALL * _SCALE), index=font.face)
    for one in shapes(chart):
        _draw(pen, one, letters)
    made = io.BytesIO()
    page.save(made, "PNG", optimize=True)
    return made.getvalue()


def _draw(pen: ImageDraw, one: Shape, letters: object) -> None:
    if isinstance(one, Box):
        ends = (one.x, one.y, one.x + one.width, one.y + max(one.height, 0))
        pen.rectangle([value * _SCALE for value in ends], fill=one.colour)
    elif isinstance(one, Line):
        ends = (one.x1, one.y1, one.x2, one.y2)
        pen.line([value * _SCALE for value in ends], fill=one.colour, width=max(round(one.width * _SCALE), 1))
    elif isinstance(one, Patch):
        corners = [(x * _SCALE, y * _SCALE) for x, y in one.corners]
        pen.polygon(corners, fill=one.colour, outline=one.edge, width=max(round(0.6 * _SCALE), 1))
    else:
        place = (one.x * _SCALE, one.y * _SCALE)
        pen.text(place, one.text, fill=one.colour, font=letters, anchor=_ANCHORS[one.anchor])  # type: ignore[arg-type]
