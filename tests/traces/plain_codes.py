"""What the scans of codes are, the slow way: one code, one line at a time, in the words of R-N01's page."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

Row = dict[str, Any]


def told(sales: Sequence[Row], purchases: Sequence[Row]) -> list[str]:
    """What each sale is, in the order given; moments are distinct."""
    said = [""] * len(sales)
    for code in {row["trace_code"] for row in sales}:
        mine = sorted((row["at"], number) for number, row in enumerate(sales) if row["trace_code"] == code)
        boxes = [_micro(row["quantity"]) for row in purchases if row["trace_code"] == code]
        holds = max([Fraction(1), *boxes])
        out, sales_so_far, last, returned = Fraction(0), 0, None, False
        for _, number in mine:
            row = sales[number]
            packs = _micro(row["quantity"])
            if packs <= 0:
                said[number], out, returned = "RETURN", out + packs, True
            elif last is not None and _again(last, row):
                said[number] = "RESCAN"
            else:
                out, sales_so_far = out + packs, sales_so_far + 1
                said[number] = _kind(packs, out, sales_so_far, holds, returned)
            last = row
    return said


def _again(last: Row, row: Row) -> bool:
    same = all(last[name] == row[name] for name in ("pharmacy_id", "quantity")) and (last["buyer"] or "") == (
        row["buyer"] or ""
    )
    return same and (row["at"] - last["at"]).total_seconds() <= 300


def _kind(packs: Fraction, out: Fraction, sales: int, holds: Fraction, returned: bool) -> str:
    if out > holds and sales >= 2:
        return "DUPLICATE"
    if holds > 1 or packs > 1:
        return "BIGGER"
    if packs != 1:
        return "SPLIT"
    return "AGAIN" if sales >= 2 and returned else "FIRST"


def _micro(packs: float) -> Fraction:
    return Fraction(round(packs * 1_000_000), 1_000_000)
