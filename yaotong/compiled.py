"""Functions compiled to machine code on first use: for the few loops that arrays cannot say."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def compiled(function: _F) -> _F:
    """Compile on first use, keep the machine code beside the module, run without the interpreter lock."""
    made = numba.njit(cache=True, nogil=True, error_model="numpy")(function)
    _renew_with_neighbours(made, Path(function.__code__.co_filename).parent)
    return cast(_F, made)


def _renew_with_neighbours(made: Any, folder: Path) -> None:
    """Let kept code be stale when any module of the folder has changed, not the function's own alone.

    Code of called functions is compiled into the caller, and numba looks at the caller's file only.
    """
    kept = getattr(getattr(made, "_cache", None), "_cache_file", None)
    if kept is not None and hasattr(kept, "_source_stamp"):
        kept._source_stamp = stamp(folder)


@cache
def stamp(folder: Path) -> tuple[tuple[str, int, int], ...]:
    """Name, time and size of every module of a folder."""
    looks = [(path.name, path.stat()) for path in sorted(folder.glob("*.py"))]
    return tuple((name, look.st_mtime_ns, look.st_size) for name, look in looks)
