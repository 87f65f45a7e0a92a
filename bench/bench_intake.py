"""How fast a big file of sales lines is taken in, beside a bare read of it and beside the same job elsewhere.

    python -m bench.bench_intake [--rows 10000000] [--peers duckdb,polars,pandas,postgres]

Intake reads the file through every check, makes pseudonyms, drops repeats, compares with what is kept, writes
Parquet by month and area, and commits. The same lines are then sent once more as another file. All run on the
same file, one after the other, in processes of their own; figures are seconds, lines a second, the most
memory, and the ratio of intake's speed to each.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pacsv

from bench.intake_peers import NAMES, PEERS, drugs, shops
from yaotong.demo.identifiers import id_numbers

_PART = 1_000_000
_SECONDS = 31_000_000  # of a year, nearly
_TYPES = dict.fromkeys(NAMES, "VARCHAR") | {
    "sold_at": "TIMESTAMP",
    "quantity": "DOUBLE",
    "unit_price": "DOUBLE",
    "paid_by_insurance": "BOOLEAN",
}


def write_sales(path: Path, rows: int, buyers: int = 500_000, seed: int = 7) -> None:
    """Write invented sales lines of a year in order of time; three in ten bear a buyer (area 910000)."""
    rng = np.random.default_rng(seed)
    people = np.array(id_numbers(rng, buyers, date(1940, 1, 1), date(2008, 1, 1)), dtype=object)
    passed = np.sort(rng.integers(0, _SECONDS, rows)).astype("timedelta64[s]")
    moments = np.datetime64("2025-07-01", "s") + passed
    options = pacsv.WriteOptions(quoting_style="none")
    writer = None
    with path.open("wb") as file:
        for start in range(0, rows, _PART):
            table = _part(rng, people, moments[start : start + _PART], start)
            if writer is None:
                writer = pacsv.CSVWriter(file, table.schema, write_options=options)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def _part(rng: np.random.Generator, people: Any, moments: Any, start: int) -> pa.Table:
    rows = len(moments)
    number = pd.Series(np.arange(start, start + rows)).astype("str").str.zfill(9)

    def some(values: list[str]) -> Any:
        return np.array(values, dtype=object)[rng.integers(len(values), size=rows)]

    columns = {
        "sale_id": "S" + number,
        "pharmacy_id": some(shops()),
        "sold_at": pd.Series(moments).dt.strftime("%Y-%m-%d %H:%M:%S"),
        "drug_code": some(drugs()),
        "trace_code": "81000000000" + number,
        "batch_no": some([f"B{one:05d}" for one in range(900)]),
        "quantity": rng.integers(1, 4, rows),
        "unit_price": rng.integers(300, 9_000, rows) / 100,
        "buyer_id_no": np.where(rng.random(rows) < 0.3, people[rng.integers(len(people), size=rows)], ""),
        "channel": some(["store", "online", "delivery"]),
        "paid_by_insurance": np.where(rng.random(rows) < 0.6, "true", "false"),
    }
    return pa.table({name: pa.array(columns[name], from_pandas=True) for name in NAMES})


def in_its_own_process(module: str, *given: object) -> dict[str, Any]:
    """What a module prints as JSON; SystemExit with what it said when it fails."""
    command = [sys.executable, "-m", module, *map(str, given)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{module} {given[0]}: {done.stderr.strip()[-1500:]}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def bare_read(path: Path) -> float:
    """Seconds in which DuckDB reads the file into typed columns and does nothing else."""
    import duckdb

    columns = "{" + ", ".join(f"'{name}': '{kind}'" for name, kind in _TYPES.items()) + "}"
    with duckdb.connect() as backend:
        backend.execute("set threads = 2")
        start = time.perf_counter()
        backend.execute(f"create table bare as from read_csv('{path}', header = true, columns = {columns})")
        return time.perf_counter() - start


def line(name: str, rows: int, seconds: float, own: float, megabytes: float | None = None) -> str:
    """One row of the report: `own` are intake's seconds."""
    memory = f"{megabytes:9,.0f} MB" if megabytes is not None else " " * 12
    speed = f"{seconds:9.2f} s {rows / seconds:12,.0f} lines/s"
    return f"{name:24}{speed}{memory}   intake is {seconds / own:6.2f} x as fast"


def main() -> None:
    """Write the file, take it in twice, do the same by other means, print one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--peers", default=",".join(PEERS))
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path = folder / "sales.csv"
        write_sales(path, asked.rows)
        print(f"{asked.rows:,} sales lines, {path.stat().st_size / 1e6:,.0f} MB", flush=True)
        own = in_its_own_process("bench.intake_once", path, folder / "home")
        print(line("intake", asked.rows, own["seconds"], own["seconds"], own["megabytes"]), flush=True)
        again = own["again"]
        print(line("the same lines once more", asked.rows, again, own["seconds"]), flush=True)
        print(line("duckdb, bare typed read", asked.rows, bare_read(path), own["seconds"]), flush=True)
        for peer in asked.peers.split(","):
            told = in_its_own_process("bench.intake_peers", peer, path, folder / peer)
            if told["rows"] != asked.rows:
                raise SystemExit(f"{peer} kept {told['rows']:,} of {asked.rows:,} rows")
            print(line(peer, asked.rows, told["seconds"], own["seconds"], told["megabytes"]), flush=True)


if __name__ == "__main__":
    main()
