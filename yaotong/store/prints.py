"""Fingerprints of kept lines beside the fact files, sorted file by file: who asks for few reads little.

A small load is compared with all that was ever kept. Looked up here, that costs a few steps for each file
instead of all its lines. What is here follows from the fact files: a file without an entry is read itself,
and an entry whose file is not in the manifest is never asked for.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from yaotong.lineids import halves
from yaotong.store.byfile import adding, entry, name_of, places
from yaotong.store.factfiles import KeptFile, fingerprints

_MARK = b"YTP1"
_COLUMNS = 5  # of eight bytes each: both lanes of the key, both of the content, when recorded
_UNDATED = np.iinfo(np.int64).min
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Print:
    """Lines of one file: their keys and contents as two lanes each, and when they were recorded (seconds)."""

    key: tuple[Words, Words]
    content: tuple[Words, Words]
    recorded: NDArray[np.int64]


def place_of(facts_dir: Path, feed: str) -> Path:
    """Where the fingerprints of a feed are."""
    return facts_dir / "prints" / f"{feed}.bin"


def cover(path: Path, files: Sequence[KeptFile], *, recorded: bool) -> None:
    """Add the files that have no entry yet. A disk that refuses leaves them to be read themselves."""
    try:
        with adding(path) as out:
            known, end = places(out, _MARK, _COLUMNS * 8)
            missing = [one for one in files if _name(one) not in known]
            if not missing:
                return
            out.truncate(end)  # a torn entry of one who was killed
            for one in missing:
                out.write(_entry(one, recorded))
    except OSError:
        return


def near(path: Path, files: Sequence[KeptFile], first: Words) -> Iterator[tuple[KeptFile, Print | None]]:
    """Of each file the lines whose key begins with one of `first` (any order); None: it has no entry."""
    asked = np.unique(first)
    try:
        file = path.open("rb")
    except OSError:
        yield from ((one, None) for one in files)
        return
    with file:
        known, _ = places(file, _MARK, _COLUMNS * 8)
        if not known:
            yield from ((one, None) for one in files)
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as whole:
            for one in files:
                place = known.get(_name(one))
                yield one, None if place is None else _found(whole, place, asked)


def _found(whole: mmap.mmap, place: tuple[int, int], asked: Words) -> Print:
    start, rows = place
    columns = np.frombuffer(whole, np.uint64, rows * _COLUMNS, start).reshape(_COLUMNS, rows)
    low, high = np.searchsorted(columns[0], asked, "left"), np.searchsorted(columns[0], asked, "right")
    spans = [np.arange(begin, end) for begin, end in zip(low, high, strict=True) if end > begin]
    places = np.concatenate(spans) if spans else np.empty(0, dtype=np.int64)
    # Copied out, for the file is closed when the next one is asked for.
    one, two, three, four, five = (np.array(column[places]) for column in columns)
    del columns
    return Print((one, two), (three, four), five.view(np.int64))


def _name(one: KeptFile) -> bytes:
    return name_of(one.name, one.sha256)


def _entry(one: KeptFile, recorded: bool) -> bytes:
    parts = [_columns(part, recorded) for part in fingerprints(one.path, recorded=recorded)]
    columns = np.concatenate(parts, axis=1) if parts else np.empty((_COLUMNS, 0), dtype=np.uint64)
    columns = np.ascontiguousarray(columns[:, np.argsort(columns[0], kind="stable")])
    return entry(_MARK, _name(one), columns.shape[1], columns.tobytes())


def _columns(part: pa.Table, recorded: bool) -> Words:
    told = np.empty((_COLUMNS, part.num_rows), dtype=np.uint64)
    told[0], told[1] = halves(part["line_key"])
    told[2], told[3] = halves(part["line_sha"])
    told[4] = moments(part, recorded).view(np.uint64)
    return told


def moments(part: pa.Table, recorded: bool) -> NDArray[np.int64]:
    """When lines were recorded, in seconds; the least number there is where they do not say."""
    if not recorded:
        return np.full(part.num_rows, _UNDATED)
    seconds = pc.cast(pc.cast(part["recorded_at"], pa.timestamp("s")), pa.int64())  # kept in milliseconds
    answer: NDArray[np.int64] = pc.fill_null(seconds, _UNDATED).to_numpy()
    return answer
