"""Texts of a report in the language of the page: notes by the catalogue, words by the glossary."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from webapp.context import current_lang
from webapp.i18n import translate
from yaotong.departments import departments
from yaotong.reads.rulebook import rule_names
from yaotong.reports.model import Cell, Chart, DualMap, shown
from yaotong.terms import TERMS


def told(text: str) -> str:
    """A text of a report; one that has no English stays as it is: names and numbers."""
    lang = current_lang()
    if lang != "en" or not text:
        return text
    known = _english().get(text) or translate(text, lang)
    return known if known != text else _made_of(text)


def _made_of(text: str) -> str:
    """A text of several: remarks in a row, a matter and whose, a number and its unit, a rule and its name."""
    for mark, between in (("；", "; "), ("：", ": ")):
        if mark in text:
            return between.join(told(part) for part in text.split(mark))
    head, _, rest = text.partition(" ")
    if rest in rule_names():
        return f"{head} {rule_names()[rest]}"
    number = head.replace(".", "").replace(",", "").isdigit()
    return f"{head} {told(rest)}" if number and rest else text


def cell(value: Cell, share: bool = False) -> str:
    """A cell of a table."""
    return told(shown(value, share))


def chart(one: Chart | DualMap) -> Chart | DualMap:
    """A chart with its words in the language of the page."""
    if isinstance(one, DualMap):
        sides = tuple((told(title), told(unit), values) for title, unit, values in one.sides)
        return replace(one, title=told(one.title), sides=sides)
    labels = tuple(told(label) for label in one.labels)
    marked = frozenset(told(label) for label in one.marked)
    return replace(one, title=told(one.title), unit=told(one.unit), labels=labels, marked=marked)


@lru_cache(maxsize=1)
def _english() -> dict[str, str]:
    """Words of the glossary and short names of departments, Chinese → English."""
    words = {one.zh: one.en for one in TERMS.values()}
    return words | {one.short_zh: one.name_en for one in departments().values()}
