"""Texts of the map in the reader's language: the catalogue, the glossary, and the names of the rules."""

from __future__ import annotations

from functools import lru_cache

from webapp.context import current_lang
from webapp.i18n import catalogue
from yaotong.reads.rulebook import rule_names
from yaotong.terms import TERMS


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """Chinese text → English text, of everything a map may say that is no name of a place or a shop."""
    terms = {one.zh: one.en for one in TERMS.values()}
    return {**terms, **rule_names(), **catalogue()}


def say(text: str) -> str:
    """A text of a layer or a panel; what has no English stays as it is."""
    return english().get(text, text) if current_lang() == "en" else text
