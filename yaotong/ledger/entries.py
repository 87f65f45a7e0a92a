"""What moves packs onto a shelf and off it, as columns of whole micropacks: sums are exact in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
MICRO: Final = 1_000_000  # of a pack
KINDS: Final = ("bought", "sent_back", "moved_in", "moved_out", "sold", "returned", "lost")
SIGNS: Final = np.array([1, -1, 1, -1, -1, 1, -1], dtype=np.int64)
MOVE_KINDS: Final = {
    "transfer_in": "moved_in", "transfer_out": "moved_out",
    "damaged": "lost", "expired": "lost", "lost": "lost", "stolen": "lost",
}  # fmt: skip
_NAMELESS: Final = "\x01"
# Seconds that a key has room for: from 1970 to 2242.
_SPAN: Final = 1 << 33


@dataclass(frozen=True, eq=False)
class Shelves:
    """Shelves by number: a shop, a drug and a lot ("" for the drug as a whole), in that order.

    `whole` is the number of each shelf's drug as a whole, `nameless` that of its lines without a lot,
    -1 where there are none.
    """

    shop: NDArray[np.object_]
    drug: NDArray[np.object_]
    lot: NDArray[np.object_]
    whole: Ints
    nameless: Ints


@dataclass(frozen=True, eq=False)
class Entries:
    """Entries of shelves in the order of shelf and time: (n,) each; packs without a sign, in micropacks."""

    shelf: Ints
    at: Ints  # seconds of Beijing's clock
    kind: Ints  # a place in KINDS
    packs: Ints
    part: Bools  # of a split pack

    def placed(self) -> Ints:
        """Shelf and moment as one number that sorts alike."""
        return placed(self.shelf, self.at)


@dataclass(frozen=True, eq=False)
class Counts:
    """Counts of shelves in the order of shelf and time."""

    shelf: Ints
    at: Ints
    packs: Ints


def placed(shelf: Ints, at: Ints) -> Ints:
    """One number for a shelf and a moment."""
    return shelf * _SPAN + at


def read(entries: pd.DataFrame, counts: pd.DataFrame) -> tuple[Shelves, Entries, Counts]:
    """Shelves, entries and counts of two frames.

    Args:
        entries: pharmacy_id, drug_code, batch_no (may be missing), at, kind (of KINDS), packs (not signed).
        counts: pharmacy_id, drug_code, batch_no, at and packs.
    """
    both = pd.concat([entries, counts], ignore_index=True)
    lots = both["batch_no"].fillna("").astype(str).to_numpy(dtype=object)
    places = _Places(both["pharmacy_id"], both["drug_code"], lots)
    at = both["at"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    packs = np.rint(both["packs"].to_numpy(dtype=float) * MICRO).astype(np.int64)
    kind = entries["kind"].map({name: code for code, name in enumerate(KINDS)}).to_numpy(dtype=np.int64)
    many, cut = len(entries), slice(None, len(entries))
    made = Entries(
        np.concatenate([places.whole[cut], places.own[cut]]), np.tile(at[cut], 2), np.tile(kind, 2),
        np.tile(packs[cut], 2), np.tile(packs[cut] % MICRO != 0, 2),
    )  # fmt: skip
    counted = np.where(lots[many:] == "", places.whole[many:], places.own[many:])
    return places.shelves(), _ordered(made), _in_order(Counts(counted, at[many:], packs[many:]))


class _Places:
    """Numbers of the shelves of lines: of the drug as a whole, and of their lot or of no known one."""

    def __init__(self, shops: pd.Series, drugs: pd.Series, lots: NDArray[np.object_]) -> None:
        shop, self._shops = pd.factorize(shops.astype(object), sort=True)
        drug, self._drugs = pd.factorize(drugs.astype(object), sort=True)
        # "" is the drug as a whole, "\x01" lines of no known lot: both are there whether any line is such.
        lot, self._lots = pd.factorize(np.append(lots, ["", _NAMELESS]), sort=True)
        pair = (shop.astype(np.int64) * len(self._drugs) + drug) * len(self._lots)
        whole = pair  # "" sorts first
        lone = int(lot[-1])
        own = pair + np.where(lot[:-2] == 0, lone, lot[:-2])
        self._keys = np.unique(np.concatenate([whole, own]))
        self.whole, self.own = (np.searchsorted(self._keys, one) for one in (whole, own))
        self._lone = lone

    def shelves(self) -> Shelves:
        """What each number stands for."""
        pair, lot = np.divmod(self._keys, len(self._lots))
        shop, drug = np.divmod(pair, len(self._drugs))
        first = pair * len(self._lots)
        at = np.minimum(np.searchsorted(self._keys, first + self._lone), max(len(self._keys) - 1, 0))
        nameless = np.where(self._keys[at] == first + self._lone, at, -1)
        names = (np.asarray(one, dtype=object) for one in (self._shops, self._drugs, self._lots))
        shops, drugs, lots = names
        return Shelves(shops[shop], drugs[drug], lots[lot], np.searchsorted(self._keys, first), nameless)


def _ordered(entries: Entries) -> Entries:
    order = np.argsort(entries.placed(), kind="stable")
    columns: Sequence[NDArray[np.generic]] = (
        entries.shelf, entries.at, entries.kind, entries.packs, entries.part,
    )  # fmt: skip
    return Entries(*(one[order] for one in columns))  # type: ignore[arg-type]


def _in_order(counts: Counts) -> Counts:
    order = np.argsort(placed(counts.shelf, counts.at), kind="stable")
    return Counts(counts.shelf[order], counts.at[order], counts.packs[order])
