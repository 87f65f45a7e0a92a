"""The files of a report: safe cells, the mark on every page and sheet, the same bytes twice, readable again."""

from __future__ import annotations

import csv
import importlib
import io
import time
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import docx
import openpyxl
import pypdfium2
import pytest

from tests.reports.made import MARK, NASTY, report
from yaotong.cases.letter_pdf import Font, find_font
from yaotong.cells import as_sent
from yaotong.reports.as_csv import as_csv
from yaotong.reports.as_docx import NO_FONT, as_docx
from yaotong.reports.as_pdf import as_pdf
from yaotong.reports.as_svg import as_svg
from yaotong.reports.as_xlsx import as_xlsx
from yaotong.reports.drawn import shapes
from yaotong.reports.ink import HEIGHT, WIDTH, Box, Line, Words
from yaotong.reports.model import Chart
from yaotong.reports.still import stilled

RUN_BY_SPREADSHEETS = tuple("=+-@\t\r＝＋－＠")
ROWS = tuple((text, place, place / 10) for place, text in enumerate(NASTY))


@pytest.fixture(scope="module")
def font() -> Font:
    found = find_font(Path("/nowhere"))
    if found is None:
        pytest.skip("没有中文字体（Debian：fonts-noto-cjk）。")
    return found


def sheets(made: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(made))


def test_no_cell_of_a_csv_begins_like_a_formula_and_every_text_comes_back() -> None:
    made = as_csv(report(*ROWS), MARK)
    assert made.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    cells = [cell for row in rows for cell in row]
    assert [cell for cell in cells if cell.lstrip().startswith(RUN_BY_SPREADSHEETS)] == []
    assert [cell for cell in cells if cell.startswith(RUN_BY_SPREADSHEETS)] == []
    back = {as_sent(cell) for cell in cells}
    assert set(NASTY) - back == set()


def test_no_cell_of_a_workbook_is_a_formula() -> None:
    whole = report(*((text.replace("\x00", ""), *rest) for text, *rest in ROWS))
    book = sheets(as_xlsx(whole, MARK))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} <= {"s", "n"}
    texts = [cell.value for cell in cells if cell.data_type == "s"]
    assert [text for text in texts if text.startswith(RUN_BY_SPREADSHEETS)] == []
    assert "'=1+1" in texts
    with zipfile.ZipFile(io.BytesIO(as_xlsx(whole, MARK))) as packed:
        inside = [packed.read(name) for name in packed.namelist() if "worksheets/sheet" in name]
    assert [one for one in inside if b"<f>" in one or b"<f " in one] == []


def test_characters_no_document_may_hold_do_not_stop_one(font: Font) -> None:
    whole = report(*ROWS)
    for made in (as_xlsx(whole, MARK), as_docx(whole, MARK, font), as_pdf(whole, MARK, font)):
        assert len(made) > 2000


def test_the_mark_is_on_every_sheet_and_its_printed_pages() -> None:
    book = sheets(as_xlsx(report(*ROWS[2:4]), MARK))
    assert len(book.sheetnames) == 3
    for sheet in book:
        assert sheet.cell(1, 1).value == MARK.text
        assert sheet.oddHeader.center.text == sheet.oddFooter.center.text == MARK.text
    numbers = [cell.value for row in book.worksheets[1].iter_rows() for cell in row]
    assert 0.2 in numbers, "a share stays a number"
    assert len(book.worksheets[1]._charts) == 1


def test_the_mark_is_in_the_head_of_a_word_document_and_across_its_pages(font: Font) -> None:
    page = docx.Document(io.BytesIO(as_docx(report(), MARK, font)))
    head = page.sections[0].header
    assert head.paragraphs[0].text == MARK.text
    strings = [one.get("string") for one in head._element.iter("{urn:schemas-microsoft-com:vml}textpath")]
    assert MARK.text in strings
    assert len(page.inline_shapes) == 1


def test_the_mark_is_on_every_page_of_a_pdf(font: Font) -> None:
    made = pypdfium2.PdfDocument(as_pdf(report(*((f"行{n}", n, 0.5) for n in range(120))), MARK, font))
    assert len(made) > 2
    for page in made:
        text = page.get_textpage().get_text_range()
        # Across the page and at its foot.
        assert text.count(MARK.number) >= 2
        assert "药监演示员" in text
        assert "2026-06-30 08:00" in text


