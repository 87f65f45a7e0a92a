"""Medicines by any of their names: generic, brand, pinyin or initials; and what may be told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import pandas as pd

from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.reads.spelling import HOLDS, Spelt, alike, likeness, plain, spelt

_MOST_COMPARED = 5_000
# Nobody is to learn from a public page which shop keeps these.
_SILENT = frozenset(SPECIAL_CATEGORIES)


@dataclass(frozen=True, slots=True)
class Medicine:
    """One drug of the catalogue. `silent`: what is on shelves of it is not for the public."""

    drug_code: str
    name: str
    brand: str
    categories: frozenset[str]

    @property
    def silent(self) -> bool:
        """Whether its stock is told to nobody."""
        return not _SILENT.isdisjoint(self.categories)

    @property
    def dual_channel(self) -> bool:
        """Whether insurance pays for it in hospitals and in dual-channel shops alike."""
        return "DUAL" in self.categories


@dataclass(frozen=True, slots=True)
class Meant:
    """The medicines a text means; `near` those it looks like, when it means none."""

    found: tuple[Medicine, ...] = ()
    near: tuple[Medicine, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """Drug codes whose counts may be shown."""
        return frozenset(one.drug_code for one in self.found if not one.silent)

    @property
    def categories(self) -> frozenset[str]:
        """Categories of all that may be meant."""
        return frozenset[str]().union(*(one.categories for one in self.found))


def medicines_of(drugs: pd.DataFrame, today: date) -> tuple[Medicine, ...]:
    """The catalogue as it holds today, by name."""
    since, until = drugs["valid_from"], drugs["valid_to"]
    held = drugs[(since.isna() | (since <= today)) & (until.isna() | (until >= today))]
    brands = held["brand_name"].fillna("")
    rows = zip(held["drug_code"], held["drug_name"], brands, held["categories"], strict=True)
    found = (
        Medicine(str(code), str(name), str(brand), frozenset(str(kinds).strip("|").split("|")))
        for code, name, brand, kinds in rows
    )
    return tuple(sorted(found, key=lambda one: (one.name, one.drug_code)))


def meant_by(text: str, medicines: tuple[Medicine, ...], limit: int = 6) -> Meant:
    """What a citizen means by some words; a drug's code means that drug."""
    asked = plain(text)
    if not asked:
        return Meant()
    coded = tuple(one for one in medicines if one.drug_code == text.strip())
    if coded:
        return Meant(coded)
    names = _spellings(medicines)
    ranks = [likeness(asked, one) for one in names]
    known = [one for one in ranks if one is not None and one != HOLDS]
    if not known:
        return Meant(near=tuple(medicines[one] for one in alike(asked, [one[0] for one in names], limit)))
    best = min(known)
    return Meant(tuple(one for one, rank in zip(medicines, ranks, strict=True) if rank == best))


@lru_cache(maxsize=2)
def _spellings(medicines: tuple[Medicine, ...]) -> tuple[tuple[Spelt, ...], ...]:
    return tuple(tuple(spelt(name) for name in (one.name, one.brand) if name) for one in medicines)
