"""The index of trace codes: growth to many codes, scans a second in batches put on the disk, and peers."""

from __future__ import annotations

import math
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from bench.special_figures import Figure
from bench.special_peers import postgres
from yaotong.traces import kernels, runs
from yaotong.traces.codes import EPOCH, PURCHASE
from yaotong.traces.index import Traces

BATCH = 5_000
_CHUNK = 5_000_000
_STEP = 8_999_999_999_999_999_999
_SHOPS, _SECONDS = 5_000, 20.0
_ASKED = 10_000
PEER_CODES = 5_000_000


def code_keys(first: int, many: int, total: int) -> np.ndarray:
    """Keys of the codes from `first` on, spread over all codes that begin with 8, in order."""
    gap = _STEP // total
    jitter = (np.arange(first, first + many, dtype=np.uint64) * np.uint64(2_654_435_761)) % np.uint64(gap - 1)
    return np.arange(first, first + many, dtype=np.uint64) * np.uint64(gap) + jitter


def texts(keys: np.ndarray) -> pa.Array:
    """Codes as they are written."""
    return pa.array([f"8{one:019d}" for one in keys.tolist()], pa.string())


def filled(folder: Path, total: int) -> Traces:
    """An index of one purchase for each of `total` codes, and a sale of every tenth."""
    index = Traces(folder)
    index.shops.known = {f"shop{number}": number for number in range(_SHOPS)}
    index.drugs.known = {"D": 0}
    index.put(np.zeros(0, np.uint64), np.zeros((0, 4), np.uint64))
    files = [(folder / f"base.{part}").open("wb") for part in ("keys", "words")]
    many = 0
    for first in range(0, total, _CHUNK):
        keys = code_keys(first, min(_CHUNK, total - first), total)
        sold = keys[::10]
        both = np.sort(np.concatenate([keys, sold]))
        words = _words(both)
        again = np.flatnonzero(np.append(False, both[1:] == both[:-1]))
        words[again, 0] += np.uint64((86_400 * 30) << 32) - np.uint64(PURCHASE)
        both.tofile(files[0])
        words.tofile(files[1])
        many += len(both)
    for one in files:
        one.flush()
        os.fsync(one.fileno())
        one.close()
    runs.write_manifest(folder, replace(index.manifest, runs=(("base", many),)))
    return Traces(folder)


def _words(keys: np.ndarray) -> np.ndarray:
    words = np.zeros((len(keys), 4), np.uint64)
    at = np.uint64(1_767_225_600 - EPOCH)
    words[:, 0] = (at << np.uint64(32)) | ((keys % np.uint64(_SHOPS)) << np.uint64(1)) | np.uint64(PURCHASE)
    words[:, 2] = np.uint64(1_000_000)
    return words


