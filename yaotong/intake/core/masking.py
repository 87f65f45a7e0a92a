"""Masks: what may be shown of a personal number, and of text that may hold one by accident."""

from __future__ import annotations

import re
import unicodedata

from stdnum.iso7064 import mod_11_2

# A trace code has 20 digits, so only runs of 15 to 18 are taken for identity numbers.
_ID_LIKE = re.compile(r"(?<!\d)(?:\d{17}[\dXx]|\d{15,17})(?![\dXx])")
# Any of a longer run, and as people write it down: 910000 19900101 0015, 9100-0019-9001-0100-15.
_EIGHTEEN = re.compile(r"(?=((?:\d[ -]?){17}[\dXx]))")
_GAP = re.compile("[ -]")
_BORN = re.compile(r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
_ANY_NUMBER = re.compile(r"[0-9A-Za-z]*\d{5,}[0-9A-Za-z]*")
# What our masks leave: all of a cell (which a source may join with others), or 15 to 18 digits within it.
MASKED = r"^[^*]{0,4}\*+(?:-|$)|\d{4}\*{11,14}"
_KEPT = 4
_QUOTED = 40


def mask(value: str) -> str:
    """The first four characters and a star for each further one; all stars when there are no more."""
    kept = value[:_KEPT] if len(value) > _KEPT else ""
    return kept + "*" * (len(value) - len(kept))


def mask_id_like(value: str) -> str:
    """`value` with everything that looks like an ID number masked; full-width digits count as digits."""
    plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
    shown = _without_identities(_ID_LIKE.sub(lambda found: mask(found.group()), plain))
    return value if shown == plain else shown


def mask_identity(value: str) -> str:
    """`value` with every identity number masked whose birth day and check digit are right, and no other."""
    plain = value if value.isascii() else unicodedata.normalize("NFKC", value)
    shown = _without_identities(plain)
    return value if shown == plain else shown


def _without_identities(text: str) -> str:
    """In one pass: a text may be long, and hold very many of them."""
    parts, done = [], 0
    for found in _EIGHTEEN.finditer(text):
        start, end = found.span(1)
        if start >= done and _is_identity(number := _GAP.sub("", found[1]).upper()):
            parts += [text[done:start], mask(number)]
            done = end
    return "".join([*parts, text[done:]])


def _is_identity(number: str) -> bool:
    return bool(_BORN.fullmatch(number[6:14])) and mod_11_2.is_valid(number)


def quote(value: str) -> str:
    """A value as messages show it: short, on one line, without anything like an ID number."""
    shown = mask_id_like(_visible(value))
    return f"“{shown[:_QUOTED]}…”" if len(shown) > _QUOTED else f"“{shown}”"


def file_text(name: str) -> str:
    """A file's name as receipts tell it: letters only, whatever its bytes, and nobody's identity number."""
    return mask_identity(_visible(name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")))


def _visible(value: str) -> str:
    """With a sign for each mark that nobody would see, or that would turn what stands beside it."""
    return "".join(one if one.isprintable() else "�" for one in value)


def header_text(names: list[str]) -> str:
    """Column names for a message. A file without a header has data there, so numbers are masked."""
    letters = (_visible(unicodedata.normalize("NFKC", str(name))) for name in names[:60])
    plain = (mask_identity(name)[:_QUOTED] for name in letters)
    shown = "、".join(_ANY_NUMBER.sub(lambda found: mask(found.group()), name) for name in plain)
    return f"{shown}…" if len(names) > 60 else shown
