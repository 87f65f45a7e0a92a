"""A report as CSV: its tables one below the other, for spreadsheets, no cell like a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from yaotong.cells import exported
from yaotong.reports.front import front
from yaotong.reports.model import Cell, Mark, Report, Table


def as_csv(report: Report, mark: Mark) -> bytes:
    """The file's bytes: UTF-8 with BOM, CRLF; empty cells are what is not known."""
    made = io.StringIO()
    writer = csv.writer(made, lineterminator="\r\n")
    _rows(writer, [(report.title,), *front(report, mark)])
    for section in report.sections:
        _rows(writer, [(), (f"【{section.title}】",)])
        for table in section.tables:
            _table(writer, table, named=table.title != section.title)
        _rows(writer, [(note,) for note in section.notes])
    return b"\xef\xbb\xbf" + made.getvalue().encode("utf-8")


def _table(writer: object, table: Table, *, named: bool) -> None:
    _rows(writer, [(table.title,)] if named else [])
    _rows(writer, [table.head, *table.rows] if table.rows else [(table.empty,)])


def _rows(writer: object, rows: Sequence[Sequence[Cell]]) -> None:
    for row in rows:
        writer.writerow([exported("" if cell is None else cell) for cell in row])  # type: ignore[attr-defined]
