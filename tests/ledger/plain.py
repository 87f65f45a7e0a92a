"""The ledger the slow way: one shelf, one line at a time, in fractions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

SIGN = {"bought": 1, "sent_back": -1, "moved_in": 1, "moved_out": -1, "sold": -1, "returned": 1, "lost": -1}
Row = dict[str, Any]


def exact(packs: float) -> Fraction:
    return Fraction(round(packs * 1_000_000), 1_000_000)


def shelf_of(rows: Sequence[Row], shop: str, drug: str, lot: str) -> list[Row]:
    """The lines of a shelf by time."""
    mine = [one for one in rows if (one["pharmacy_id"], one["drug_code"]) == (shop, drug)]
    return sorted((one for one in mine if lot in ("", one["batch_no"] or "")), key=lambda one: one["at"])


def counts_of(rows: Sequence[Row], shop: str, drug: str, lot: str) -> list[Row]:
    mine = [one for one in rows if (one["pharmacy_id"], one["drug_code"]) == (shop, drug)]
    return sorted((one for one in mine if (one["batch_no"] or "") == lot), key=lambda one: one["at"])


def spans(entries: Sequence[Row], counts: Sequence[Row], late_days: int) -> list[tuple[Any, ...]]:
    """(shop, drug, lot, opened, closed, gap, lowest, lowest if late, bought after) of every two counts."""
    shelves = sorted({(one["pharmacy_id"], one["drug_code"], one["batch_no"] or "") for one in counts})
    made = []
    for shelf in shelves:
        held = counts_of(counts, *shelf)
        for before, after in pairwise(held):
            lines = shelf_of(entries, *shelf)
            made.append((*shelf, *_span(lines, before, after, timedelta(days=late_days))))
    return made


def _span(lines: list[Row], before: Row, after: Row, late: timedelta) -> tuple[Any, ...]:
    opened, closed = before["at"], after["at"]
    between = [one for one in lines if opened < one["at"] <= closed]
    book = exact(before["packs"]) + sum(SIGN[one["kind"]] * exact(one["packs"]) for one in between)
    later = [one for one in lines if closed < one["at"] <= closed + late and one["kind"] == "bought"]
    early = [
        {**one, "at": max(one["at"] - late, opened + timedelta(seconds=1))}
        if one["kind"] == "bought"
        else one
        for one in lines
        if opened < one["at"] <= closed or (one["kind"] == "bought" and closed < one["at"])
    ]
    sooner = _least(exact(before["packs"]), [one for one in early if one["at"] <= closed])
    return (
        opened, closed, book - exact(after["packs"]), _least(exact(before["packs"]), between), sooner,
        sum((exact(one["packs"]) for one in later), Fraction(0)),
    )  # fmt: skip


def _least(opening: Fraction, lines: list[Row]) -> Fraction:
    """The least after any moment: lines of one second stand in the order in which they were written."""
    least = book = opening
    for one in sorted(lines, key=lambda line: line["at"]):
        book += SIGN[one["kind"]] * exact(one["packs"])
        least = min(least, book)
    return least


def month_sum(entries: Sequence[Row], shelf: tuple[str, str, str], month: str, kind: str) -> Fraction:
    lines = [one for one in shelf_of(entries, *shelf) if f"{one['at']:%Y-%m}" == month]
    return sum((exact(one["packs"]) for one in lines if one["kind"] == kind), Fraction(0))


def stands(entries: Sequence[Row], counts: Sequence[Row], shelf: tuple[str, str, str], at: datetime) -> Any:
    """What the book says before a moment; None without a count before it."""
    held = [one for one in counts_of(counts, *shelf) if one["at"] < at]
    if not held:
        return None
    lines = [one for one in shelf_of(entries, *shelf) if held[-1]["at"] < one["at"] < at]
    return exact(held[-1]["packs"]) + sum(SIGN[one["kind"]] * exact(one["packs"]) for one in lines)
