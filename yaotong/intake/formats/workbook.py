"""XLSX: the first sheet as text. Formulas, macros, links to other files and packed surprises are refused."""

from __future__ import annotations

import contextlib
import io
import posixpath
import re
import warnings
import zipfile
import zlib
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from openpyxl import load_workbook

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import Ragged, Source
from yaotong.intake.formats.delimited import check_header
from yaotong.intake.formats.jsonlines import text_frame
from yaotong.intake.formats.jsontext import plain

_OLE = b"\xd0\xcf\x11\xe0"
_DAMAGED = "表格文件已损坏。请重新导出。"
_HEAD = 64 << 10
_PACKED = (b"PK\x03\x04", b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!")
_BEFORE = re.compile(rb"\A(?:\s|<!--.*?-->|<\?.*?\?>)*", re.S)
_DRIVE = re.compile(r"[a-z]:")
_UNREADABLE = (ValueError, OSError, EOFError, NotImplementedError, RuntimeError)
_NESTED = (".zip", ".xlsx", ".docx", ".gz", ".7z", ".rar")


def read_workbook(data: bytes, limits: Limits, known: Collection[str]) -> Source:
    """Read the first sheet; its first non-empty row is the header.

    Raises:
        FileRefused: encrypted_file, truncated_file, corrupt_file, macro, external_link, xml_entity,
            nested_archive, path_traversal, decompression_bomb, formula_cell, and those of a header.
    """
    check_package(data, limits)
    try:
        # openpyxl warns of styles, which are not read, and prints numbers out of the file that are none.
        with warnings.catch_warnings(), contextlib.redirect_stdout(None):
            warnings.simplefilter("ignore")
            rows, unread = _sheets(data, limits)
    except FileRefused:
        raise
    except Exception:  # openpyxl hands what stands in the XML to its constructors, which raise anything
        raise FileRefused("corrupt_file", _DAMAGED) from None
    if not rows:
        raise FileRefused("empty_file", "第一张工作表是空的。")
    names = [(name or "").strip() for name in _trimmed(rows[0], 0)]
    check_header(names, limits, known)
    return replace(_source(names, rows[1:], limits), notes=unread)


def _sheets(data: bytes, limits: Limits) -> tuple[list[list[str | None]], tuple[str, ...]]:
    book = load_workbook(io.BytesIO(data), read_only=True, data_only=False, keep_links=False)
    try:
        return _rows(book.worksheets[0], limits), _unread(book.worksheets[1:])
    finally:
        book.close()


def check_package(data: bytes, limits: Limits) -> None:
    """Judge the ZIP before anything in it is opened."""
    if data.startswith(_OLE):
        name = "EncryptedPackage".encode("utf-16-le")
        if name in data:
            raise FileRefused("encrypted_file", "文件有打开密码。请去掉密码后重送。")
        raise FileRefused("unknown_format", "这是旧式 XLS。请另存为 XLSX 或 CSV。")
    with _package(data) as package:
        _check_readable(package, limits)


def _package(data: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except zipfile.BadZipFile:  # its table of contents stands at the end
        raise FileRefused("truncated_file", "表格文件不完整。请重新传输。") from None
    except _UNREADABLE:
        raise FileRefused("corrupt_file", _DAMAGED) from None


def _check_readable(package: zipfile.ZipFile, limits: Limits) -> None:
    try:
        _check_entries(package, limits)
    except (*_UNREADABLE, zipfile.BadZipFile, zlib.error):
        raise FileRefused("corrupt_file", _DAMAGED) from None


def _check_entries(package: zipfile.ZipFile, limits: Limits) -> None:
    entries = package.infolist()
    if len(entries) > limits.archive_entries or sum(one.file_size for one in entries) > limits.unpacked_bytes:
        raise FileRefused("decompression_bomb", "压缩包解开后太大，或条目太多。")
    if len({one.filename for one in entries}) != len(entries):  # each program would read another one
        raise FileRefused("corrupt_file", _DAMAGED)
    for one in entries:
        name = one.filename.lower()
        if one.flag_bits & 1:
            raise FileRefused("encrypted_file", "文件有密码。请去掉密码后重送。")
        if posixpath.isabs(name) or ".." in name.split("/") or "\\" in name or _DRIVE.match(name):
            raise FileRefused("path_traversal", "压缩包里有指向包外的路径。")
        if name.endswith("vbaproject.bin") or "/macrosheets/" in name:
            raise FileRefused("macro", "文件带有宏。请另存为不带宏的 XLSX。")
        if "/externallinks/" in name:
            raise FileRefused("external_link", "文件链接了其他文件。请断开链接、只保留值。")
        with package.open(one) as part:  # what an entry is called says nothing about what is in it
            head = part.read(_HEAD)
        if name.endswith(_NESTED) or head.startswith(_PACKED):
            raise FileRefused("nested_archive", "文件里还套着压缩包。")
        if _declares_entities(head):
            raise FileRefused("xml_entity", "文件的 XML 声明了实体。请用表格软件另存后重送。")


def _declares_entities(head: bytes) -> bool:
    """Whether XML has a document type, which can only stand before its first element.

    Who puts so much before that element that it lies beyond the head wants to hide something.
    """
    plain = head.replace(b"\0", b"")  # UTF-16, by any byte order, becomes ASCII
    prologue = _BEFORE.sub(b"", plain.lstrip(b"\xef\xbb\xbf\xfe\xff\t\r\n "))
    return prologue.startswith((b"<!", b"<?")) or (len(head) == _HEAD and not prologue)


def _unread(sheets: list[Any]) -> tuple[str, ...]:
    """A sentence that names the further sheets which hold anything: only the first one is read."""
    filled = [
        header_text([str(sheet.title)])
        for sheet in sheets
        if any(value is not None for row in sheet.iter_rows(values_only=True) for value in row)
    ]
    return (f"只读了第一张工作表；有内容而未读的：{'、'.join(filled)}。",) if filled else ()


def _rows(sheet: Any, limits: Limits) -> list[list[str | None]]:
    sheet.reset_dimensions()  # the declared size is often wrong, and bounds what is read
    rows: list[list[str | None]] = []
    for passed, line in enumerate(sheet.iter_rows()):
        cells = [_text(cell) for cell in line]
        if any(cells):
            rows.append(cells)
        if passed > limits.rows:  # a single cell far below makes a row of each number before it
            raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请拆分后分别送来。")
    return rows


def _text(cell: object) -> str | None:
    value = getattr(cell, "value", None)
    if getattr(cell, "data_type", "") == "f":
        place = getattr(cell, "coordinate", "")
        raise FileRefused("formula_cell", f"单元格 {place} 是公式。请选择性粘贴为值后重送。")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    return plain(value)


def _trimmed(cells: list[str | None], width: int) -> list[str | None]:
    """Without the empty cells past `width` that a sheet's formatting leaves behind."""
    end = len(cells)
    while end > width and not cells[end - 1]:
        end -= 1
    return cells[:end] + [None] * (width - end)


def _source(names: list[str], rows: list[list[str | None]], limits: Limits) -> Source:
    whole, ragged, places = [], [], []
    for number, cells in enumerate(rows):
        fitted = _trimmed(cells, len(names))
        if len(fitted) > len(names):
            ragged.append(Ragged(number + 1, len(fitted), len(names), tuple(one or "" for one in fitted)))
        else:
            whole.append(dict(zip(names, fitted, strict=True)))
            places.append(number)
    # A sheet without data rows keeps its columns.
    frame = text_frame(whole or [dict.fromkeys(names)], limits).iloc[: len(whole)]
    return Source(frame.set_axis(places, axis=0), tuple(ragged))
