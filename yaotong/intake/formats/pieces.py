"""A file as pieces that can be read one by one: CSV and Parquet in blocks of rows, anything else in one.

A first pass over the bytes settles what only the whole file can say: its encoding and its quotes. So every
piece can then be read alone, on any core, and a file of any size needs the memory of a few pieces.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.errors import FileRefused
from yaotong.intake.core.limits import Limits
from yaotong.intake.core.source import Source
from yaotong.intake.formats.columnar import parquet_pieces
from yaotong.intake.formats.delimited import (
    OTHER_LETTERS,
    THREE_BYTES,
    check_header,
    head_and_body,
    header_of,
    parse_body,
)
from yaotong.intake.formats.opening import TEXT, check_name, checked, content_of, open_source, sha256_of

BLOCK_BYTES = 8 << 20
_PART = 4 << 20
_START = 16
_BEYOND_ASCII = 128
_LINE_ENDS = (b"\n", b"\r\n")
Piece = Callable[[], Source]


@dataclass(frozen=True, slots=True)
class Pieces:
    """A file's hash, once it is asked for, and its pieces; rows of a piece count from its own first."""

    sha256: Callable[[], str]
    pieces: Iterator[Piece]


def open_pieces(path: Path, limits: Limits, known: Collection[str], layer: str | None = None) -> Pieces:
    """Open a file of any accepted format, FileRefused as `open_source` does or when a piece is read."""
    if path.suffix.lower() == ".parquet":
        return Pieces(partial(_sha256, path), _parquet(path, limits))
    if path.suffix.lower() not in TEXT or not _is_long(path, limits):
        return Pieces(partial(_sha256, path), iter([lambda: open_source(path, limits, known, layer)]))
    check_name(path)
    _check_start(path)
    beside = ThreadPoolExecutor(1)
    hashed = beside.submit(sha256_of, path)  # takes longer than looking, and is needed at the end only
    beside.shutdown(wait=False)
    survey = _survey(path)
    if survey.lines - 1 > limits.rows and not survey.quotes and not _has_blank_lines(path):
        raise FileRefused("too_many_rows", f"超过 {limits.rows:,} 行。请按月拆分后分别送来。")
    if not survey.plain:
        return Pieces(hashed.result, iter([lambda: open_source(path, limits, known, layer)]))
    return Pieces(hashed.result, _blocks(path, limits, known, quoted=survey.quotes > 0))


def _parquet(path: Path, limits: Limits) -> Iterator[Piece]:
    for source in parquet_pieces(content_of(path, limits)[1], limits):
        yield partial(_itself, source)


def _itself(source: Source) -> Source:
    return source


def _is_long(path: Path, limits: Limits) -> bool:
    """Whether blocks are worth it; what is too large or not there is refused in the usual way."""
    try:
        return BLOCK_BYTES < path.stat().st_size <= limits.file_bytes
    except OSError:
        return False


def _check_start(path: Path) -> None:
    with path.open("rb") as file:
        checked(file.read(_START), path.suffix.lower())


def _sha256(path: Path) -> str:
    return sha256_of(path) if path.is_file() else ""


@dataclass(slots=True)
class _Survey:
    """What the bytes of a whole text say."""

    quotes: int = 0
    lines: int = 0
    utf8: bool = True
    ascii: bool = True
    three_bytes: bool = False
    other_letters: bool = False

    @property
    def plain(self) -> bool:
        """Whether it surely is UTF-8 with closed quotes; if not, the whole text decides what it is."""
        accident = not self.ascii and not self.three_bytes and self.other_letters
        return self.utf8 and not accident and self.quotes % 2 == 0


def _survey(path: Path) -> _Survey:
    found = _Survey()
    for part, end in _parts(path):
        _look(part, end, found)
    return found


def _has_blank_lines(path: Path) -> bool:
    return any(
        part.startswith(_LINE_ENDS) or any(part.find(b"\n" + one, 0, end) >= 0 for one in _LINE_ENDS)
        for part, end in _parts(path)
    )


def _parts(path: Path) -> Iterator[tuple[bytearray, int]]:
    """Room filled again and again, and how much of it to look at: a character ends where its line does."""
    room, kept = bytearray(_PART), 0
    with path.open("rb", buffering=0) as file:
        while True:
            read = file.readinto(memoryview(room)[kept:])
            full = kept + (read or 0)
            end = full if not read else room.rfind(b"\n", 0, full) + 1
            if end:
                yield room, end
            elif full == len(room):
                room = room + bytes(len(room))  # one line longer than the room
            if not read:
                return
            kept = full - end
            room[:kept] = room[end:full]


def _look(part: bytearray, end: int, found: _Survey) -> None:
    found.lines += part.count(b"\n", 0, end)
    if part.find(b'"', 0, end) >= 0:
        found.quotes += part.count(b'"', 0, end)
    seen = np.frombuffer(part, dtype=np.uint8, count=end)
    if np.bitwise_or.reduce(seen) < _BEYOND_ASCII:
        return
    found.ascii = False
    found.utf8 = found.utf8 and _is_utf8(seen)
    if not found.three_bytes:
        found.three_bytes = bool(THREE_BYTES.search(part, 0, end))
        found.other_letters |= bool(OTHER_LETTERS.search(part, 0, end))


def _is_utf8(part: NDArray[np.uint8]) -> bool:
    ends = pa.py_buffer(np.array([0, len(part)], dtype=np.int64))
    whole = pa.Array.from_buffers(pa.large_binary(), 1, [None, ends, pa.py_buffer(part)])
    try:
        pc.cast(whole, pa.large_string())
    except pa.ArrowInvalid:
        return False
    return True


def _blocks(path: Path, limits: Limits, known: Collection[str], *, quoted: bool) -> Iterator[Piece]:
    names: list[str] = []
    delimiter = ","
    for text in _whole_lines(path, quoted):
        body = text
        if not names:
            head, body = head_and_body(text.removeprefix(codecs.BOM_UTF8))
            names, delimiter = header_of(head, known)
            check_header(names, limits, known)
        yield _piece(body, names, delimiter)


def _piece(body: bytes, names: list[str], delimiter: str) -> Piece:
    def read() -> Source:
        table, ragged = parse_body(body, names, delimiter)
        frame = table.to_pandas()
        if ragged:
            torn = {one.row - 1 for one in ragged}
            frame.index = pd.Index([row for row in range(len(frame) + len(torn)) if row not in torn])
        return Source(frame, tuple(ragged))

    return read


def _whole_lines(path: Path, quoted: bool) -> Iterator[bytes]:
    """Blocks that end with a line; a line break inside quotes ends none."""
    size, start, span = path.stat().st_size, 0, BLOCK_BYTES
    with path.open("rb") as file:
        while start < size:
            file.seek(start + span)
            file.readline()
            stop = min(file.tell(), size)
            file.seek(start)
            text = file.read(stop - start)
            end = _last_end(text) if quoted and b'"' in text else len(text)
            if end == 0 and stop < size:
                span *= 2  # a field longer than the block
                continue
            end = end or len(text)
            yield text if end == len(text) else text[:end]
            start, span = start + end, BLOCK_BYTES


def _last_end(text: bytes) -> int:
    """Just after the last line break outside quotes; 0 when there is none. Blocks begin outside quotes."""
    end = text.rfind(b"\n") + 1
    if not end or text.count(b'"', 0, end) % 2 == 0:
        return end
    # Inside a quoted field: go back over the quote that opens it, to the line break before that.
    return _last_end(text[: text.rfind(b'"', 0, end)])
