"""The [allowance] table of the settings: which tills may ask, and what is answered when nothing is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from yaotong.errors import ConfigError

CATEGORIES: Final = ("EPH", "OPI_CMP", "PSY2")
_TOKEN_CHARS = 32
ALLOWANCE: Final = """
[allowance]
# Tills that may ask before they sell, a line to each: its licence number, a blank, a token of 32 characters.
# tills_file = "keys/tills.key"
# What a till is told of a category when the store cannot be asked, or knows nothing newer than stale_hours:
# "closed" (show to the pharmacist) or "open" (sell).
# on_failure = { EPH = "closed", OPI_CMP = "closed", PSY2 = "closed" }
# stale_hours = 72
"""


@dataclass(frozen=True, slots=True)
class Allowing:
    """Tokens by licence number, and what happens when nothing is known."""

    tills: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)
    on_failure: Mapping[str, str] = field(default_factory=dict, hash=False)
    stale_hours: int = 72

    def fails_open(self, category: str) -> bool:
        """Whether a category is sold when nothing is known; closed where nobody said."""
        return self.on_failure.get(category) == "open"


def read_allowing(table: Mapping[str, Any], home: Path, path: Path, read: Callable[[Path], str]) -> Allowing:
    """The table as settings; ConfigError tells what to mend."""
    failing = table.get("on_failure", {})
    good = isinstance(failing, dict) and set(failing) <= set(CATEGORIES)
    if not good or not set(failing.values()) <= {"open", "closed"}:
        raise ConfigError(
            f'{path}: [allowance] on_failure 应写作 {{ EPH = "closed" }}，类别为 {"、".join(CATEGORIES)}，'
            "值为 open 或 closed。"
        )
    hours = table.get("stale_hours", 72)
    if not isinstance(hours, int) or isinstance(hours, bool) or hours < 1:
        raise ConfigError(f"{path}: [allowance] stale_hours 应为 1 或更大的整数。")
    name = table.get("tills_file", "")
    return Allowing(_tills(read(home / name), name) if name else {}, dict(failing), hours)


def _tills(text: str, name: str) -> dict[str, str]:
    pairs = [line.split() for line in text.splitlines() if line.strip()]
    if any(len(one) != 2 or len(one[1]) < _TOKEN_CHARS for one in pairs):
        raise ConfigError(f"{name}: 每行应为许可证号、空格、不少于 {_TOKEN_CHARS} 个字符的令牌。")
    return {one[0]: one[1] for one in pairs}