def batches(number: int, total: int, size: int = BATCH) -> tuple[pa.Table, np.ndarray, np.ndarray]:
    """Scans of a moment, nine in ten of bought codes; their keys, and whether the base knows a sale."""
    rng = np.random.default_rng(number)
    places = rng.integers(0, total, size)
    places[: size // 20] -= places[: size // 20] % 10
    unknown = rng.random(size) < 0.1
    keys = code_keys(0, 1, total)[0] + np.array([code_keys(int(one), 1, total)[0] for one in places])
    keys = np.where(unknown, keys + np.uint64(1), keys)
    sold = (places % 10 == 0) & ~unknown
    at = np.full(size, np.datetime64("2026-06-01T08:00:00") + 600 * number)
    table = pa.table(
        {
            "trace_code": texts(keys), "at": pa.array(at, pa.timestamp("s")),
            "pharmacy_id": pa.array([f"shop{one}" for one in rng.integers(0, _SHOPS, size)]),
            "drug_code": pa.array(["D"] * size), "quantity": pa.array(np.ones(size)),
        }
    )  # fmt: skip
    return table, keys, sold


def measure(total: int, seconds: float = _SECONDS) -> dict[str, float]:
    """Scans a second with the merging they need, the slowest batch, bytes, and wrong answers."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("YAOTONG_BENCH_DIR")) as folder:
        began = time.perf_counter()
        index = filled(Path(folder) / "traces", total)
        built = time.perf_counter() - began
        ready = [batches(number, total) for number in range(60)]
        seen: set[int] = set()
        taken, wrong, checked = [], 0, 0
        began = time.perf_counter()
        while time.perf_counter() - began < seconds and ready:
            table, keys, sold = ready.pop(0)
            start = time.perf_counter()
            answers = index.scan(table)
            index.settle(below=2_000_000)
            taken.append(time.perf_counter() - start)
            right = _right(keys, sold, seen)
            wrong += int(((answers.said == kernels.DUPLICATE) != right)[right >= 0].sum())
            checked += int((right >= 0).sum())
        size = sum(one.stat().st_size for one in (Path(folder) / "traces").iterdir())
        return {
            "codes": total, "built_s": built, "rate": len(taken) * BATCH / sum(taken), "wrong": wrong,
            "checked": checked, "p50_ms": float(np.median(taken)) * 1e3,
            "worst_ms": max(taken) * 1e3, "bytes": size, "runs": len(index.runs),
        }  # fmt: skip


def _right(keys: np.ndarray, sold: np.ndarray, seen: set[int]) -> np.ndarray:
    """Whether each scan is a duplicate: 1, 0, or -1 for a code that is twice in one batch."""
    _, first, count = np.unique(keys, return_index=True, return_counts=True)
    right = np.full(len(keys), -1)
    for place in first[count == 1].tolist():
        right[place] = sold[place] or int(keys[place]) in seen
    seen.update(keys.tolist())
    return right


def show(sizes: list[int]) -> list[Figure]:
    """Print the growth, then the peers beside ours at a size that they can take in in a minute.

    The figures: scans a second at every size, and how much of the rate is left at the largest.
    """
    figures = []
    for total in sizes:
        told = measure(total)
        figures.append(Figure(f"追溯码 {total:,} 个，每秒扫码", told["rate"], _ASKED, "次", at_least=True))
        print(
            f"  追溯码 {total:>13,} 个：{told['rate']:>9,.0f} 次扫码/秒"
            f"（每批 {BATCH:,} 次，中位 {told['p50_ms']:.0f} 毫秒，最慢 {told['worst_ms']:.0f}），"
            f"核对 {told['checked']:,.0f} 条，错 {told['wrong']:.0f}；{told['bytes'] / 1e9:.1f} GB，"
            f"每码 {told['bytes'] / total:.0f} 字节，建成 {told['built_s']:.0f} 秒",
            flush=True,
        )
        if told["wrong"]:
            raise AssertionError("回答有错")
    _growth(figures, sizes)
    _peers(PEER_CODES)
    return figures


def _growth(figures: list[Figure], sizes: list[int]) -> None:
    """What more codes cost, and where a billion would be if it went on as between the two largest."""
    for (few, before), (many, after) in pairwise(zip(sizes, figures, strict=True)):
        kept = after.measured / before.measured
        print(f"  码数变为 {many / few:.0f} 倍，每秒扫码为 {kept:.2f} 倍", flush=True)
        if many == max(sizes) and kept < 1:
            steps = math.log(1e9 / many) / math.log(many / few)
            print(
                f"  照此十亿个码约每秒 {after.measured * kept**steps:,.0f} 次（外推，没有量过）", flush=True
            )


def _peers(total: int) -> None:
    ours = measure(total, 5.0)["rate"]
    rates = {
        "云药通": ours,
        "DuckDB（内存表，主键索引）": _duckdb(total),
        "PostgreSQL（B 树，不落盘）": _postgres(total),
    }
    for name, rate in rates.items():
        if rate:
            print(
                f"  {total:,} 个码 {name:<26} {rate:>9,.0f} 次扫码/秒  我们是它的 {ours / rate:.1f} 倍",
                flush=True,
            )


def _timed(ask: Callable[[list[int]], object], total: int, seconds: float = 8.0) -> float:
    rng, done = np.random.default_rng(5), 0
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        places = rng.integers(0, total, BATCH)
        ask([int(code_keys(int(one), 1, total)[0]) for one in places])
        done += BATCH
    return done / (time.perf_counter() - began)


def _duckdb(total: int) -> float:
    connection = duckdb.connect(config={"threads": 2})
    keys = code_keys(0, total, total)
    connection.register("given", pa.table({"code": pa.array(keys, pa.uint64())}))
    connection.execute("create table scans as select code, 1.0 as packs, 0 as kind from given")
    connection.execute("create index by_code on scans (code)")

    def ask(codes: list[int]) -> object:
        connection.register("batch", pa.table({"code": pa.array(codes, pa.uint64())}))
        connection.execute("insert into scans select code, 1.0, 1 from batch")
        return connection.execute(
            "select code, count(*) filter (kind = 1), count(*) filter (kind = 0) from scans "
            "where code in (select code from batch) group by code"
        ).fetchall()

    return _timed(ask, total)


def _postgres(total: int) -> float:
    with suppress(LookupError), postgres() as connection:
        connection.execute("create unlogged table scans (code numeric(19), packs float8, kind int)")
        with connection.cursor().copy("copy scans from stdin") as copy:
            for first in range(0, total, 500_000):
                copy.write("".join(f"{one}\t1\t0\n" for one in code_keys(first, 500_000, total).tolist()))
        connection.execute("create index on scans (code)")
        connection.execute("analyze scans")

        def ask(codes: list[int]) -> object:
            with connection.transaction():
                connection.execute("insert into scans select unnest(%s::numeric[]), 1, 1", (codes,))
            return connection.execute(
                "select code, count(*) filter (where kind = 1), count(*) filter (where kind = 0) "
                "from scans where code = any(%s::numeric[]) group by code",
                (codes,),
            ).fetchall()

        return _timed(ask, total)
    return 0.0
