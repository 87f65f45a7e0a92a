"""On what terms the public register is given away: words of the settings, shown with the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from yaotong.errors import ConfigError

_SYNTHETIC = "CC0-1.0"
_MOST_CHARS = 200


@dataclass(frozen=True, slots=True)
class Publication:
    """`licence` is an SPDX name or a sentence; "" while the publisher has not said under which."""

    licence: str = ""
    licence_url: str = ""
    publisher: str = ""


def read_publication(table: Mapping[str, Any], path: Path, *, synthetic: bool) -> Publication:
    """The [public] table's words; ConfigError tells what to mend. Made-up data belong to everybody."""
    for name in ("licence", "licence_url", "publisher"):
        text = table.get(name, "")
        if not isinstance(text, str) or len(text) > _MOST_CHARS or not text.isprintable():
            raise ConfigError(f"{path}: [public] {name} 应为不超过 {_MOST_CHARS} 字的一行文字。")
    url = table.get("licence_url", "")
    if url and not url.startswith(("https://", "http://")):
        raise ConfigError(f"{path}: [public] licence_url 应为网址。")
    licence = table.get("licence", "") or (_SYNTHETIC if synthetic else "")
    return Publication(licence, url, table.get("publisher", ""))
