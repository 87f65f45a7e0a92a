"""Texts of the map in the reader's language: the catalogue, the glossary, and the names of the rules."""

from __future__ import annotations

import re
from functools import lru_cache

from webapp.context import current_lang
from webapp.i18n import catalogue
from yaotong.reads.rulebook import rule_names
from yaotong.terms import TERMS

_NUMBER = re.compile(r"\d[\d,.]*")


@lru_cache(maxsize=1)
def english() -> dict[str, str]:
    """Chinese text → English text, of everything a map may say that is no name of a place or a shop."""
    terms = {one.zh: one.en for one in TERMS.values()}
    return {**terms, **rule_names(), **catalogue()}


def say(text: str) -> str:
    """A text of a layer or a panel; what has no English stays as it is."""
    return in_english(text) if current_lang() == "en" else text


def in_english(text: str) -> str:
    """The whole text, or its parts between semicolons; a part with numbers by its form with {n} for each."""
    known = english().get(text)
    if known is not None:
        return known
    if "；" in text:
        return "; ".join(in_english(one) for one in text.split("；"))
    form = english().get(_NUMBER.sub("{n}", text))
    numbers = iter(_NUMBER.findall(text))
    return text if form is None else re.sub(r"\{n\}", lambda _: next(numbers), form)
