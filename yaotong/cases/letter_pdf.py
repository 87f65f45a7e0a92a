"""A letter as PDF, its Chinese font embedded. A server without such a font gives the Word document only."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yaotong.cases.letter import Block, Letter, blocks, printable

if TYPE_CHECKING:
    from fpdf import FPDF

# Debian's fonts-noto-cjk; in each collection the third face is the one for simplified Chinese.
_NOTO = ("NotoSerifCJK-Regular.ttc", "NotoSansCJK-Regular.ttc")
_FOLDERS = ("/usr/share/fonts/opentype/noto", "/usr/share/fonts/noto-cjk", "/usr/share/fonts/google-noto-cjk")
_SIMPLIFIED = 2
_FACES = ("*.ttf", "*.otf")
_SIZES = {"title": 20, "number": 13, "heading": 14, "text": 12.5, "small": 9.5, "sign": 12.5, "cut": 9.5}
_ALIGN = {"title": "C", "number": "C", "cut": "C", "sign": "R"}
_LINE_MM = 0.62  # of a line, for each point of the letters
_TABLE_PT = 8.5
_INDENT = "　　"


@dataclass(frozen=True, slots=True)
class Font:
    """A font file, and which face of it."""

    path: Path
    face: int = 0


def find_font(home: Path) -> Font | None:
    """The font put into the workspace's `fonts` folder, else Noto CJK of the system; None without either."""
    own = sorted(one for pattern in _FACES for one in (home / "fonts").glob(pattern))
    if own:
        return Font(own[0])
    known = (Path(folder) / name for name in _NOTO for folder in _FOLDERS)
    found = next((one for one in known if one.is_file()), None)
    return None if found is None else Font(found, _SIMPLIFIED)


def as_pdf(letter: Letter, font: Font | None) -> bytes | None:
    """The document's bytes; None without a font."""
    if font is None:
        return None
    # Loaded where it is needed, as with Word documents.
    from fpdf import FPDF

    # What it tells of a font's tables is nobody's concern here.
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    page = FPDF(format="A4")
    page.add_font("letter", fname=font.path, collection_font_number=font.face)
    page.set_margins(26, 28, 26)
    page.set_auto_page_break(True, margin=22)
    page.set_title(letter.number)
    page.set_author(letter.sender.name_zh)
    page.set_creation_date(letter.issued_at)
    page.add_page()
    for block in blocks(letter):
        _draw(page, block)
    return bytes(page.output())


def _draw(page: FPDF, block: Block) -> None:
    from fpdf.enums import WrapMode

    if block.kind == "table":
        _table(page, block)
        return
    size = _SIZES[block.kind]
    page.set_font("letter", size=size)
    if block.kind in ("title", "heading", "cut"):
        # A heading does not stand alone at the foot of a page.
        if page.will_page_break(size * _LINE_MM * 3):
            page.add_page()
        page.ln(2)
    for line in block.text.split("\n"):
        plain = printable(line)
        indent = _INDENT if block.kind == "text" and not plain.endswith("：") else ""
        align = _ALIGN.get(block.kind, "L")
        page.multi_cell(
            0,
            size * _LINE_MM,
            indent + plain,
            align=align,
            wrapmode=WrapMode.CHAR,
            new_x="LMARGIN",
            new_y="NEXT",
        )


def _table(page: FPDF, block: Block) -> None:
    page.set_font("letter", size=_TABLE_PT)
    page.ln(1)
    with page.table(
        col_widths=block.widths,
        line_height=_TABLE_PT * _LINE_MM,
        text_align="LEFT",
        padding=1,
        first_row_as_headings=False,
        wrapmode="CHAR",
    ) as made:
        for row in block.rows:
            cells = made.row()
            for text in row:
                cells.cell(printable(text))
    page.ln(2)
