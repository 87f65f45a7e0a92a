"""How a Chinese name may be typed: its characters, its pinyin without tones, or the first letter of each.

Readings are pypinyin's; a character with several is tried with its first two.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import islice, product
from typing import Any

_READINGS, _VARIANTS = 2, 8
_MARKS = re.compile(r"[\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
# Shorter than this, letters or characters would stand in half of all names.
_MIN_CHARS = 2
_ALIKE = 0.5
EXACT, BEGINS, INITIALS, PART, HOLDS = range(5)


@dataclass(frozen=True, slots=True)
class Spelt:
    """A name in its plain form, with the ways it may be typed in letters: whole, and by first letters."""

    name: str
    whole: tuple[str, ...]
    initials: tuple[str, ...]


def plain(text: str) -> str:
    """Full-width forms, case, blanks and marks taken away."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", text).casefold())


def spelt(name: str) -> Spelt:
    """How a name may be typed; letters and digits in it stay as they are."""
    from pypinyin import Style, pinyin  # its dictionary is loaded where a name is looked for

    told = plain(name)
    if not _CHINESE.search(told):
        return Spelt(told, (), ())
    usual = pinyin(told, style=Style.NORMAL, errors=_letters)  # by the words they form
    each = pinyin(told, style=Style.NORMAL, heteronym=True, errors=_letters)
    ways = [tuple(one[0] for one in usual), *islice(product(*(one[:_READINGS] for one in each)), _VARIANTS)]
    whole = dict.fromkeys("".join(one) for one in ways)
    initials = dict.fromkeys("".join(part[:1] for part in one) for one in ways)
    return Spelt(told, tuple(whole), tuple(initials))


def _letters(text: str) -> Any:
    """What has no reading stands for itself, letter by letter."""
    return list(text)


def likeness(asked: str, names: Sequence[Spelt]) -> int | None:
    """How a plain text fits one of a thing's names, the smaller the better; None when it does not."""
    ranks = [rank for one in names if (rank := _rank(asked, one)) is not None]
    return min(ranks) if ranks else None


def _rank(asked: str, one: Spelt) -> int | None:
    if asked == one.name or asked in one.whole:
        return EXACT
    if len(asked) < _MIN_CHARS:
        return None
    if one.name.startswith(asked) or any(way.startswith(asked) for way in one.whole):
        return BEGINS
    if any(way.startswith(asked) for way in one.initials):
        return INITIALS
    if asked in one.name:
        return PART
    return HOLDS if len(one.name) >= _MIN_CHARS and one.name in asked else None


def alike(asked: str, names: Iterable[Spelt], limit: int) -> list[int]:
    """Places of the names that look or sound most like a mistyped text, the likest first."""
    sound = spelt(asked).whole[:1]
    matcher = SequenceMatcher(autojunk=False)
    found: list[tuple[float, int]] = []
    for number, one in enumerate(names):
        pairs = [(asked, way) for way in (one.name, *one.whole[:1])]
        pairs += [(sound[0], one.whole[0])] if sound and one.whole else []
        best = max(_ratio(matcher, *pair) for pair in pairs)
        if best >= _ALIKE:
            found.append((-best, number))
    return [number for _, number in sorted(found)[:limit]]


def _ratio(matcher: SequenceMatcher[str], one: str, other: str) -> float:
    matcher.set_seqs(one, other)
    return matcher.ratio() if matcher.real_quick_ratio() >= _ALIKE else 0.0
