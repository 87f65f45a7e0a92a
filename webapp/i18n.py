"""Two languages from one catalogue: the Chinese text in the code is the key, `en.po` has the English."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from babel.messages.pofile import read_po
from flask import Request

LANGUAGES = ("zh", "en")
COOKIE = "yaotong-lang"
_CATALOGUE = Path(__file__).parent / "translations" / "en.po"


@lru_cache(maxsize=1)
def catalogue() -> dict[str, str]:
    """Chinese text → English text."""
    with _CATALOGUE.open("rb") as file:
        return {str(one.id): str(one.string) for one in read_po(file) if one.id and one.string}


def translate(text: str, lang: str) -> str:
    """The text in a language; a text that the catalogue lacks stays Chinese."""
    return catalogue().get(text, text) if lang == "en" else text


def asked_language(request: Request) -> str:
    """?lang= first, then the cookie, then what the browser prefers; Chinese otherwise."""
    for given in (request.args.get("lang"), request.cookies.get(COOKIE)):
        if given in LANGUAGES:
            return str(given)
    best = request.accept_languages.best_match(["zh-CN", "zh", "en"], default="zh")
    return "en" if best == "en" else "zh"
