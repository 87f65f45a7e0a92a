"""What follows from fact files, worked out once for each and kept beside them in one file.

An entry is a head (whose it is, how much follows) and its body. Nothing here is needed: a file without an
entry is read itself, and an entry whose file is not in force is not asked for.
"""

from __future__ import annotations

import fcntl
import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

_HEAD = struct.Struct("<4s4x16sQ")  # the mark of the kind, whose it is, how many units follow

# Whose an entry is → where its body begins, and how many units it has.
Places = dict[bytes, tuple[int, int]]


def name_of(path: str, sha256: str) -> bytes:
    """The 16 bytes by which a fact file's entry is known: another content has another name."""
    return hashlib.blake2b(f"{path}\0{sha256}".encode(), digest_size=16).digest()


def entry(mark: bytes, name: bytes, count: int, body: bytes) -> bytes:
    """An entry as it is written."""
    return _HEAD.pack(mark, name, count) + body


@contextmanager
def adding(path: Path) -> Iterator[BinaryIO]:
    """The file to read and add to, made if need be, for one process at a time; OSError where it cannot be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file


def places(file: BinaryIO, mark: bytes, unit_bytes: int = 1) -> tuple[Places, int]:
    """The entries of a kind, and where the whole ones end: what is behind is of one who was killed."""
    file.seek(0, 2)
    size, at = file.tell(), 0
    found: Places = {}
    while at + _HEAD.size <= size:
        file.seek(at)
        kind, name, count = _HEAD.unpack(file.read(_HEAD.size))
        after = at + _HEAD.size + count * unit_bytes
        if kind != mark or after > size:
            break
        found[name] = (at + _HEAD.size, count)
        at = after
    return found, at
