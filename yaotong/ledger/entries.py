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
    lots = both["batch_no"].fillna("").astype(str)
    frame = pd.DataFrame({"shop": both["pharmacy_id"], "drug": both["drug_code"], "lot": lots})
    named = frame[lots != ""]
    lone = frame[lots == ""].assign(lot="\x00")  # lines of no known lot: a shelf of their own
    every = pd.concat([frame.assign(lot=""), named, lone]).drop_duplicates()
    every = every.sort_values(["shop", "drug", "lot"], ignore_index=True)
    number = pd.Series(np.arange(len(every)), index=pd.MultiIndex.from_frame(every))
    shelves = _shelves(every, number)
    at = both["at"].to_numpy(dtype="datetime64[s]").astype(np.int64)
    packs = np.rint(both["packs"].to_numpy(dtype=float) * MICRO).astype(np.int64)
    kind = entries["kind"].map({name: code for code, name in enumerate(KINDS)}).to_numpy(dtype=np.int64)
    whole = _numbers(number, frame.assign(lot=""))
    own = _numbers(number, frame.assign(lot=lots.where(lots != "", "\x00")))
    many, cut = len(entries), slice(None, len(entries))
    made = Entries(
        np.concatenate([whole[cut], own[cut]]), np.tile(at[cut], 2), np.tile(kind, 2), np.tile(packs[cut], 2),
        np.tile(packs[cut] % MICRO != 0, 2),
    )  # fmt: skip
    counted = np.where(lots.to_numpy()[many:] == "", whole[many:], own[many:])
    return shelves, _ordered(made), _in_order(Counts(counted, at[many:], packs[many:]))


def _shelves(every: pd.DataFrame, number: pd.Series) -> Shelves:
    shop, drug, lot = (every[name].to_numpy(dtype=object) for name in ("shop", "drug", "lot"))
    whole = _numbers(number, every.assign(lot=""))
    found = number.reindex(pd.MultiIndex.from_frame(every.assign(lot="\x00"))).fillna(-1)
    return Shelves(shop, drug, lot, whole, found.to_numpy(dtype=np.int64))


def _numbers(number: pd.Series, frame: pd.DataFrame) -> Ints:
    found = number.reindex(pd.MultiIndex.from_frame(frame[["shop", "drug", "lot"]]))
    return found.to_numpy(dtype=np.int64)


def _ordered(entries: Entries) -> Entries:
    order = np.argsort(entries.placed(), kind="stable")
    columns: Sequence[NDArray[np.generic]] = (
        entries.shelf, entries.at, entries.kind, entries.packs, entries.part,
    )  # fmt: skip
    return Entries(*(one[order] for one in columns))  # type: ignore[arg-type]


def _in_order(counts: Counts) -> Counts:
    order = np.argsort(placed(counts.shelf, counts.at), kind="stable")
    return Counts(counts.shelf[order], counts.at[order], counts.packs[order])
