"""Write Mapbox Vector Tiles (version 2.1) in arrays: no Python loop over points, values or vertices.

Between its strings a vector tile is nothing but varints, the lengths of its messages included. So a feature
is a row of numbers, a layer's features are a matrix, and :func:`varints` writes a matrix at once. A tile is a
run of layers: the bytes of two tiles joined are one tile with the layers of both.

Format: https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

Numbers = NDArray[np.uint64]
Bytes = NDArray[np.uint8]
EXTENT: Final = 4096
POINT: Final = 1
LINE: Final = 2
POLYGON: Final = 3

# Tags of the protobuf fields that are written: field number * 8 + wire type.
_LAYER, _VERSION, _NAME, _EXTENT = 0x1A, 0x78, 0x0A, 0x28
_FEATURES, _KEYS, _VALUES = 0x12, 0x1A, 0x22
_ID, _TAGS, _TYPE, _GEOMETRY = 0x08, 0x12, 0x18, 0x22
_STRING, _DOUBLE, _POSITIVE, _NEGATIVE, _BOOL = 0x0A, 0x19, 0x28, 0x30, 0x38
_ONE_MOVE: Final = 9  # command 1 (MoveTo), once


def zigzag(numbers: ArrayLike) -> Numbers:
    """Return small unsigned numbers for small signed ones: 0, -1, 1, -2 become 0, 1, 2, 3."""
    signed = np.asarray(numbers, dtype=np.int64)
    return ((signed << 1) ^ (signed >> 63)).view(np.uint64)


def widths(numbers: NDArray[np.unsignedinteger]) -> Bytes:
    """Return how many bytes each number takes as a varint, 1 to 10."""
    taken = np.ones(numbers.shape, dtype=np.uint8)
    most = int(numbers.max(initial=0))
    for bits in range(7, max(most.bit_length(), 1), 7):
        taken += numbers >= numbers.dtype.type(1 << bits)
    return taken


def varints(numbers: NDArray[np.unsignedinteger], taken: Bytes | None = None) -> Bytes:
    """Return numbers as varints, row by row.

    Args:
        numbers: unsigned, of any shape.
        taken: their widths, of the same shape; 0 leaves a number out. Counted where not given.
    """
    flat = numbers.ravel()
    width = widths(flat) if taken is None else taken.ravel()
    if int(flat.max(initial=0)) >> 28:
        return _long_varints(flat, width)
    word = flat.astype(np.uint32, copy=False) & np.uint32(127)
    for step in range(1, int(width.max(initial=0))):
        word |= (flat & flat.dtype.type(127 << 7 * step)).astype(np.uint32, copy=False) << np.uint32(step)
    word |= _CONTINUED.take(width)
    return np.compress(_WRITTEN.take(width).view(np.bool_), word.view(np.uint8))


# Of a varint of 0 to 4 bytes in one little-endian word: the bits that say that more follows, and its bytes.
_CONTINUED: Final = np.array([0, 0, 0x80, 0x8080, 0x808080], dtype="<u4")
_WRITTEN: Final = np.array([0, 0x01, 0x0101, 0x010101, 0x01010101], dtype="<u4")


def _long_varints(flat: NDArray[np.unsignedinteger], width: Bytes) -> Bytes:
    """As `varints`, for numbers of more than 28 bits: byte by byte of all numbers that have so many."""
    ends = np.cumsum(width, dtype=np.int64)
    out = np.empty(int(ends[-1]), dtype=np.uint8)
    rest, at, left = flat, ends - width, width
    while (more := np.flatnonzero(left)).size:
        rest, at, left = rest[more], at[more], left[more]
        low = (rest & rest.dtype.type(127)).astype(np.uint8)
        out[at] = low | ((left > 1).view(np.uint8) << 7)
        rest, at, left = rest >> rest.dtype.type(7), at + 1, left - np.uint8(1)
    return out


def varint(number: int) -> bytes:
    """Return one number, not negative, as a varint."""
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def message(tag: int, body: bytes) -> bytes:
    """Return a length-delimited field: its tag, its length, its body."""
    return varint(tag) + varint(len(body)) + body


def text_values(texts: Iterable[str]) -> list[bytes]:
    """Return each text as an entry of a layer's values."""
    return [message(_VALUES, message(_STRING, text.encode())) for text in texts]


