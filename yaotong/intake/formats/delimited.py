"""CSV: UTF-8 (with or without BOM) or GB18030; comma, tab or semicolon; quotes; ragged rows named."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Collection
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.masking import header_text
from yaotong.intake.core.source import Ragged, Source, text_frame_of

DELIMITERS = (",", "\t", ";")
csv.field_size_limit(1 << 30)  # a header split at the wrong mark is one field
_CHUNK = 1 << 20
_BLOCK = 8 << 20
_TEXT = pa.large_string()  # as frames hold it
# Letters of UTF-8 that are Latin, Greek or of three bytes and more: others are Chinese in GB18030, as 药 is.
_MULTIBYTE = re.compile(
    rb"[\xc2-\xc5\xcd-\xcf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
)
_SAYS_ANYTHING = re.compile(rb"[^\r\n]")
_LINE_ENDS = re.compile(r"[\r\n]+")
_SHORT = 16 << 10
THREE_BYTES = re.compile(rb"[\xe0-\xf4]")
OTHER_LETTERS = re.compile(rb"[\xc6-\xcc\xd0-\xdf]")  # first bytes of U+0180-U+033F and from U+0400 on


def read_delimited(data: bytes, limits: Limits, known: Collection[str]) -> Source:
    """Read CSV bytes; `known` are the column names of all feeds and profiles, to choose the delimiter.

    Raises:
        FileRefused: bad_encoding, empty_file, no_header, duplicate_header, bad_delimiter, truncated_file,
            too_many_columns, too_many_rows.
    """
    text = to_utf8(data)
    if not text.strip():
        raise FileRefused("empty_file", "文件是空的。请确认导出成功后重送。")
    _refuse_open_quote(text)
    head, body = head_and_body(text)
    names, delimiter = header_of(head, known)
    check_header(names, limits, known)
    table, ragged = parse_body(body, names, delimiter)
    if table.num_rows + len(ragged) > limits.rows:
        raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请按月拆分后分别送来。")
    frame = text_frame_of(dict(zip(names, table.columns, strict=True)), table.num_rows)
    if ragged:
        torn = {one.row - 1 for one in ragged}
        frame.index = pd.Index([row for row in range(len(frame) + len(torn)) if row not in torn])
    return Source(frame, tuple(ragged))


def to_utf8(data: bytes) -> bytes:
    """The text as UTF-8 without BOM; strict, so that no wrong character ever gets in."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise FileRefused("bad_encoding", "文件是 UTF-16 编码。请另存为 UTF-8 或 GB18030 的 CSV。")
    body = data.removeprefix(codecs.BOM_UTF8)
    fault = _utf8_fault(body)
    if fault is None:
        return body if len(body) != len(data) else _unless_gb18030(body)
    if len(body) != len(data):
        raise FileRefused("bad_encoding", f"文件以 UTF-8 标记开头，第 {fault + 1} 字节却不是 UTF-8。")
    return _from_gb18030(body, fault)


def _utf8_fault(data: bytes) -> int | None:
    """Offset of the first byte that is not UTF-8, or None."""
    decoder, view = codecs.getincrementaldecoder("utf-8")(), memoryview(data)
    for start in range(0, len(data), _CHUNK):
        try:
            decoder.decode(view[start : start + _CHUNK], final=start + _CHUNK >= len(data))
        except UnicodeDecodeError as error:
            return start + error.start
    return None


def _unless_gb18030(body: bytes) -> bytes:
    """Text that is UTF-8 by accident: "药品" in GB18030 are the bytes of "ҩƷ" in UTF-8.

    Chinese in UTF-8 has bytes from E0 on. Without any, letters other than Latin and Greek are
    taken for GB18030: Cyrillic or Arabic alone is not to be expected in these files.
    """
    if body.isascii() or THREE_BYTES.search(body) or not OTHER_LETTERS.search(body):
        return body
    try:
        return body.decode("gb18030").encode("utf-8")
    except UnicodeDecodeError:
        return body


def _from_gb18030(data: bytes, fault: int) -> bytes:
    # Nearly every Chinese character of GB18030 breaks UTF-8. A text that is mostly good UTF-8 was
    # damaged; read as GB18030 it would turn into other characters without any error.
    broken = data.decode("utf-8", "replace").count("\ufffd")
    if len(_MULTIBYTE.findall(data)) > 3 * broken:
        raise FileRefused(
            "bad_encoding", f"第 {fault + 1} 字节不是 UTF-8，而其余内容是。文件已损坏，请重新导出。"
        )
    try:
        return data.decode("gb18030").removeprefix("\ufeff").encode("utf-8")
    except UnicodeDecodeError as error:
        raise FileRefused(
            "bad_encoding", f"第 {error.start + 1} 字节既不是 UTF-8 也不是 GB18030。请另存为 UTF-8 后重送。"
        ) from None


def _refuse_open_quote(text: bytes) -> None:
    if text.count(b'"') % 2 == 0:
        return
    try:
        for _ in csv.reader(io.StringIO(text.decode("utf-8"), newline=""), strict=True):
            continue
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise FileRefused(
                "truncated_file", "文件在引号中间结束，后面的内容丢失了。请重新导出。"
            ) from None


