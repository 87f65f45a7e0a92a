"""How fast intake reads sales lines, beside plain pandas.read_csv of the same file in the same run.

    python -m bench.bench_intake [--rows 1000000] [--buyers 200000]

pandas checks nothing, pseudonymises nothing and hashes nothing: the ratio is the price of that.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from yaotong.demo.identifiers import id_numbers
from yaotong.intake import Limits, Pseudonymiser, Reference, read_file
from yaotong.records import SALES

_NOW = datetime(2026, 7, 1)
_SHOPS, _DRUGS = 300, 44


def sales_frame(rows: int, buyers: int, seed: int = 7) -> pd.DataFrame:
    """Invented sales lines with every column of the feed; half of them bear a buyer (area 910000)."""
    rng = np.random.default_rng(seed)
    people = id_numbers(rng, buyers, datetime(1940, 1, 1).date(), datetime(2008, 1, 1).date())
    sold = np.datetime64("2025-07-01", "s") + np.sort(rng.integers(0, 31_000_000, rows)).astype(
        "timedelta64[s]"
    )
    number = pd.Series(np.arange(rows)).astype("str").str.zfill(9)
    shops = np.array([f"浙DA0573{one:05d}" for one in range(_SHOPS)])
    drugs = np.array([f"YP{one:04d}A" for one in range(_DRUGS)])
    columns = {
        "sale_id": "S" + number,
        "pharmacy_id": shops[rng.integers(_SHOPS, size=rows)],
        "sold_at": pd.Series(sold).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "drug_code": drugs[rng.integers(_DRUGS, size=rows)],
        "trace_code": "81000000000" + number,
        "batch_no": np.array([f"B{one:05d}" for one in range(900)])[rng.integers(900, size=rows)],
        "quantity": rng.integers(1, 4, rows),
        "unit_price": rng.integers(300, 9_000, rows) / 100,
        "buyer_id_no": np.where(rng.random(rows) < 0.5, people[rng.integers(buyers, size=rows)], ""),
        "prescription_no": np.where(rng.random(rows) < 0.3, "CF" + number, ""),
        "prescriber_id": np.where(rng.random(rows) < 0.3, "YS3304820001", ""),
        "pharmacist_id": "YJ330400011",
        "channel": np.array(["store", "online", "delivery"])[rng.integers(3, size=rows)],
        "paid_by_insurance": np.where(rng.random(rows) < 0.6, "true", "false"),
        "settlement_id": np.where(rng.random(rows) < 0.6, "YB" + number, ""),
        "seal_id": "",
        "recorded_at": pd.Series(sold + np.timedelta64(20, "s")).dt.strftime("%Y-%m-%d %H:%M:%S"),
    }
    return pd.DataFrame(columns)[list(SALES.names)]


def seconds(work: Callable[[], int], rows: int, rounds: int) -> float:
    """The shortest of a few readings; the count of rows must be right, or the time means nothing."""
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        found = work()
        times.append(time.perf_counter() - start)
        if found != rows:
            raise SystemExit(f"{found} rows came back, not {rows}")
    return min(times)


def measure(path: Path, rows: int, rounds: int = 3) -> tuple[float, float]:
    """Seconds of intake and of pandas.read_csv for a file of that many good rows."""
    keyed = Pseudonymiser(b"a key that is only for benchmarks", "k1")

    def ours() -> int:
        reading = read_file(
            path, feed="sales", reference=Reference(), pseudonymiser=keyed, limits=Limits.off(), now=_NOW
        )
        return len(reading.accepted)

    return seconds(ours, rows, rounds), seconds(lambda: len(pd.read_csv(path)), rows, rounds)


def main() -> None:
    """Write the file, read it both ways, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--buyers", type=int, default=200_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sales.csv"
        sales_frame(asked.rows, asked.buyers).to_csv(path, index=False)
        ours, plain = measure(path, asked.rows)
        size = path.stat().st_size / 1e6
    print(f"{asked.rows:,} sales lines, {size:.0f} MB")
    print(f"intake           {ours:6.2f} s  {asked.rows / ours:>12,.0f} rows/s")
    print(f"pandas.read_csv  {plain:6.2f} s  {asked.rows / plain:>12,.0f} rows/s")
    print(f"ratio            {ours / plain:6.2f}")


if __name__ == "__main__":
    main()