def test_the_same_report_is_the_same_bytes_at_another_time(font: Font) -> None:
    whole = report(*ROWS[8:])
    writers = (
        lambda: as_csv(whole, MARK),
        lambda: as_xlsx(whole, MARK),
        lambda: as_docx(whole, MARK, font),
        lambda: as_pdf(whole, MARK, font),
    )
    before = [write() for write in writers]
    time.sleep(2.1)  # A zip tells moments to two seconds.
    assert [write() for write in writers] == before


@pytest.mark.parametrize("prefix", ["dcterms", "dct"])
def test_a_moment_of_making_is_replaced_whatever_its_prefix(prefix: str) -> None:
    terms = f'xmlns:{prefix}="http://purl.org/dc/terms/" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    core = f"<x {terms}><{prefix}:created>2001</{prefix}:created><dc:title>题</dc:title></x>"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as given:
        given.writestr("docProps/core.xml", core)
    with zipfile.ZipFile(io.BytesIO(stilled(packed.getvalue(), MARK.at))) as made:
        page = ElementTree.fromstring(made.read("docProps/core.xml"))
    said = {one.tag: (one.text, one.attrib) for one in page}
    typed = {"{http://www.w3.org/2001/XMLSchema-instance}type": "dcterms:W3CDTF"}
    assert said == {
        "{http://purl.org/dc/terms/}created": ("2026-06-30T08:00:00Z", typed),
        "{http://purl.org/dc/elements/1.1/}title": ("题", {}),
    }


def test_no_other_library_changes_the_bytes_of_a_report(font: Font) -> None:
    before = as_xlsx(report(), MARK), as_docx(report(), MARK, font)
    # It gives the terms of Dublin Core another prefix, for the whole process.
    importlib.import_module("owslib.etree")
    assert (as_xlsx(report(), MARK), as_docx(report(), MARK, font)) == before


def test_a_word_document_without_a_font_says_that_its_charts_are_left_out() -> None:
    page = docx.Document(io.BytesIO(as_docx(report(), MARK, None)))
    assert NO_FONT in [one.text for one in page.paragraphs]
    assert len(page.inline_shapes) == 0


def test_what_is_not_known_is_no_zero_anywhere() -> None:
    whole = report(("未知", None, None), ("零", 0, 0.0))
    lines = as_csv(whole, MARK).decode("utf-8-sig").splitlines()
    assert "未知,," in lines
    assert "零,0,0.0" in lines
    rows = list(sheets(as_xlsx(whole, MARK)).worksheets[1].iter_rows(values_only=True))
    assert ("未知", None, None) in [row[:3] for row in rows]


def test_the_digest_is_of_what_is_said_and_not_of_who_reads() -> None:
    assert report(*ROWS).digest == report(*ROWS).digest
    assert report(*ROWS).digest != report(*ROWS[1:]).digest
    assert report(*ROWS).digest.encode() in as_csv(report(*ROWS), MARK)


@pytest.mark.parametrize("kind", ["bars", "lines"])
@pytest.mark.parametrize(
    "values",
    [
        (),
        (None, None),
        (0.0, 0.0),
        (1.0,),
        (3.0, None, 12.0),
        tuple(float(n * n) for n in range(40)),
        (1e7, 3.0),
    ],
)
def test_a_chart_stays_on_its_paper_and_draws_no_gap(kind: str, values: tuple[float | None, ...]) -> None:
    chart = Chart("图<1>", tuple(f"{n}" for n in range(len(values))), (("盒", values),), "盒", kind)
    drawn = shapes(chart)
    for one in drawn:
        if isinstance(one, Box):
            assert 0 <= one.x <= one.x + one.width <= WIDTH
            assert one.height >= -1e-9
            assert 0 <= one.y <= HEIGHT
        elif isinstance(one, Line):
            assert all(0 <= x <= WIDTH for x in (one.x1, one.x2))
            assert all(0 <= y <= HEIGHT for y in (one.y1, one.y2))
        else:
            assert isinstance(one, Words)
    known = [value for value in values if value is not None]
    assert sum(isinstance(one, Box) for one in drawn) == len(known)
    picture = ElementTree.fromstring(as_svg(chart))
    assert picture.get("aria-label") == "图<1>"
    assert "style" not in as_svg(chart)
