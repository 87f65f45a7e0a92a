"""What was looked over once need not be looked over at every start: a mark in the user's cache says so.

The mark is named by all of this program's code and pages and by the library that builds the expressions, so
that a changed rule is looked over again. Where no mark can be kept, everything is looked over each time.
"""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

_PACKAGE = Path(__file__).parent.parent
_READ = (".py", ".md", ".toml", ".csv")


def is_proven() -> bool:
    """Whether the rules as they are now were found whole before."""
    return _mark().is_file()


def prove() -> None:
    """Note that the rules as they are now are whole."""
    mark = _mark()
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        for old in mark.parent.glob("rules-*"):
            old.unlink(missing_ok=True)
        mark.touch()
    except OSError:
        return  # looked over again next time


def _mark() -> Path:
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "yaotong" / f"rules-{_digest()}"


@lru_cache(maxsize=1)
def _digest() -> str:
    said = hashlib.blake2b(version("ibis-framework").encode(), digest_size=16)
    for path in sorted(one for one in _PACKAGE.rglob("*") if one.suffix in _READ):
        said.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0")
        said.update(path.read_bytes())
    return said.hexdigest()
