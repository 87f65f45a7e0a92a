"""A report as a workbook: one sheet to a section, native charts, the mark on every sheet and printed page."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Any

from yaotong.cells import exported
from yaotong.reports.front import front
from yaotong.reports.model import Cell, Chart, DualMap, Mark, Report, Section, Table
from yaotong.reports.still import stilled

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

_BAD_NAME = re.compile(r"[\[\]:*?/\\]")
_WIDEST = 46


def as_xlsx(report: Report, mark: Mark) -> bytes:
    """The file's bytes. Texts are cells of type text, and none begins like a formula."""
    from openpyxl import Workbook

    book = Workbook()
    book.properties.title, book.properties.creator = report.title, mark.reader
    book.properties.created = book.properties.modified = mark.at
    first: Any = book.active
    first.title = "封面"
    _front(first, report, mark)
    for number, section in enumerate(report.sections, start=1):
        sheet = book.create_sheet(f"{number} {_BAD_NAME.sub(' ', section.title)}"[:31])
        _stamp(sheet, mark)
        _section(sheet, section)
        _fit(sheet)
    made = io.BytesIO()
    book.save(made)
    return stilled(made.getvalue(), mark.at)


def _front(sheet: Worksheet, report: Report, mark: Mark) -> None:
    _stamp(sheet, mark)
    _row(sheet, (report.title,), bold=True)
    for pair in front(report, mark):
        _row(sheet, pair)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 80


def _stamp(sheet: Worksheet, mark: Mark) -> None:
    """The mark as the first row, and at the head and foot of every printed page."""
    from openpyxl.styles import Font
    from openpyxl.worksheet.properties import PageSetupProperties

    _row(sheet, (mark.text,))
    sheet.cell(1, 1).font = Font(color="999999", size=9)
    parts: tuple[Any, ...] = (sheet.oddHeader, sheet.oddFooter)
    for part in parts:
        # In a header "&" begins a command; doubled it is itself.
        part.center.text = mark.text.replace("&", "&&")
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _section(sheet: Worksheet, section: Section) -> None:
    for table in section.tables:
        _table(sheet, table)
    for chart in section.charts:
        if isinstance(chart, DualMap):
            _map(sheet, chart)
        else:
            _chart(sheet, chart)
    for note in section.notes:
        _row(sheet, (note,))


def _table(sheet: Worksheet, table: Table) -> None:
    _row(sheet, (table.title,), bold=True)
    if not table.rows:
        _row(sheet, (table.empty,))
        return
    _row(sheet, table.head, bold=True)
    for row in table.rows:
        at = _row(sheet, row)
        for place in table.shares:
            sheet.cell(at, place + 1).number_format = "0.0%"
    _row(sheet, ())


def _map(sheet: Worksheet, one: DualMap) -> None:
    """The numbers of a map; a workbook has no outlines."""
    _row(sheet, (one.title,), bold=True)
    _row(sheet, ("", *(f"{title}（{unit}）" for title, unit, _ in one.sides)), bold=True)
    for place, ground in enumerate(one.grounds):
        _row(sheet, (ground.name, *(values[place] for _, _, values in one.sides)))
    _row(sheet, ())


def _chart(sheet: Worksheet, chart: Chart) -> None:
    """The chart's numbers as a small table, and beside it the chart that reads them."""
    from openpyxl.chart import BarChart, LineChart, Reference

    _row(sheet, (chart.title,), bold=True)
    top = _row(sheet, ("", *(f"{name}（{chart.unit}）" for name, _ in chart.series)), bold=True)
    for place, label in enumerate(chart.labels):
        _row(sheet, (label, *(values[place] for _, values in chart.series)))
    drawn: Any = LineChart() if chart.kind == "lines" else BarChart()
    last = top + len(chart.labels)
    drawn.add_data(
        Reference(sheet, min_col=2, max_col=1 + len(chart.series), min_row=top, max_row=last),
        titles_from_data=True,
    )
    drawn.set_categories(Reference(sheet, min_col=1, min_row=top + 1, max_row=last))
    drawn.title, drawn.height, drawn.width = chart.title, 7.5, 16
    # Without this, newer Excel hides the axes.
    drawn.x_axis.delete = drawn.y_axis.delete = False
    sheet.add_chart(drawn, f"D{top}")
    for _ in range(max(16 - len(chart.labels), 1)):
        _row(sheet, ())


def _row(sheet: Worksheet, cells: tuple[Cell, ...], *, bold: bool = False) -> int:
    """Write a row below the last one; its number."""
    from openpyxl.styles import Alignment, Font

    at = int(getattr(sheet, "written", 0)) + 1
    sheet.written = at  # type: ignore[attr-defined]
    for place, value in enumerate(cells, start=1):
        if value is None or value == "":
            continue
        cell = sheet.cell(at, place)
        cell.value = exported(_plain(value))  # type: ignore[assignment]
        if isinstance(value, str):
            cell.data_type = "s"
            cell.alignment = Alignment(vertical="top", wrap_text=place > 1 and len(value) > _WIDEST // 2)
        if bold:
            cell.font = Font(bold=True)
    return at


def _plain(value: Cell) -> Cell:
    """A text without the control characters that no workbook may hold."""
    if not isinstance(value, str):
        return value
    return "".join(one for one in value if one.isprintable() or one in "\u3000\t\n\r")


def _fit(sheet: Worksheet) -> None:
    """Columns as wide as their texts, those of notes and titles left out: they run over."""
    from openpyxl.utils import get_column_letter

    for column in sheet.iter_cols(min_row=2):
        wide = [_width(str(one.value)) for one in column if one.value is not None]
        if column[0].column == 1:
            wide = [one for one in wide if one <= 30]
        letter = get_column_letter(column[0].column or 1)
        sheet.column_dimensions[letter].width = min(max([8, *wide]) + 2, _WIDEST)


def _width(text: str) -> int:
    return sum(2 if ord(one) > 0x2E80 else 1 for one in text)
