"""What a reading process may do wrong, as functions it can be told to run."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from shapely.errors import GEOSException


def write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


def pid(path: Path) -> None:
    path.write_text(str(os.getpid()), "utf-8")


def swell(megabytes: int, path: Path) -> None:
    held = bytearray()
    for _ in range(megabytes):
        held += os.urandom(1 << 20)
        time.sleep(0.001)
    path.write_text(str(len(held)), "utf-8")


def leap(gigabytes: int) -> None:
    bytearray(gigabytes << 30)


def swell_in_geos() -> None:
    raise GEOSException("std::bad_alloc")  # how a C++ library says it


def sleep(seconds: float) -> None:
    time.sleep(seconds)


def spin() -> None:
    while True:
        pass


def die() -> None:
    os.kill(os.getpid(), signal.SIGSEGV)


def leave() -> None:
    os._exit(0)


def fail() -> None:
    raise RuntimeError("a fault of ours")


def grow_file(path: Path, megabytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(megabytes << 20)


def meet(number: int | None) -> None:
    raise OSError("unreadable content") if number is None else OSError(number, os.strerror(number))


def wait_beside(path: Path) -> None:
    pid(path)
    time.sleep(60)
