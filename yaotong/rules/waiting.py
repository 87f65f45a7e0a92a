"""Rules that cannot be written yet, because nobody sends what they would judge."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from yaotong.errors import ConfigError

_PATH = Path(__file__).parent / "waiting.toml"
_WAITS = ("feed", "column", "alerts")
_FIELDS = {"name_zh", "name_en", "waits", "for_zh", "for_en"}


@dataclass(frozen=True, slots=True)
class Waiting:
    """A rule of the plan and what it waits for: a feed, a column or alerts."""

    rule_id: str
    name_zh: str
    name_en: str
    waits: str
    for_zh: str
    for_en: str


@lru_cache(maxsize=1)
def waiting() -> tuple[Waiting, ...]:
    """The rules that wait, by id."""
    return read_waiting(_PATH.read_text("utf-8"))


def read_waiting(text: str) -> tuple[Waiting, ...]:
    """The list from its text; ConfigError tells which entry is not whole."""
    found = []
    for rule_id, entry in sorted(tomllib.loads(text).items()):
        whole = isinstance(entry, dict) and set(entry) == _FIELDS and all(entry.values())
        if not whole or entry["waits"] not in _WAITS or not re.fullmatch(r"R-[A-Z]\d{2}", rule_id):
            raise ConfigError(f"waiting.toml 里的 {rule_id} 写得不全：应有 {'、'.join(sorted(_FIELDS))}。")
        found.append(Waiting(rule_id, **entry))
    return tuple(found)
