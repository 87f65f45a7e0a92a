"""The ledger of five million lines: every span between two counts, ours beside DuckDB and PostgreSQL."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress

import duckdb
import numpy as np
import pandas as pd

from bench.special_peers import postgres
from yaotong.ledger.book import Book
from yaotong.ledger.entries import KINDS, read

LINES, SHOPS, DRUGS, MONTHS = 5_000_000, 600, 40, 12
_SQL = """
WITH counted AS (
  SELECT shop, drug, at, packs, lag(at) OVER w AS before_at, lag(packs) OVER w AS opening
  FROM counts WINDOW w AS (PARTITION BY shop, drug ORDER BY at)
)
SELECT c.shop, c.drug, c.at, c.opening + coalesce(sum(e.signed), 0) - c.packs AS gap
FROM counted c LEFT JOIN entries e
  ON e.shop = c.shop AND e.drug = c.drug AND e.at > c.before_at AND e.at <= c.at
WHERE c.before_at IS NOT NULL
GROUP BY c.shop, c.drug, c.at, c.opening, c.packs ORDER BY 1, 2, 3
"""


def show() -> None:
    """Print seconds and ratios; AssertionError when the answers differ."""
    entries, counts = _city()
    began = time.perf_counter()
    _, lines, held = read(entries, counts)
    ready = time.perf_counter() - began
    gaps, ours = _timed(lambda: Book(lines, held).spans(7).gap)
    print(
        f"  {LINES:,} 行、{len(counts):,} 次盘点：排成账 {ready:.1f} 秒，结算 {len(gaps):,} 段 {ours:.2f} 秒",
        flush=True,
    )
    signs = dict(zip(KINDS, (1, -1, 1, -1, -1, 1, -1), strict=True))
    flat = pd.DataFrame(
        {"shop": entries["pharmacy_id"], "drug": entries["drug_code"], "at": entries["at"],
         "signed": (entries["packs"] * entries["kind"].map(signs)).astype(int)}
    )  # fmt: skip
    told = counts.rename(columns={"pharmacy_id": "shop", "drug_code": "drug"})[
        ["shop", "drug", "at", "packs"]
    ]
    for name, ask in (("DuckDB", _duckdb), ("PostgreSQL", _postgres)):
        theirs = ask(flat, told)
        if theirs is None:
            continue
        answer, seconds = theirs
        same = np.array_equal(np.rint(answer).astype(np.int64), gaps // 1_000_000)
        times = seconds / (ready + ours)
        print(
            f"  {name:<12} {seconds:.2f} 秒，是我们（含排账）的 {times:.1f} 倍，"
            f"答案{'相同' if same else '不同'}",
            flush=True,
        )
        if not same:
            raise AssertionError(f"{name} 的答案不同")


def _city() -> tuple[pd.DataFrame, pd.DataFrame]:
    rng = np.random.default_rng(7)
    at = np.datetime64("2025-07-01T00:00:00") + rng.integers(0, MONTHS * 30 * 86_400, LINES)
    kinds = np.array(KINDS, dtype=object)[
        rng.choice(len(KINDS), LINES, p=[0.1, 0.01, 0.01, 0.01, 0.84, 0.02, 0.01])
    ]
    shops = np.array([f"浙DA{one:06d}" for one in range(SHOPS)], dtype=object)
    drugs = np.array([f"YP{one:04d}" for one in range(DRUGS)], dtype=object)
    entries = pd.DataFrame(
        {"pharmacy_id": shops[rng.integers(0, SHOPS, LINES)],
         "drug_code": drugs[rng.integers(0, DRUGS, LINES)],
         "batch_no": None, "at": at, "kind": kinds, "packs": rng.integers(1, 4, LINES).astype(float)}
    )  # fmt: skip
    many = SHOPS * DRUGS
    months = np.datetime64("2025-07-01T21:00:00") + np.arange(MONTHS) * np.timedelta64(30, "D")
    counts = pd.DataFrame(
        {"pharmacy_id": np.repeat(shops, DRUGS * MONTHS),
         "drug_code": np.tile(np.repeat(drugs, MONTHS), SHOPS),
         "batch_no": None, "at": np.tile(months, many),
         "packs": rng.integers(0, 50, many * MONTHS).astype(float)}
    )  # fmt: skip
    return entries, counts


def _timed(ask: Callable[[], np.ndarray]) -> tuple[np.ndarray, float]:
    began = time.perf_counter()
    answer = ask()
    return answer, time.perf_counter() - began


def _duckdb(entries: pd.DataFrame, counts: pd.DataFrame) -> tuple[np.ndarray, float]:
    connection = duckdb.connect(config={"threads": 2})
    for name, frame in (("entries", entries), ("counts", counts)):
        connection.register(f"given_{name}", frame)
        connection.execute(f"create table {name} as select * from given_{name}")
    return _timed(lambda: connection.execute(_SQL).fetchnumpy()["gap"])


def _postgres(entries: pd.DataFrame, counts: pd.DataFrame) -> tuple[np.ndarray, float] | None:
    with suppress(LookupError), postgres() as connection:
        for name, column, frame in (("entries", "signed", entries), ("counts", "packs", counts)):
            connection.execute(
                f'create unlogged table {name} (shop text collate "C", drug text collate "C", '
                f"at timestamp, {column} float8)"
            )
            with connection.cursor().copy(f"copy {name} from stdin (format csv)") as copy:
                for first in range(0, len(frame), 200_000):
                    copy.write(frame.iloc[first : first + 200_000].to_csv(index=False, header=False))
        connection.execute("create index on entries (shop, drug, at)")
        connection.execute("analyze entries")
        connection.execute("set work_mem = '512MB'")
        return _timed(lambda: np.array([float(row[3]) for row in connection.execute(_SQL).fetchall()]))
    return None
