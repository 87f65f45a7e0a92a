"""A report as a Word document, the mark across every page and in its head."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from yaotong.cases.letter import printable
from yaotong.cases.letter_pdf import Font
from yaotong.reports.as_png import as_png
from yaotong.reports.front import front
from yaotong.reports.model import Mark, Report, Section, Table, shown
from yaotong.reports.still import stilled

if TYPE_CHECKING:
    from docx.document import Document as Page

_BODY, _HEADING = "仿宋", "黑体"
_TABLE_PT, _TEXT_PT, _HEAD_PT, _TITLE_PT = 9, 10.5, 14, 20
_INSIDE_CM = 17.0
NO_FONT = "本服务器没有中文字体，图从略；数字见表。"
# A text across the page, as Word itself writes a watermark.
_WATERMARK = """\
<w:r xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" \
xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"><w:pict>\
<v:shapetype id="_x0000_t136" coordsize="21600,21600" o:spt="136" adj="10800" \
path="m@7,l@8,m@5,21600l@6,21600e"><v:formulas><v:f eqn="sum #0 0 10800"/><v:f eqn="prod #0 2 1"/>\
<v:f eqn="sum 21600 0 @1"/><v:f eqn="sum 0 0 @2"/><v:f eqn="sum 21600 0 @3"/><v:f eqn="if @0 @3 0"/>\
<v:f eqn="if @0 21600 @1"/><v:f eqn="if @0 0 @2"/><v:f eqn="if @0 @4 21600"/></v:formulas>\
<v:path textpathok="t" o:connecttype="rect"/><v:textpath on="t" fitshape="t"/></v:shapetype>\
<v:shape id="yaotong_mark" type="#_x0000_t136" style="position:absolute;margin-left:0;margin-top:0;\
width:480pt;height:26pt;rotation:330;z-index:-251658752;mso-position-horizontal:center;\
mso-position-horizontal-relative:margin;mso-position-vertical:center;\
mso-position-vertical-relative:margin" fillcolor="#d9d9d9" stroked="f">\
<v:textpath style="font-family:&quot;SimSun&quot;;font-size:1pt" string={text}/></v:shape></w:pict></w:r>"""


def as_docx(report: Report, mark: Mark, font: Font | None) -> bytes:
    """The document's bytes; without a font to draw them with, its charts are left out and it says so."""
    import docx

    page = docx.Document()
    _set_page(page, report, mark)
    _say(page, report.title, _TITLE_PT, _HEADING, centred=True)
    for name, value in front(report, mark):
        _say(page, f"{name}：{value}", _TEXT_PT)
    for section in report.sections:
        _section(page, section, font)
    made = io.BytesIO()
    page.save(made)
    return stilled(made.getvalue(), mark.at)


def _set_page(page: Page, report: Report, mark: Mark) -> None:
    from docx.oxml.parser import parse_xml
    from docx.shared import Cm

    only = page.sections[0]
    only.page_width, only.page_height = Cm(21.0), Cm(29.7)
    only.left_margin = only.right_margin = Cm(2.0)
    only.top_margin = only.bottom_margin = Cm(2.2)
    about = page.core_properties
    about.title, about.author, about.last_modified_by = report.title, mark.reader, mark.reader
    about.comments = mark.number
    about.created = about.modified = mark.at
    head = only.header.paragraphs[0]
    _write(head, mark.text, 8, _BODY, grey=True)
    watermark = _WATERMARK.replace("{text}", quoteattr(printable(mark.text)))
    head._p.append(parse_xml(watermark))


def _section(page: Page, section: Section, font: Font | None) -> None:
    from docx.shared import Cm

    _say(page, section.title, _HEAD_PT, _HEADING)
    for table in section.tables:
        if table.title != section.title:
            _say(page, table.title, _TEXT_PT, _HEADING)
        _table(page, table)
    for chart in section.charts:
        _say(page, chart.title, _TEXT_PT, _HEADING)
        if font is None:
            _say(page, NO_FONT, _TABLE_PT)
        else:
            page.add_picture(io.BytesIO(as_png(chart, font)), width=Cm(_INSIDE_CM))
    for note in section.notes:
        _say(page, note, _TABLE_PT, grey=True)


def _table(page: Page, table: Table) -> None:
    from docx.shared import Cm

    if not table.rows:
        _say(page, table.empty, _TEXT_PT)
        return
    made = page.add_table(rows=1 + len(table.rows), cols=len(table.head))
    made.style, made.autofit = "Table Grid", False
    widths = table.widths or (1,) * len(table.head)
    lines = [table.head, *(_shown(table, row) for row in table.rows)]
    for place, (row, line) in enumerate(zip(made.rows, lines, strict=True)):
        for cell, text, share in zip(row.cells, line, widths, strict=True):
            cell.width = Cm(_INSIDE_CM * share / sum(widths))
            _write(cell.paragraphs[0], text, _TABLE_PT, _HEADING if place == 0 else _BODY)
    page.add_paragraph()


def _shown(table: Table, row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(shown(cell, place in table.shares) for place, cell in enumerate(row))


def _say(
    page: Page, text: str, size: float, font: str = _BODY, *, centred: bool = False, grey: bool = False
) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    made = page.add_paragraph()
    made.paragraph_format.space_after = Pt(3)
    made.paragraph_format.keep_with_next = font == _HEADING
    if centred:
        made.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _write(made, text, size, font, grey=grey)


def _write(paragraph: Any, text: str, size: float, font: str, *, grey: bool = False) -> None:
    from docx.oxml.ns import qn
    from docx.shared import Pt, RGBColor

    run = paragraph.add_run(printable(text))
    run.font.name, run.font.size = font, Pt(size)
    if grey:
        run.font.color.rgb = RGBColor(0x80, 0x80, 0x80)
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
