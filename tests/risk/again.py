"""A score reckoned again from nothing but the rows that an explanation shows."""

from __future__ import annotations

import math

from tests.risk.plain import cents, six
from yaotong.reads.risk_explain import EvidenceRow, Explained, Part


def row_again(row: EvidenceRow, explained: Explained) -> int:
    """A row's points in hundredths from what it tells."""
    told = row.told
    if row.kind == "alert":
        fading = math.exp(-told["age_days"] / explained.formula.decay_days) if told["decays"] else 1
        return cents(told["weight"] / told["named"] * fading)
    if row.kind == "share":
        share = six((told["part"] + told["mean"] * told["strength"]) / (told["whole"] + told["strength"]))
        assert share == told["share"]
        return cents(told["cap"] * min(share / told["full"], 1))
    if row.kind == "days":
        return cents(told["weight"] * told["missing"] / told["due"]) if told["due"] else 0
    if row.kind in ("inspection", "faults", "passed"):
        return cents(told["count"] * told["weight"])
    if row.kind == "base":
        return cents(explained.formula.base)
    assert row.kind in ("others", "backfilled")
    return cents(row.points or 0)


def part_again(part: Part, explained: Explained) -> int:
    """A component's points in hundredths from its rows."""
    if part.name == "credit" and part.reason:
        return 0
    whole = sum(row_again(row, explained) for row in part.rows)
    return whole if part.most is None else min(whole, cents(part.most))


def score_again(explained: Explained) -> int:
    """The score, or what is known of it, in hundredths."""
    signs = {"credit": -1}
    whole = sum(signs.get(part.name, 1) * part_again(part, explained) for part in explained.parts)
    return min(max(whole, 0), cents(explained.formula.cap))
