"""A letter's two renderings: every block's words are in both, and no odd sign breaks either."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path

import docx
import pytest

from yaotong.cases.letter import AlertFact, Letter, PaperFact, VisitFact, blocks, letter_number
from yaotong.cases.letter_docx import as_docx
from yaotong.cases.letter_pdf import Font, as_pdf, find_font
from yaotong.departments import departments

AT = datetime(2026, 7, 6, 10)


def letter(text: str = "事实", many: int = 1) -> Letter:
    known = departments()
    alert = AlertFact(
        "0123456789ab",
        "R-M01 规则",
        "甲药店",
        "当湖街道",
        "句子",
        date(2026, 7, 1),
        date(2026, 7, 3),
        ("某法",),
    )
    visit = VisitFact(AT, "甲药店", "药监", text, (("甲片", 3, 12), ("乙片", 1, None)))
    papers = tuple(PaperFact(f"照片{one}.jpg", "jpg", 12345, f"{one:064x}") for one in range(many))
    return Letter(
        "药监移〔2026〕330482-001号", "YT-330482-2026-0001", known["msa"], known["psb"], text, ("甲药店",),
        (alert,) * many, (visit,), papers, AT, "张三", datetime(2026, 7, 13, 10),
    )  # fmt: skip


def words(content: bytes) -> str:
    page = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in page.tables for line in table.rows for cell in line.cells]
    return "\n".join([*(one.text for one in page.paragraphs), *cells])


def test_how_a_number_reads() -> None:
    assert letter_number("药监", "330482", 2026, 7) == "药监移〔2026〕330482-007号"


def test_every_block_is_in_the_document() -> None:
    told = words(as_docx(letter()))
    for block in blocks(letter()):
        for text in (block.text, *(cell for row in block.rows for cell in row)):
            assert all(line in told for line in text.split("\n")), text


def test_packs_that_are_missing_and_books_that_were_not_seen() -> None:
    rows = [row for block in blocks(letter()) for row in block.rows]
    assert ("07-06", "甲药店", "甲片", "3", "12", "9") in rows
    assert ("07-06", "甲药店", "乙片", "1", "未核", "—") in rows


def test_a_case_without_visits_and_papers_says_so() -> None:
    bare = Letter(**{**{one: getattr(letter(), one) for one in Letter.__slots__}, "visits": (), "papers": ()})
    told = words(as_docx(bare))
    assert "未作现场检查。" in told
    assert "无附件。" in told


@pytest.mark.parametrize("text", ["\x00\x0b\ufffe坏", "𠮷\u202e", "长" * 4000, "<w:p>&amp;"])
def test_no_sign_breaks_the_document(text: str) -> None:
    content = as_docx(letter(text))
    assert docx.Document(io.BytesIO(content)).core_properties.title == letter().number
    printed = as_pdf(letter(text), find_font(Path("nowhere")))
    assert printed is None or printed.startswith(b"%PDF-")


def test_without_a_font_there_is_no_pdf() -> None:
    assert as_pdf(letter(), None) is None


def test_a_font_of_the_workspace_goes_before_the_systems(tmp_path: Path) -> None:
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "own.ttf").touch()
    assert find_font(tmp_path) == Font(tmp_path / "fonts" / "own.ttf")


def test_a_long_letter_has_pages_and_its_font_within() -> None:
    font = find_font(Path("nowhere"))
    if font is None:
        pytest.skip("no Noto CJK on this machine")
    content = as_pdf(letter(many=50), font)
    assert content is not None
    assert content.count(b"/Type /Page\n") >= 3
    assert b"/FontFile" in content
