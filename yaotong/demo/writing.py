"""Writes the feed files, byte for byte the same for the same city."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv
from numpy.typing import NDArray

from yaotong.demo.catalogue import Catalogue
from yaotong.demo.plan import Bools, Plan
from yaotong.demo.shops import Shops
from yaotong.demo.till import Lines, Texts, doctors
from yaotong.records import FEEDS, SALES

Progress = Callable[[str, int, int], None]
_BOM_FEEDS = ("pharmacies",)  # written as spreadsheets write it, so that the intake meets both
# pyarrow would quote every text; no sales field needs a quote, and it would refuse one that does.
_PLAIN = pacsv.WriteOptions(include_header=False, quoting_style="none")


def write_table(folder: Path, feed: str, rows: pd.DataFrame | list[dict[str, str]]) -> int:
    """Write a small feed in the contract's column order; answers the number of rows."""
    frame = pd.DataFrame(rows, columns=list(FEEDS[feed].names))
    encoding = "utf-8-sig" if feed in _BOM_FEEDS else "utf-8"
    frame.to_csv(folder / f"{feed}.csv", index=False, encoding=encoding, lineterminator="\n")
    return len(frame)


def write_json(path: Path, content: dict[str, Any], indent: int | None = None) -> None:
    """Write JSON in UTF-8 with a fixed layout."""
    path.write_text(json.dumps(content, ensure_ascii=False, indent=indent) + "\n", encoding="utf-8")


def write_sales(
    folder: Path, plan: Plan, shops: Shops, catalogue: Catalogue, lines: Lines, ids: Texts, progress: Progress
) -> int:
    """Write `sales/sales-YYYY-MM.csv`, one file a month; answers the number of lines."""
    target = folder / "sales"
    target.mkdir(parents=True, exist_ok=True)
    for old in target.glob("sales-*.csv"):
        old.unlink()  # a shorter city must not keep a longer one's months
    columns = _sales_columns(plan, shops, catalogue, lines, ids)
    months = np.array([f"{day:%Y-%m}" for day in plan.dates])[lines.second // 86_400]
    names = sorted(set(months.tolist()))
    for done, name in enumerate(names, start=1):
        first, last = np.searchsorted(months, [name, name + "~"])
        _write_month(target / f"sales-{name}.csv", columns, int(first), int(last))
        progress("写入销售明细", done, len(names))
    return len(lines.shop)


def _write_month(path: Path, columns: dict[str, Any], first: int, last: int) -> None:
    table = pa.table({name: pa.array(column[first:last]) for name, column in columns.items()})
    with path.open("wb") as file:
        file.write((",".join(columns) + "\n").encode())
        pacsv.write_csv(table, file, _PLAIN)


def _sales_columns(
    plan: Plan, shops: Shops, catalogue: Catalogue, lines: Lines, ids: Texts
) -> dict[str, NDArray[Any]]:
    rng = plan.stream("writing/sales")
    count = len(lines.shop)
    sold_at = np.datetime64(plan.first, "s") + lines.second.astype("timedelta64[s]")
    channel = _channels(rng, catalogue, lines)
    visits = rng.integers(len(doctors(plan)), size=count)
    columns = {
        "sale_id": ids,
        "pharmacy_id": np.array(shops.license_nos, dtype=object)[lines.shop],
        "sold_at": sold_at,
        "drug_code": catalogue.drug_codes[lines.drug],
        "trace_code": lines.trace_code,
        "batch_no": lines.batch_no,
        "quantity": _quantities(lines.quantity),
        "unit_price": _prices(plan, shops, catalogue)[lines.shop, lines.drug],
        "buyer_id_no": lines.buyer_id_no,
        "prescription_no": _numbered("CF", lines.prescribed),
        "prescriber_id": np.where(lines.prescribed, doctors(plan)[visits], ""),
        "pharmacist_id": _pharmacists(plan)[lines.shop, rng.integers(2, size=count)],
        "channel": channel,
        "paid_by_insurance": lines.settlement_id != "",
        "settlement_id": lines.settlement_id,
        "seal_id": _numbered("FQ", channel == "delivery"),
        "recorded_at": sold_at + _lags(rng, count),
    }
    return {name: columns[name] for name in SALES.names}


def _channels(rng: np.random.Generator, catalogue: Catalogue, lines: Lines) -> Texts:
    """Mostly over the counter; what may not be sold online never is, and stories happen in the shop."""
    luck = rng.random(len(lines.shop))
    barred = catalogue.bears("EPH", "OPI_CMP", "PSY2", "TOXIC", "BLOOD", "COLD")
    counter = barred[lines.drug] | (lines.mark >= 0)
    channel = np.where(luck < 0.04, "online", np.where(luck < 0.09, "delivery", "store"))
    answer: Texts = np.where(counter, "store", channel).astype(object)
    return answer


def _numbered(prefix: str, wanted: Bools) -> Texts:
    """A running number on the wanted lines, nothing on the others."""
    numbers = np.full(len(wanted), "", dtype=object)
    numbers[wanted] = [f"{prefix}{serial:09d}" for serial in range(1, int(wanted.sum()) + 1)]
    return numbers


def _quantities(quantity: NDArray[np.float64]) -> Texts:
    values, place = np.unique(quantity, return_inverse=True)
    return np.array([f"{value:g}" for value in values], dtype=object)[place]


def _prices(plan: Plan, shops: Shops, catalogue: Catalogue) -> Texts:
    """Yuan with two decimals, shape [shops, drugs]: each shop has its own price level."""
    level = plan.stream("writing/prices").uniform(0.93, 1.08, size=len(shops.town))
    fen = np.rint(catalogue.prices_fen[None, :] * level[:, None] / 10).astype(np.int64) * 10
    flat = [f"{int(one) // 100}.{int(one) % 100:02d}" for one in fen.ravel()]
    return np.array(flat, dtype=object).reshape(fen.shape)


def _pharmacists(plan: Plan) -> Texts:
    """Two pharmacists a shop, shape [shops, 2]."""
    return np.array(
        [[f"YJ{plan.region.code[:4]}{shop:05d}{one}" for one in (1, 2)] for shop in range(plan.pharmacies)],
        dtype=object,
    )


def _lags(rng: np.random.Generator, count: int) -> NDArray[np.timedelta64]:
    """Seconds until a line is recorded: under a minute mostly, hours for one line in a hundred."""
    late = rng.random(count) < 0.01
    seconds = np.where(late, rng.integers(600, 21_600, count), rng.exponential(25.0, count))
    return (seconds.astype(np.int64) + 2).astype("timedelta64[s]")
