"""Evidence files: which are taken, told by what they hold and never by their names. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import dataclass

from yaotong.cases.photos import without_marks
from yaotong.errors import UsageError

MAX_PAPER_BYTES = 20 * 1024 * 1024
MAX_PAPERS = 50
MAX_NAME_CHARS = 120
MEDIA = {
    "jpg": "image/jpeg",
    "png": "image/png",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "csv": "text/csv",
}
KINDS = tuple(MEDIA)
_REFUSED = f"只收 {'、'.join(KINDS)}，按内容辨认：这份文件不是其中之一。"
_MAX_ENTRIES = 2000
# What makes an Office file act when it is opened.
_ACTIVE = re.compile(r"vbaproject|activex|embeddings/|\.(?:exe|dll|js|vbs|bat|cmd|lnk)$", re.I)
_MARKUP = re.compile(r"<\s*(?:!doctype|html|svg|script|\?xml|iframe|body|object|embed)", re.I)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Paper:
    """A file as it is kept: its kind, its bytes without what a camera wrote beside the picture."""

    kind: str
    content: bytes

    @property
    def media_type(self) -> str:
        """The media type under which it is given out."""
        return MEDIA[self.kind]


def read_paper(content: bytes) -> Paper:
    """The file as it may be kept; UsageError tells why it may not."""
    if not content:
        raise UsageError("文件是空的。")
    if len(content) > MAX_PAPER_BYTES:
        raise UsageError(f"一份材料最大 {MAX_PAPER_BYTES // 1024 // 1024} MB。")
    kind = kind_of(content)
    return Paper(kind, without_marks(kind, content))


def check_room(there: int, more: int) -> None:
    """UsageError when a case would hold too many papers."""
    if there + more > MAX_PAPERS:
        raise UsageError(f"一个案件最多 {MAX_PAPERS} 份材料，已有 {there} 份。")


def kind_of(content: bytes) -> str:
    """One of `KINDS`, by the content alone; UsageError for anything else."""
    if content.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if content.startswith(b"%PDF-"):
        return "pdf"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    if _is_table(content):
        return "csv"
    raise UsageError(_REFUSED)


def _office(content: bytes) -> str:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            names = package.namelist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise UsageError("文件已损坏，打不开。请重新导出后再传。") from error
    if len(names) > _MAX_ENTRIES:
        raise UsageError(_REFUSED)
    if any(_ACTIVE.search(one) for one in names):
        raise UsageError("文件里有宏、控件或嵌入的程序，不能收。请另存为不带宏的文件，或 PDF。")
    if "[Content_Types].xml" in names:
        for part, kind in (("xl/workbook.xml", "xlsx"), ("word/document.xml", "docx")):
            if part in names:
                return kind
    raise UsageError(_REFUSED)


def _is_table(content: bytes) -> bool:
    """Text of at least two cells in its first line, without anything a browser would run."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        first = text.lstrip("\r\n").partition("\n")[0]
        cells = max(first.count(mark) for mark in (",", "\t", ";", "，"))
        return cells > 0 and not _CONTROL.search(text) and not _MARKUP.search(text)
    return False
