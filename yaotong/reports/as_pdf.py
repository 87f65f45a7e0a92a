"""A report as PDF: vector charts, its Chinese font embedded, the mark across every page."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from yaotong.cases.letter import printable
from yaotong.cases.letter_pdf import Font
from yaotong.reports.drawn import shapes
from yaotong.reports.front import front
from yaotong.reports.ink import HEIGHT, SMALL, WIDTH, Box, Line, Patch, Shape
from yaotong.reports.model import Chart, DualMap, Mark, Report, Section, Table, shown

if TYPE_CHECKING:
    from fpdf import FPDF

_MARGIN, _FOOT = 15.0, 16.0
_MM = 0.3527777778  # to a point
_TABLE_PT, _TEXT_PT, _HEAD_PT, _TITLE_PT = 8.0, 9.0, 12.0, 18.0
_MARK_PT, _MARK_GREY = 15.0, 228
_TILT = 30.0


def as_pdf(report: Report, mark: Mark, font: Font) -> bytes:
    """The document's bytes."""
    # What it tells of a font's tables is nobody's concern here.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = _paper(mark)
    page.add_font("report", fname=font.path, collection_font_number=font.face)
    page.set_margins(_MARGIN, _MARGIN, _MARGIN)
    page.set_auto_page_break(True, margin=_FOOT)
    page.set_title(report.title)
    page.set_author(mark.reader)
    page.set_creation_date(mark.at)
    page.add_page()
    _head(page, report, mark)
    for section in report.sections:
        _section(page, section)
    return bytes(page.output())


def _paper(mark: Mark) -> FPDF:
    """Paper that bears the mark on each page, beneath what is written, and its number at the foot."""
    # Loaded where it is needed: it takes longer to start than the rest of a page.
    from fpdf import FPDF

    class Marked(FPDF):
        def header(self) -> None:
            self.set_font("report", size=_MARK_PT)
            self.set_text_color(_MARK_GREY)
            text = printable(mark.text)
            for y in (70, 150, 230):
                with self.rotation(_TILT, 105, y):
                    self.text(105 - self.get_string_width(text) / 2, y, text)
            self.set_text_color(0)
            self.set_xy(_MARGIN, _MARGIN)

        def footer(self) -> None:
            self.set_y(-_FOOT + 4)
            self.set_font("report", size=7.5)
            self.set_text_color(110)
            self.cell(0, 5, f"{printable(mark.text)}　第 {self.page_no()} 页", align="C")
            self.set_text_color(0)

    return Marked(format="A4")


def _head(page: FPDF, report: Report, mark: Mark) -> None:
    page.set_font("report", size=_TITLE_PT)
    page.cell(0, 11, printable(report.title), align="C", new_x="LMARGIN", new_y="NEXT")
    for name, value in front(report, mark):
        _line(page, f"{name}：{value}", _TEXT_PT)
    page.ln(2)


def _section(page: FPDF, section: Section) -> None:
    if page.will_page_break(34):
        page.add_page()
    page.ln(3)
    page.set_text_color(15, 95, 102)
    _line(page, section.title, _HEAD_PT)
    page.set_text_color(0)
    for table in section.tables:
        if table.title != section.title:
            _line(page, table.title, _TEXT_PT)
        _table(page, table)
    for chart in section.charts:
        _chart(page, chart)
    page.set_text_color(90)
    for note in section.notes:
        _line(page, note, _TABLE_PT)
    page.set_text_color(0)


def _line(page: FPDF, text: str, size: float) -> None:
    page.set_font("report", size=size)
    wrap: Any = "CHAR"
    page.multi_cell(0, size * 0.6, printable(text), align="L", wrapmode=wrap, new_x="LMARGIN", new_y="NEXT")


def _table(page: FPDF, table: Table) -> None:
    if not table.rows:
        _line(page, table.empty, _TABLE_PT)
        return
    from fpdf.fonts import FontFace

    page.set_font("report", size=_TABLE_PT)
    # A chart before it leaves its own colours behind. Black is the paper's own: cells stay clear of the mark.
    page.set_fill_color(0)
    page.set_draw_color(190)
    page.set_line_width(0.15)
    aligned: Any = tuple("RIGHT" if one else "LEFT" for one in table.numeric)
    head: Any = FontFace(fill_color=(227, 240, 239), emphasis=None)
    with page.table(
        col_widths=table.widths or None,
        line_height=_TABLE_PT * 0.55,
        text_align=aligned,
        padding=0.8,
        headings_style=head,
        wrapmode="CHAR",
        borders_layout="HORIZONTAL_LINES",
    ) as made:
        made.row([printable(one) for one in table.head])
        for row in table.rows:
            made.row([printable(shown(cell, place in table.shares)) for place, cell in enumerate(row)])
    page.ln(2)


def _chart(page: FPDF, chart: Chart | DualMap) -> None:
    tall = HEIGHT * _MM + 8
    if page.will_page_break(tall):
        page.add_page()
    _line(page, chart.title, _TEXT_PT)
    left, top = page.l_margin, page.get_y()
    page.set_font("report", size=SMALL * 0.9)
    for one in shapes(chart):
        _draw(page, one, left, top)
    page.set_text_color(0)
    page.set_xy(left, top + HEIGHT * _MM + 2)


def _draw(page: FPDF, one: Shape, left: float, top: float) -> None:
    if isinstance(one, Box):
        page.set_fill_color(*_rgb(one.colour))
        place = (left + one.x * _MM, top + one.y * _MM, one.width * _MM, max(one.height, 0) * _MM)
        page.rect(*place, style="F")
    elif isinstance(one, Line):
        page.set_draw_color(*_rgb(one.colour))
        page.set_line_width(one.width * _MM)
        ends = (left + one.x1 * _MM, top + one.y1 * _MM, left + one.x2 * _MM, top + one.y2 * _MM)
        page.line(*ends)
        page.set_draw_color(0)
        page.set_line_width(0.2)
    elif isinstance(one, Patch):
        page.set_fill_color(*_rgb(one.colour))
        page.set_draw_color(*_rgb(one.edge))
        page.set_line_width(0.6 * _MM)
        page.polygon([(left + x * _MM, top + y * _MM) for x, y in one.corners], style="DF")
        page.set_draw_color(0)
        page.set_line_width(0.2)
    else:
        text = printable(one.text)
        back = {"start": 0.0, "middle": 0.5, "end": 1.0}[one.anchor] * page.get_string_width(text)
        page.set_text_color(*_rgb(one.colour))
        page.text(left + one.x * _MM - back, top + one.y * _MM, text)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


assert WIDTH * _MM <= 210 - 2 * _MARGIN, "a chart is no wider than the paper"
