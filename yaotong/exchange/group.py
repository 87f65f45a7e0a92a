"""The group that buyers are matched in: ristretto255 (RFC 9496), by libsodium.

As a program (`python -m yaotong.exchange.group`) it multiplies what standard input says, so that two cores
share a large matching; the scalars go through a pipe and are seen in no list of processes.
"""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

POINT_BYTES = 32
_JOB = struct.Struct("<32sI")
_SHARED_FROM = 4_000  # points; starting a process costs as much as a few thousand of them

Job = tuple[bytes, bytes]  # a scalar, and points one after the other


class BadPoint(ValueError):
    """Bytes that are no element of the group, or its identity."""


@lru_cache(maxsize=1)
def _library() -> Any:
    """libsodium, when it is first needed: the wheel unpacks it into a temporary file and leaves it there."""
    import rbcl

    # Loaded, the file is not needed.
    with suppress(OSError):
        Path(rbcl.rbcl._sodium._name).unlink()
    return rbcl


def point_of(uniform: bytes) -> bytes:
    """The element that 64 uniform bytes map to (RFC 9496 §4.3.4)."""
    return bytes(_library().crypto_core_ristretto255_from_hash(uniform))


def new_scalar() -> bytes:
    """A fresh secret scalar."""
    return bytes(_library().crypto_core_ristretto255_scalar_random())


def new_points(count: int) -> list[bytes]:
    """Random elements that belong to nobody."""
    return [bytes(_library().crypto_core_ristretto255_random()) for _ in range(count)]


def product(scalar: bytes, point: bytes) -> bytes:
    """scalar · point; BadPoint when it is none."""
    try:
        return bytes(_library().crypto_scalarmult_ristretto255(scalar, point))
    except (RuntimeError, ValueError, TypeError) as error:
        raise BadPoint("no element of ristretto255") from error


def products(jobs: Sequence[Job], cores: int | None = None) -> list[bytes]:
    """Every point of every job times its scalar, in their order; shared among cores where there are many."""
    many = sum(len(points) for _, points in jobs) // POINT_BYTES
    wanted = min(cores or os.cpu_count() or 1, 1 + many // _SHARED_FROM)
    if wanted < 2:
        return [_multiplied(scalar, points) for scalar, points in jobs]
    shares = [_share(jobs, number, wanted) for number in range(wanted)]
    helpers = [_start(share) for share in shares[1:]]
    own = [_multiplied(scalar, points) for scalar, points in shares[0]]
    parts = [own, *(_gathered(helper, share) for helper, share in zip(helpers, shares[1:], strict=True))]
    return [b"".join(part[place] for part in parts) for place in range(len(jobs))]


def split(points: bytes) -> list[bytes]:
    """Points one by one; BadPoint when there is a broken one at the end."""
    if len(points) % POINT_BYTES:
        raise BadPoint("a point has 32 bytes")
    return [points[at : at + POINT_BYTES] for at in range(0, len(points), POINT_BYTES)]


def _multiplied(scalar: bytes, points: bytes) -> bytes:
    return b"".join(product(scalar, one) for one in split(points))


def _share(jobs: Sequence[Job], number: int, of: int) -> list[Job]:
    """Of each job the consecutive points that one process multiplies."""
    cut = []
    for scalar, points in jobs:
        count = len(points) // POINT_BYTES
        ends = [count * place // of * POINT_BYTES for place in (number, number + 1)]
        cut.append((scalar, points[ends[0] : ends[1]]))
    return cut


def _start(share: Sequence[Job]) -> subprocess.Popen[bytes]:
    helper = subprocess.Popen(
        [sys.executable, "-m", "yaotong.exchange.group"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    assert helper.stdin is not None
    helper.stdin.write(b"".join(_JOB.pack(scalar, len(points)) + points for scalar, points in share))
    helper.stdin.close()
    return helper


def _gathered(helper: subprocess.Popen[bytes], share: Sequence[Job]) -> list[bytes]:
    assert helper.stdout is not None
    with helper.stdout as told:
        answer = told.read()
    if helper.wait() != 0 or len(answer) != sum(len(points) for _, points in share):
        raise BadPoint("no element of ristretto255")
    found, at = [], 0
    for _, points in share:
        found.append(answer[at : at + len(points)])
        at += len(points)
    return found


def _serve() -> None:
    """Read all jobs, then answer them: the two ends never wait for one another."""
    asked, at, made = sys.stdin.buffer.read(), 0, []
    while at < len(asked):
        scalar, size = _JOB.unpack_from(asked, at)
        at += _JOB.size
        made.append(_multiplied(scalar, asked[at : at + size]))
        at += size
    sys.stdout.buffer.write(b"".join(made))


if __name__ == "__main__":
    _serve()