def head_and_body(text: bytes) -> tuple[str, bytes]:
    """The first line that is not empty, and everything after it."""
    while text.startswith((codecs.BOM_UTF8, b"\r", b"\n")):  # files put together carry a mark each
        text = text.removeprefix(codecs.BOM_UTF8).lstrip(b"\r\n")
    ends = [place for place in (text.find(b"\n"), text.find(b"\r")) if place >= 0]
    end = min(ends, default=len(text))
    if b"\0" in text[:end]:  # ASCII in UTF-16 is good UTF-8, and every second byte of it a NUL
        raise FileRefused("bad_encoding", "第一行含有空字节，像是 UTF-16。请另存为 UTF-8 的 CSV 后重送。")
    return text[:end].decode("utf-8"), text[end:].lstrip(b"\r\n")


def header_of(line: str, known: Collection[str]) -> tuple[list[str], str]:
    """The column names, by the delimiter that finds most known names."""
    choices = [(_split(line, delimiter), delimiter) for delimiter in DELIMITERS]

    def merit(choice: tuple[list[str], str]) -> tuple[int, int]:
        return len(set(choice[0]) & set(known)), len(choice[0])

    names, delimiter = max(choices, key=merit)
    if len(names) == 1 and re.search(r"[|:^~，；、]", names[0]):
        raise FileRefused("bad_delimiter", "列之间只能用逗号、制表符或分号分隔。请改用其中一种重新导出。")
    return names, delimiter


def _split(line: str, delimiter: str) -> list[str]:
    return [name.strip() for name in next(csv.reader([line], delimiter=delimiter))]


def check_header(names: list[str], limits: Limits, known: Collection[str]) -> None:
    """Refuse a header that is none: too wide, unnamed, repeated, or data where names should be."""
    if len(names) > limits.columns:
        raise FileRefused("too_many_columns", f"有 {len(names)} 列，上限是 {limits.columns} 列。")
    unnamed = [str(place) for place, name in enumerate(names, start=1) if not name]
    if not set(names) & set(known) and (len(unnamed) == len(names) or any(map(_like_data, names))):
        raise FileRefused("no_header", "第一行不是列名。请在数据之前加一行列名。")
    if unnamed:
        raise FileRefused("no_header", f"第 {'、'.join(unnamed)} 列没有列名。请补上列名或删去空列。")
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise FileRefused("duplicate_header", f"列名重复：{header_text(repeated)}。请每列用不同的名字。")


def _like_data(name: str) -> bool:
    return bool(re.fullmatch(r"[+-]?[\d.,:/ T-]{2,}|\d{17}[\dXx]", name))


def parse_body(body: bytes, names: list[str], delimiter: str) -> tuple[pa.Table, list[Ragged]]:
    """The rows under a header as text columns (empty: null), and those that do not fit it.

    Arrow hands each text to a thread, for which a short one waits longer than for all else.
    """
    if not _SAYS_ANYTHING.search(body):
        return pa.table({name: pa.array([], _TEXT) for name in names}), []
    short = len(body) <= _SHORT and b'"' not in body
    return _split_body(body, names, delimiter) if short else _arrow_body(body, names, delimiter)


def _split_body(body: bytes, names: list[str], delimiter: str) -> tuple[pa.Table, list[Ragged]]:
    """The plain twin of `_arrow_body`, for text without quotes."""
    text = body.removeprefix(codecs.BOM_UTF8).decode("utf-8")  # Arrow takes such a mark off, too
    lines = [line.split(delimiter) for line in _LINE_ENDS.split(text) if line]
    whole = [line for line in lines if len(line) == len(names)]
    columns = zip(*whole, strict=True) if whole else [()] * len(names)
    table = pa.table([pa.array([cell or None for cell in one], _TEXT) for one in columns], names=names)
    return table, [
        Ragged(number, len(line), len(names), tuple(cell.strip() for cell in line))
        for number, line in enumerate(lines, 1)
        if len(line) != len(names)
    ]


def _arrow_body(body: bytes, names: list[str], delimiter: str) -> tuple[pa.Table, list[Ragged]]:
    torn: list[Any] = []
    table = _arrow(body, names, delimiter, torn, threads=len(body) > _CHUNK)
    if not torn:
        return table, []
    torn.clear()
    table = _arrow(body, names, delimiter, torn, threads=False)  # only then are the rows numbered
    ragged = [
        Ragged(row.number, row.actual_columns, row.expected_columns, tuple(_split(row.text, delimiter)))
        for row in torn
    ]
    return table, ragged


def _arrow(body: bytes, names: list[str], delimiter: str, torn: list[Any], *, threads: bool) -> pa.Table:
    def keep(row: Any) -> str:
        torn.append(row)
        return "skip"

    # One block where that is possible: columns in one piece need not be put together.
    block = min(max(len(body), _BLOCK), 2 * _BLOCK)
    read = pacsv.ReadOptions(use_threads=threads, block_size=block, column_names=names)
    parse = pacsv.ParseOptions(delimiter=delimiter, newlines_in_values=b'"' in body, invalid_row_handler=keep)
    convert = pacsv.ConvertOptions(
        check_utf8=False,  # the whole text was
        column_types=dict.fromkeys(names, _TEXT),
        strings_can_be_null=True,
        null_values=[""],
    )
    try:
        return pacsv.read_csv(pa.BufferReader(body), read, parse, convert)
    except pa.ArrowInvalid:
        raise FileRefused("corrupt_file", "CSV 无法解析：请用表格软件打开检查后重新导出。") from None