def number_values(numbers: NDArray[np.generic]) -> tuple[Bytes, NDArray[np.int64]]:
    """Return numbers as entries of a layer's values, end to end, and where each ends.

    Args:
        numbers: n of them, integers up to 64 bits, floats (written as doubles) or booleans.
    """
    if numbers.dtype.kind == "f":
        rows = np.empty((len(numbers), 11), dtype=np.uint8)
        rows[:, :3] = _VALUES, 9, _DOUBLE
        rows[:, 3:] = np.ascontiguousarray(numbers, dtype="<f8").view(np.uint8).reshape(-1, 8)
        return rows.ravel(), np.arange(11, 11 * len(numbers) + 1, 11)
    row = np.empty((len(numbers), 4), dtype=np.uint64)
    row[:, 0] = _VALUES
    if numbers.dtype.kind == "b":
        row[:, 2], row[:, 3] = _BOOL, numbers
    elif numbers.dtype.kind == "u":
        row[:, 2], row[:, 3] = _POSITIVE, numbers
    else:
        signed = numbers.astype(np.int64)
        row[:, 2] = np.where(signed < 0, _NEGATIVE, _POSITIVE)
        row[:, 3] = np.where(signed < 0, zigzag(signed), signed.view(np.uint64))
    taken = widths(row[:, 3])
    row[:, 1] = taken + np.uint8(1)
    return varints(row), np.cumsum(taken + np.uint8(3), dtype=np.int64)


def layer(name: str, keys: Sequence[str], values: bytes, features: bytes) -> bytes:
    """Return a tile of one layer.

    Args:
        name: of the layer.
        keys: names of the properties, in the order in which the features' tags number them.
        values: entries of :func:`text_values` and :func:`number_values`, joined.
        features: those of :func:`point_features` and of :func:`shape_features`, joined.
    """
    head, named = _frame(name, tuple(keys))
    return message(_LAYER, b"".join((head, features, named, values)))


@lru_cache(maxsize=256)
def _frame(name: str, keys: tuple[str, ...]) -> tuple[bytes, bytes]:
    """What every tile of a layer begins with, and its keys."""
    head = message(_NAME, name.encode()) + bytes((_VERSION, 2, _EXTENT)) + varint(EXTENT)
    return head, b"".join(message(_KEYS, key.encode()) for key in keys)


def point_features(
    x: NDArray[np.integer], y: NDArray[np.integer], tags: NDArray[np.integer], ids: NDArray[np.integer] | None
) -> bytes:
    """Return n points as features.

    Args:
        x, y: tile coordinates, n integers; 0 to ``EXTENT`` lies inside, more or less in the buffer.
        tags: shape (n, k): the number of the value of each of k keys, -1 where the point has none.
        ids: n numbers from 0 to 2**32 - 1, -1 where there is none; ``None`` where no feature has one.
    """
    geometry = np.empty((len(x), 3), dtype=np.uint32)
    geometry[:, 0] = _ONE_MOVE
    geometry[:, 1], geometry[:, 2] = zigzag(x), zigzag(y)
    taken = widths(geometry)
    row, width = _rows(POINT, tags, ids, taken.sum(axis=1, dtype=np.uint32))
    return varints(np.hstack([row, geometry]), np.hstack([width, taken])).tobytes()


def shape_features(
    kind: int,
    geometry: Bytes,
    ends: NDArray[np.int64],
    tags: NDArray[np.integer],
    ids: NDArray[np.integer] | None,
) -> bytes:
    """Return n lines or n polygons as features.

    Args:
        kind: ``LINE`` or ``POLYGON``.
        geometry: the features' commands as varints, end to end.
        ends: where those of each feature end in ``geometry``.
        tags, ids: as those of :func:`point_features`.
    """
    begins = np.concatenate([[0], ends[:-1]])
    row, width = _rows(kind, tags, ids, (ends - begins).astype(np.uint32))
    heads, cuts = varints(row, width).tobytes(), np.cumsum(width.sum(axis=1, dtype=np.int64)).tolist()
    drawn, parts, last = geometry.tobytes(), [], 0
    for cut, begin, end in zip(cuts, begins.tolist(), ends.tolist(), strict=True):
        parts += [heads[last:cut], drawn[begin:end]]
        last = cut
    return b"".join(parts)


def _rows(
    kind: int, tags: NDArray[np.integer], ids: NDArray[np.integer] | None, drawn: NDArray[np.uint32]
) -> tuple[NDArray[np.uint32], Bytes]:
    """Features before their geometry of `drawn` bytes: numbers, and how wide each is written."""
    count, keys = tags.shape
    row = np.zeros((count, 10 + 2 * keys), dtype=np.uint32)
    row[:, 0], row[:, 2], row[:, 4] = _FEATURES, _ID, _TAGS
    row[:, 6:-4:2], row[:, 7:-4:2] = np.arange(keys), tags
    row[:, -4:] = _TYPE, kind, _GEOMETRY, 0
    row[:, -1] = drawn
    named = np.zeros(count, dtype=np.bool_) if ids is None else ids >= 0
    if ids is not None:
        row[:, 3] = np.where(named, ids, 0)
    there = tags >= 0
    row[:, 7:-4:2][~there] = 0
    width = widths(row)
    width[:, 6:-4:2] *= there
    width[:, 7:-4:2] *= there
    width[:, 2:4] *= named[:, None]
    row[:, 5] = width[:, 6:-4].sum(axis=1)
    width[:, 5] = widths(row[:, 5])
    row[:, 1] = width[:, 2:].sum(axis=1) + drawn
    width[:, 1] = widths(row[:, 1])
    return row, width
