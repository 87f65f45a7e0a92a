"""Packs by the trace codes they came with: what is sold under a code was bought under it before.

Only where it can be: a pack of a shop that sends no purchases or of a drug whose wholesaler writes no
codes has none in the ledger of purchases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from yaotong.demo.catalogue import Catalogue
from yaotong.demo.identifiers import trace_codes
from yaotong.demo.plan import Ints, Plan
from yaotong.demo.till import Lines, Texts
from yaotong.demo.twists import Shelf

DELIVERY = 8 * 60 + 10  # minutes into a day
# Beside the special drugs, the one whose packs are resold in the stories is bought by codes.
CODED_BESIDE = ("YP0142C",)
_BEFORE = 3  # days before the first one
_UNCODED = "TOXIC"  # raw herbs carry none
_SERIALS = 4_000_000_000_000  # packs nobody scanned when they were sold; apart from crowd and stories
Delivery = tuple[int, int, int, str, float]  # shop, drug, day, lot, packs
Coded = tuple[int, int, int, str, float, str]  # and the code, or an empty text


@dataclass
class Packs:
    """Gives deliveries the codes under which their packs are sold."""

    plan: Plan
    catalogue: Catalogue
    lines: Lines
    buying: Ints
    drugs: Ints  # whose deliveries `unpacked` is asked about
    made: int = field(default=0, init=False)  # codes of packs that no line of the till names

    @cached_property
    def codes(self) -> Texts:
        """The code of each line's pack that was bought, or an empty text.

        A pack was bought once, by who sold it first, and as what its code says: a code that is scanned
        again, or for another drug, tells of no further purchase.
        """
        lines = self.lines
        codes = np.full(len(lines.shop), "", dtype=object)
        scanned = np.flatnonzero((lines.trace_code != "") & (lines.quantity > 0))
        first = scanned[np.unique(lines.trace_code[scanned].astype(str), return_index=True)[1]]
        products = self.catalogue.product_codes[lines.drug[first]]
        own = first[np.array([code[:7] for code in lines.trace_code[first]], dtype=str) == products]
        codes[own] = lines.trace_code[own]
        return codes

    def unpacked(self, deliveries: Iterable[Delivery]) -> Iterator[Coded]:
        """Deliveries of `drugs` pack by pack, with the lot and code under which each is sold later.

        Who sells more than came so far sells of the opening stock, and of that before all else: it was
        bought in the week before the city's first day.
        """
        came: dict[Shelf, list[tuple[int, str]]] = defaultdict(list)
        for shop, drug, day, lot, packs in deliveries:
            came[shop, drug] += [(day, lot)] * round(packs)
        gone = self._gone()
        bare = self.catalogue.bears(_UNCODED)
        for shop, drug in sorted(came.keys() | gone.keys()):
            packs_in = sorted(came.get((shop, drug), []), key=lambda one: one[0])
            sold = gone.get((shop, drug), [])
            opening = _opening([day for day, _ in packs_in], [one[0] for one in sold])
            packs_in[:0] = [(-_BEFORE - shop % 4, "")] * opening
            for place, (day, lot) in enumerate(packs_in):
                _, name, code = sold[place] if place < len(sold) else (0, lot, "")
                yield shop, drug, day, name, 1.0, "" if bare[drug] else code or self._code(drug)

    def _gone(self) -> dict[Shelf, list[tuple[int, str, str]]]:
        """Moment, lot and code of every pack sold from a shelf of `drugs`, in order of time."""
        lines = self.lines
        gone: dict[Shelf, list[tuple[int, str, str]]] = defaultdict(list)
        chosen = np.isin(lines.shop, self.buying) & np.isin(lines.drug, self.drugs) & (lines.quantity > 0)
        for place in np.flatnonzero(chosen).tolist():
            moment, lot = int(lines.second[place]), str(lines.batch_no[place])
            packs = [(moment, lot, "")] * int(np.ceil(lines.quantity[place]))
            packs[0] = (moment, lot, str(self.codes[place]))
            gone[int(lines.shop[place]), int(lines.drug[place])] += packs
        return gone

    def _code(self, drug: int) -> str:
        self.made += 1
        serial = _SERIALS + self.plan.region.first_serial // 4 + self.made
        return str(trace_codes(self.catalogue.product_codes[[drug]], np.array([serial]))[0])


def _opening(came: Sequence[int], sold: Sequence[int]) -> int:
    """The fewest packs there must have been before: days of the packs that came, seconds of those sold."""
    moments = np.array(came, dtype=np.int64) * 86_400 + DELIVERY * 60
    before = np.searchsorted(moments, np.array(sold, dtype=np.int64), side="right")
    short = np.arange(1, len(sold) + 1) - before
    return max(0, int(short.max())) if len(sold) else 0
