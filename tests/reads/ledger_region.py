"""Purchases, counts and transfers of the small region, for tests of the ledger and of a drug's way."""

from __future__ import annotations

import csv
from datetime import datetime
from pathlib import Path

from tests.reads import small_region
from yaotong.workspace import Workspace

NOW = datetime(2026, 4, 2, 9)
_COLUMNS = {
    "purchases": ("purchase_id", "pharmacy_id", "received_at", "supplier_uscc", "drug_code", "batch_no", "quantity"),
    "stock_counts": ("pharmacy_id", "drug_code", "counted_at", "quantity", "batch_no"),
    "stock_moves": ("move_id", "pharmacy_id", "moved_at", "kind", "drug_code", "quantity", "batch_no", "counterpart"),
    "sales": ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "batch_no", "buyer_id_no"),
}  # fmt: skip
ROWS = {
    "purchases": [
        ("G1", "P0", "2026-03-03 09:00", "", "D1", "L1", 30),
        ("G2", "P1", "2026-03-03 09:00", "", "D1", "L1", 10),
        ("G3", "P1", "2026-03-20 09:00", "", "D1", "L1", -2),
    ],
    "stock_counts": [
        ("P0", "D1", "2026-03-01 21:00", 5, ""),
        ("P0", "D1", "2026-03-31 21:00", 7, ""),  # by the books 5 + 30 - 20 + 1 - 4 = 12: five are gone
        ("P1", "D1", "2026-03-01 21:00", 0, ""),
        ("P1", "D1", "2026-03-31 21:00", 11, ""),  # 0 + 10 - 2 + 4 - 1
    ],
    "stock_moves": [
        ("M1", "P0", "2026-03-10 09:00", "transfer_out", "D1", 4, "L1", "P1"),
        ("M2", "P1", "2026-03-10 11:00", "transfer_in", "D1", 4, "L1", "P0"),
        ("M3", "P1", "2026-03-12 11:00", "stolen", "D1", 1, "L1", ""),
    ],
    "sales": [
        *((f"S{day}", "P0", f"2026-03-{day:02d} 10:00", "D1", 2, "L1", "") for day in range(5, 15)),
        ("R1", "P0", "2026-03-16 10:00", "D1", -1, "L1", ""),
        ("S90", "P1", "2026-03-16 10:00", "D3", 1, "", ""),
    ],
}


def build(folder: Path) -> Workspace:
    """The region with a month of stock: P0 lacks five packs, P1 balances."""
    made = small_region.build(folder, NOW)
    for feed, rows in ROWS.items():
        send(made, folder, feed, rows)
    return made


def send(workspace: Workspace, folder: Path, feed: str, rows: list[tuple[object, ...]]) -> None:
    """Take rows of a feed in."""
    path = folder / f"{feed}.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([_COLUMNS[feed], *rows])
    small_region.taken(workspace, path, feed, NOW)
