"""Which evidence files are taken: by content and never by name, each limit on both its sides."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases.samples import CSV, PDF, SECRET, jpeg, office, png
from yaotong.cases.papers import MAX_PAPER_BYTES, MAX_PAPERS, check_room, kind_of, read_paper
from yaotong.cases.photos import _turned, without_marks
from yaotong.errors import UsageError

GOOD = {
    "jpg": jpeg(),
    "png": png(),
    "pdf": PDF,
    "xlsx": office("xl/workbook.xml"),
    "docx": office("word/document.xml"),
    "csv": CSV,
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_kind_is_told_by_the_content(kind: str) -> None:
    assert kind_of(GOOD[kind]) == kind


@pytest.mark.parametrize("text", ["药品,数量\r\n甲片,1", "a\tb\n1\t2", "\ufeff药品,数量\n"])
def test_tables_in_either_encoding(text: str) -> None:
    assert kind_of(text.encode()) == "csv"
    assert kind_of(text.encode("gb18030")) == "csv"


BAD = {
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1,2)"></svg>',
    "html": b"<html><body>a,b</body></html>",
    "html behind a table": b"a,b\n1,<script>alert(1)</script>\n",
    "xml": b'<?xml version="1.0"?><a>1,2</a>',
    "script": b"#!/bin/sh\necho 1\n",
    "windows program": b"MZ\x90\x00,\x00\x00",
    "unix program": b"\x7fELF\x02\x01\x01,",
    "gif": b"GIF89a,\x01\x00\x01\x00",
    "plain zip": office("a.txt"),
    "macro sheet": office("xl/workbook.xml", "xl/vbaProject.bin"),
    "macro in the other case": office("word/document.xml", "word/VBAPROJECT.BIN"),
    "control": office("word/document.xml", "word/activeX/activeX1.xml"),
    "embedded": office("word/document.xml", "word/embeddings/oleObject1.bin"),
    "program in a document": office("word/document.xml", "word/media/a.exe"),
    "half a zip": office("xl/workbook.xml")[:40],
    "old word": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1,",
    "one column": "药品\n甲片\n".encode(),
    "no text": bytes(range(128, 256)) * 3,
}


@pytest.mark.parametrize("name", BAD)
def test_whatever_else_it_calls_itself_it_is_refused(name: str) -> None:
    with pytest.raises(UsageError):
        read_paper(BAD[name])


@pytest.mark.parametrize(
    ("size", "fits"), [(1, False), (MAX_PAPER_BYTES, True), (MAX_PAPER_BYTES + 1, False)]
)
def test_a_file_up_to_its_limit(size: int, fits: bool) -> None:
    content = (PDF + b"x" * size)[:size]
    if fits:
        assert len(read_paper(content).content) == MAX_PAPER_BYTES
        return
    with pytest.raises(UsageError):
        read_paper(content)


def test_nothing_is_no_paper() -> None:
    with pytest.raises(UsageError, match="空"):
        read_paper(b"")


@pytest.mark.parametrize(
    ("there", "more", "fits"), [(0, MAX_PAPERS, True), (49, 1, True), (50, 1, False), (0, 51, False)]
)
def test_a_case_holds_so_many(there: int, more: int, fits: bool) -> None:
    if fits:
        assert check_room(there, more) is None  # type: ignore[func-returns-value]
        return
    with pytest.raises(UsageError, match="最多 50"):
        check_room(there, more)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("turned", range(1, 9))
def test_a_photo_keeps_its_picture_and_its_turn_and_loses_the_rest(turned: int, order: str) -> None:
    sent = jpeg(turned, order, trailer=jpeg())
    kept = read_paper(sent).content
    assert SECRET in sent
    assert SECRET not in kept
    assert b"ICC_PROFILE" in kept
    assert kept.endswith(b"\x3f\xff\x00\xff\xd0\x3f\xff\xd9")
    exif = kept.partition(b"Exif\x00\x00")[2]
    assert (_turned(exif) if exif else 1) == turned
    assert without_marks("jpg", kept) == kept


def test_a_picture_without_marks_stays_as_it_is() -> None:
    kept = without_marks("png", png())
    assert SECRET not in kept
    assert kept.endswith(b"IEND\xaeB`\x82")
    assert without_marks("png", kept) == kept


def test_what_is_left_can_be_opened() -> None:
    pil = pytest.importorskip("PIL.Image")
    with pil.open(io.BytesIO(without_marks("png", png()))) as picture:
        assert picture.getpixel((0, 0)) == 128
    real = io.BytesIO()
    exif = pil.Exif()
    exif[0x0112], exif[0x010F] = 6, SECRET.decode()
    pil.new("RGB", (640, 480), "#a03010").save(real, "jpeg", exif=exif, progressive=True, comment=SECRET)
    kept = without_marks("jpg", real.getvalue())
    assert SECRET in real.getvalue()
    assert SECRET not in kept
    with pil.open(io.BytesIO(kept)) as picture, pil.open(real) as before:
        assert dict(picture.getexif()) == {0x0112: 6}
        assert picture.tobytes() == before.tobytes()


@pytest.mark.parametrize("kind", ["jpg", "png"])
@given(data=st.data())
def test_a_broken_photo_is_refused_and_never_half_kept(kind: str, data: st.DataObject) -> None:
    whole = GOOD[kind]
    end = whole.index(b"IEND") + 8 if kind == "png" else len(whole)
    cut = data.draw(st.integers(8 if kind == "png" else 3, end - 1))
    with pytest.raises(UsageError):
        without_marks(kind, whole[:cut])


@given(st.binary(max_size=200), st.sampled_from([b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b""]))
def test_any_bytes_are_taken_or_refused_in_words(tail: bytes, head: bytes) -> None:
    try:
        paper = read_paper(head + tail)
    except UsageError:
        return
    assert kind_of(paper.content) == paper.kind
