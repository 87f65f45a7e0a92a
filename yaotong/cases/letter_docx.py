"""A letter as a Word document: the fonts of official papers by name, A4, its tables with lines."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from yaotong.cases.letter import Block, Letter, blocks, printable

if TYPE_CHECKING:
    from docx.document import Document as Page

# GB/T 9704-2012: body FangSong, headings HeiTi, title XiaoBiaoSong; Word falls back where one is missing.
_BODY, _HEADING, _TITLE = "仿宋", "黑体", "方正小标宋简体"
_SIZES = {"title": 20, "number": 14, "heading": 15, "text": 14, "small": 10.5, "sign": 14, "cut": 10.5}
_TABLE_PT = 10
_PAGE_CM = (21.0, 29.7)
_MARGINS_CM = (3.0, 2.5, 2.6, 2.6)


def as_docx(letter: Letter) -> bytes:
    """The document's bytes."""
    # Loaded where it is needed: its XML library takes longer to start than the rest of a page.
    import docx

    page = docx.Document()
    _set_page(page, letter)
    for block in blocks(letter):
        if block.kind == "table":
            _table(page, block)
        else:
            _paragraph(page, block)
    made = io.BytesIO()
    page.save(made)
    return made.getvalue()


def _set_page(page: Page, letter: Letter) -> None:
    from docx.shared import Cm

    section = page.sections[0]
    section.page_width, section.page_height = Cm(_PAGE_CM[0]), Cm(_PAGE_CM[1])
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = map(
        Cm, _MARGINS_CM
    )
    about = page.core_properties
    about.title, about.author, about.comments = letter.number, letter.sender.name_zh, letter.case_no
    about.created = about.modified = letter.issued_at
    about.last_modified_by = letter.sender.name_zh


def _paragraph(page: Page, block: Block) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for line in block.text.split("\n"):
        made = page.add_paragraph()
        made.paragraph_format.space_after = Pt(4)
        made.paragraph_format.line_spacing = 1.4
        made.paragraph_format.keep_with_next = block.kind in ("heading", "title")
        if block.kind in ("title", "number", "cut"):
            made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        elif block.kind == "sign":
            made.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        elif block.kind == "text" and not line.endswith("："):
            made.paragraph_format.first_line_indent = Pt(2 * _SIZES["text"])
        font = {"title": _TITLE, "heading": _HEADING}.get(block.kind, _BODY)
        _write(made, line, font, _SIZES[block.kind])


def _table(page: Page, block: Block) -> None:
    from docx.shared import Cm

    columns = len(block.rows[0])
    made = page.add_table(rows=len(block.rows), cols=columns)
    made.style, made.autofit = "Table Grid", False
    inside = _PAGE_CM[0] - _MARGINS_CM[2] - _MARGINS_CM[3]
    for place, row in enumerate(block.rows):
        for cell, text, share in zip(made.rows[place].cells, row, block.widths, strict=True):
            cell.width = Cm(inside * share / sum(block.widths))
            head = place == 0 and columns > 2
            _write(cell.paragraphs[0], text, _HEADING if head else _BODY, _TABLE_PT)
    page.add_paragraph()


def _write(paragraph: Any, text: str, font: str, size: float) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = paragraph.add_run(printable(text))
    run.font.name, run.font.size = font, Pt(size)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
