"""What a gap between book and shelf means: the law's tolerance, late invoices, and what cannot be told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from yaotong.ledger.book import Spans
from yaotong.ledger.entries import KINDS, MICRO, Bools, Ints

# In the order in which one that holds hides the next.
VERDICTS = ("unknown", "negative", "missing", "surplus", "late_invoice", "balanced")
# Why a balance cannot be told, the gravest first.
REASONS = ("no_opening_count", "lot_unknown", "no_sales_sent", "no_purchases_sent")


@dataclass(frozen=True, slots=True)
class Tolerance:
    """What may differ (domain/supervision.md R-M17): nothing of a special drug but the rounding of pieces.

    An ordinary drug may differ by `slack_packs` or `slack_percent` of what was sold, the greater of both.
    Pieces of a split pack are written with two digits, so each entry of one may be off by `part_packs`,
    all of them together by `most_part_packs`. An invoice may come `late_days` after the packs.
    """

    slack_packs: float = 2.0
    slack_percent: float = 2.0
    part_packs: float = 0.005
    most_part_packs: float = 0.5
    late_days: int = 7

    def allowed(self, special: Bools, sold: Ints, parts: Ints) -> Ints:
        """Micropacks that each balance may be off by, either way."""
        rounding = np.minimum(parts * self.part_packs, self.most_part_packs) * MICRO
        slack = np.maximum(self.slack_packs * MICRO, sold * self.slack_percent / 100)
        packs: Ints = np.rint(np.where(special, 0, slack) + rounding).astype(np.int64)
        return packs


LAWFUL = Tolerance()


def judged(spans: Spans, special: Bools, unknown: NDArray[np.int8], tolerance: Tolerance) -> NDArray[np.int8]:
    """The verdict of each span as its place in VERDICTS.

    Args:
        unknown: 0 where the movements of the span are known, else 1 + a place in REASONS.
    """
    sold = spans.sums[:, KINDS.index("sold")]
    allowed = tolerance.allowed(special, sold, spans.parts)
    missing, surplus = spans.gap > allowed, spans.gap < -allowed
    late = surplus & (-spans.gap <= spans.bought_after + allowed) & (spans.bought_after > 0)
    # The invoice of a surplus came after the count: what the next span lacks is the same packs.
    follows = np.append(spans.first[1:] == spans.second[:-1], False) if len(spans.gap) else np.zeros(0, bool)
    settles = np.zeros(len(spans.gap), bool)
    if len(spans.gap) > 1:
        nets = np.abs(spans.gap[:-1] + spans.gap[1:]) <= np.maximum(allowed[:-1], allowed[1:])
        settles[1:] = follows[:-1] & late[:-1] & missing[1:] & nets
    negative = spans.lowest < -allowed
    excused = negative & (spans.lowest_if_late >= -allowed)
    verdict = np.full(len(spans.gap), VERDICTS.index("balanced"), np.int8)
    verdict[late | settles | excused] = VERDICTS.index("late_invoice")
    verdict[surplus & ~late] = VERDICTS.index("surplus")
    verdict[missing & ~settles] = VERDICTS.index("missing")
    verdict[negative & ~excused] = VERDICTS.index("negative")
    verdict[unknown > 0] = VERDICTS.index("unknown")
    return verdict
