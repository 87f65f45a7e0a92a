"""Memory of a long piece of work: what one block frees is kept for the next, and given back at the end.

Left to itself the C library returns every array of more than a few pages to the system, which clears the
same pages again for the next one: a tenth of the time of a long load.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # mallopt(3)
_USUAL = 128 << 10  # of all three, by the same page
_KEPT = {_TRIM_THRESHOLD: (1 << 31) - 1, _TOP_PAD: 16 << 20, _MMAP_THRESHOLD: 32 << 20}


@contextmanager
def kept() -> Iterator[None]:
    """Keep what is freed meanwhile. On a system without glibc nothing is done."""
    library = ctypes.CDLL(None)
    if not (hasattr(library, "mallopt") and hasattr(library, "malloc_trim")):
        yield
        return
    for option, most in _KEPT.items():
        library.mallopt(option, most)
    try:
        yield
    finally:
        for option in _KEPT:
            library.mallopt(option, _USUAL)
        library.malloc_trim(0)
