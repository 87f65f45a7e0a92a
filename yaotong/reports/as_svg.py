"""A chart as SVG for a page: attributes only, for the page's policy refuses inline styles."""

from __future__ import annotations

from html import escape

from yaotong.reports.drawn import shapes
from yaotong.reports.ink import HEIGHT, INK, SMALL, WIDTH, Box, Line, Patch, Shape
from yaotong.reports.model import Chart, DualMap


def as_svg(chart: Chart | DualMap) -> str:
    """The picture; its numbers stand in it as text."""
    inside = "".join(_shape(one) for one in shapes(chart))
    head = f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="img" aria-label="{escape(chart.title)}"'
    return f'{head} font-size="{SMALL:g}" fill="{INK}">{inside}</svg>'


def _shape(one: Shape) -> str:
    if isinstance(one, Box):
        place = f'x="{one.x:.1f}" y="{one.y:.1f}" width="{one.width:.1f}" height="{one.height:.1f}"'
        return f'<rect {place} fill="{one.colour}"/>'
    if isinstance(one, Line):
        ends = f'x1="{one.x1:.1f}" y1="{one.y1:.1f}" x2="{one.x2:.1f}" y2="{one.y2:.1f}"'
        return f'<line {ends} stroke="{one.colour}" stroke-width="{one.width:g}"/>'
    if isinstance(one, Patch):
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in one.corners)
        return f'<polygon points="{corners}" fill="{one.colour}" stroke="{one.edge}" stroke-width="0.6"/>'
    place = f'x="{one.x:.1f}" y="{one.y:.1f}" text-anchor="{one.anchor}"'
    return f'<text {place} fill="{one.colour}">{escape(one.text)}</text>'
