"""Mutated files of every format and feed, read one after the other: none may end but in a reason.

    python -m tests.intake.fuzzing [--count 20000] [--seed 1] [--first 0] [--jobs 2]

Input number n under a seed is always the same, so that a find can be read again alone. Every outcome must be a
reading that accounts for every row, without any clear identity number, or a refusal whose reason the contract
knows. Anything else is printed and ends the run with 1.
"""

from __future__ import annotations

import argparse
import gzip
import io
import json
import random
import re
import sys
import tempfile
import time
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from tests.intake.helpers import KEY, NOW, person
from yaotong.codes import FILE_REASONS, ROW_REASONS
from yaotong.errors import FileRefused, UsageError
from yaotong.intake import Limits, Reading, Reference, profiles, read_file
from yaotong.records import FEEDS, Column, Feed, Kind

PEOPLE = tuple(person(serial) for serial in range(1, 9))
SAMPLES = Path(__file__).resolve().parents[1] / "sources"
_ROWS = 4
_SLOW_S = 5.0
_TOLD_EVERY = 50_000
_LIMITS = Limits(file_bytes=2_000_000, rows=5_000, unpacked_bytes=4_000_000)
_REFERENCE = Reference(region=(115.0, 27.0, 123.0, 34.0))
TOKENS = (
    "", " ", "　", "0", "-1", "1e308", "1e-5", "NaN", "inf", "9" * 400, "0x10", "１２", "true", "是", "null",
    "2026-02-29 00:00:00", "0000-00-00", "9999-12-31 23:59:59", "2026-06-01T08:00:00+14:00", "20260601",
    "2026年6月1日", "24:00", "=1+1", "@SUM(A1)", "\t=cmd", "'=1", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\ud7ff",
    "a" * 5_000, '"', '""', "'", ",", ";", "\n", "\r", "|", "||", "EPH|RX", "|EPH|", "wgs84", "gcj02", "EPSG:4490",
    "121.0", "30.7", "180", "-180.0001", "POLYGON((0 0,1 1,0 0))", "24/7", "Mo-Su 25:00-26:00", PEOPLE[0],
    PEOPLE[0][:17], "11010519491231002X", "91330482MA0000000A", "8.1E+19", "../../etc/passwd", "<script>", "药",
    "\U0001f48a", "é", "row", "reason", "geometry", "crs",
)  # fmt: skip
_BYTES = tuple(token.encode("utf-8", "surrogatepass") for token in TOKENS if len(token) < 100)
_BYTES += (
    b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"\x00" * 64, b"\xff" * 16, b"[" * 40, b"{",
    b"]", b"}", b":", b'":"', b"<f>", b"<!DOCTYPE x>", b"&x;",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seed:
    """A sound small file, and its rows where they can be changed cell by cell."""

    name: str
    data: bytes
    feed: str | None = None
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()


def _value(column: Column, rng: random.Random) -> str:
    if column.identity or column.name == "person_no":
        return rng.choice(PEOPLE)
    if column.choices:
        return rng.choice(column.choices)
    by_kind = {
        Kind.DATE: "2026-05-31",
        Kind.MOMENT: "2026-06-01 08:30:00",
        Kind.NUMBER: {"lon": "121.02", "lat": "30.70"}.get(column.name, "2"),
        Kind.INTEGER: "7",
        Kind.FLAG: "true",
        Kind.CATEGORIES: "EPH|RX",
        Kind.GEOMETRY: "POLYGON((121 30.6,121.1 30.6,121.1 30.7,121 30.6))",
    }
    named = {"opening_hours": "Mo-Su 08:00-21:00", "uscc": "", "supplier_uscc": "", "until": "2026-06-01 18:00:00"}
    return named.get(column.name, by_kind.get(column.kind, f"{column.name[:3]}{rng.randint(1, 99)}"))


def sound_rows(feed: Feed, rng: random.Random) -> list[dict[str, str]]:
    """A few rows of a feed that nothing is wrong with."""
    rows = [{column.name: _value(column, rng) for column in feed.columns} for _ in range(_ROWS)]
    if feed.name == "areas":
        rows = [{**row, "crs": "wgs84"} for row in rows]
    return rows


def _csv(rows: list[dict[str, str]], delimiter: str = ",") -> str:
    return pd.DataFrame(rows).to_csv(index=False, sep=delimiter, lineterminator="\n")


def _of_feed(feed: Feed) -> Iterator[Seed]:
    rows = sound_rows(feed, random.Random(feed.name))
    kept = tuple(tuple(row.items()) for row in rows)
    text = _csv(rows)
    yield Seed("a.csv", text.encode(), feed.name, kept)
    yield Seed("a.csv", b"\xef\xbb\xbf" + text.encode(), feed.name)
    yield Seed("a.csv", text.replace("EPH", "药").encode("gb18030"), feed.name)
    yield Seed("a.tsv", _csv(rows, "\t").encode(), feed.name)
    yield Seed("a.csv", _csv(rows, ";").encode(), feed.name)
    yield Seed("a.csv.gz", gzip.compress(text.encode(), mtime=0), feed.name)
    lines = "\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    yield Seed("a.ndjson", lines.encode(), feed.name, kept)
    for name, write in (("a.parquet", pd.DataFrame.to_parquet), ("a.xlsx", pd.DataFrame.to_excel)):
        out = io.BytesIO()
        write(pd.DataFrame(rows), out, index=False)
        yield Seed(name, out.getvalue(), feed.name)


@cache
def seeds() -> tuple[Seed, ...]:
    """Every feed in every format, and the samples of the sources that are small."""
    found = [seed for feed in FEEDS.values() for seed in _of_feed(feed)]
    for path in sorted(SAMPLES.glob("*/*")):
        if path.suffix in (".csv", ".gz", ".geojson", ".topojson", ".ndjson") and path.stat().st_size < 60_000:
            found.append(Seed(path.name, path.read_bytes()))
    return tuple(found)


def mutated(seed: int, number: int) -> Seed:
    """Input `number` under `seed`."""
    rng = random.Random(f"{seed}/{number}")
    chosen = rng.choice(seeds())
    if chosen.rows and rng.random() < 0.6:
        return _by_cell(chosen, rng)
    if chosen.name.endswith(".xlsx") and rng.random() < 0.7:
        return Seed(chosen.name, _inside_zip(chosen.data, rng), chosen.feed)
    if chosen.name.endswith(".gz") and rng.random() < 0.7:
        inner = _by_byte(gzip.decompress(chosen.data), rng)
        return Seed(chosen.name, gzip.compress(inner, mtime=0), chosen.feed)
    return Seed(chosen.name, _by_byte(chosen.data, rng), chosen.feed)


def _by_byte(data: bytes, rng: random.Random) -> bytes:
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, kind = rng.randrange(len(body) + 1), rng.randrange(6)
        end = min(len(body), at + rng.choice((1, 2, 8, 64, 500)))
        if kind == 0 and body:
            body[min(at, len(body) - 1)] = rng.randrange(256)
        elif kind == 1:
            body[at:at] = rng.choice(_BYTES)
        elif kind == 2:
            del body[at:end]
        elif kind == 3:
            body[at:at] = body[at:end]
        elif kind == 4:
            body[at:end] = rng.choice(_BYTES)
        elif rng.random() < 0.2:
            del body[at:]
    return bytes(body)


def _inside_zip(data: bytes, rng: random.Random) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as book, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made:
        names = book.namelist()
        victim = rng.choice([name for name in names if "sheet1" in name or "sharedStrings" in name] or names)
        for name in names:
            made.writestr(name, _by_byte(book.read(name), rng) if name == victim else book.read(name))
    return out.getvalue()


def _by_cell(seed: Seed, rng: random.Random) -> Seed:
    rows = [dict(row) for row in seed.rows]
    for _ in range(rng.choice((1, 1, 2, 4))):
        row, kind = rng.choice(rows), rng.randrange(8)
        name = rng.choice(list(row))
        if kind < 4:
            row[name] = rng.choice(TOKENS)
        elif kind == 4:
            row[name] += rng.choice(TOKENS)
        elif kind == 5:
            rows.insert(rng.randrange(len(rows) + 1), dict(rng.choice(rows)))
        elif kind == 6:
            rows = [{key: value for key, value in one.items() if key != name or len(one) == 1} for one in rows]
        else:
            rows = [{(rng.choice(TOKENS) or "x") if key == name else key: value for key, value in one.items()} for one in rows]  # fmt: skip
    if seed.name.endswith(".csv"):
        text = _csv(rows)
    else:
        text = "\n".join(json.dumps(row, ensure_ascii=rng.random() < 0.5) for row in rows)
    return Seed(seed.name, text.encode("utf-8", "surrogatepass"), seed.feed)


_CLEAR = re.compile("|".join(PEOPLE))


def outcome(made: Seed, folder: Path) -> str:
    """What the file ended in, in a word; AssertionError when it must not end so."""
    path = folder / made.name
    path.write_bytes(made.data)
    feed = made.feed if len(made.data) % 3 else None  # now and then it is to be recognised
    try:
        reading = read_file(path, feed=feed, reference=_REFERENCE, pseudonymiser=KEY, limits=_LIMITS, now=NOW)
    except FileRefused as refused:
        _check_refusal(refused)
        return refused.reason
    except UsageError:
        return "usage"
    _check(reading)
    return "accepted" if not reading.rejected else "partial"


def _check_refusal(refused: FileRefused) -> None:
    assert refused.reason in FILE_REASONS, refused.reason
    assert refused.message, "a refusal says what to do"
    assert not _CLEAR.search(refused.message), "a clear number in a message"


def _check(reading: Reading) -> None:
    rows = [one.row for one in reading.rejected]
    assert reading.rows == len(reading.accepted) + reading.duplicates + len(rows)
    assert all(one.reason in ROW_REASONS for one in reading.rejected)
    assert rows == sorted(rows)
    # A source that makes several lines of a row may refuse each of them.
    reshaped = reading.profile and profiles()[reading.profile].prepare is not None
    assert reshaped or len(rows) == len(set(rows)), "each row is refused once"
    assert not rows or (rows[0] >= 1)
    assert len(reading.masked) == len(rows)
    assert [int(one) for one in reading.masked["row"]] == rows if rows else True
    told = " ".join([*(one.message for one in reading.rejected), *reading.notes])
    told += " ".join(str(cell) for name in reading.masked for cell in reading.masked[name])
    assert not _CLEAR.search(told), "a clear number among what is told"
    kept = reading.accepted.drop(columns="geometry", errors="ignore")
    personal = {column.name for column in reading.feed.columns if column.personal}
    assert not personal & set(kept.columns), "a personal column is kept"


def run(seed: int, first: int, count: int) -> tuple[Counter[str], list[str]]:
    """Outcomes of some inputs, and the finds as sentences."""
    counts: Counter[str] = Counter()
    finds = []
    warnings.simplefilter("ignore")
    where = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        for number in range(first, first + count):
            started = time.monotonic()
            try:
                counts[outcome(mutated(seed, number), Path(folder))] += 1
            except Exception as error:  # any other end is what is looked for
                finds.append(f"seed {seed} number {number}: {type(error).__name__}: {str(error)[:300]}")
            if time.monotonic() - started > _SLOW_S:
                finds.append(f"seed {seed} number {number}: took longer than {_SLOW_S:g} s")
    return counts, finds


def main() -> int:
    """Run the inputs on some processes and print what they ended in."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("count", 20_000), ("seed", 1), ("first", 0), ("jobs", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    asked = parser.parse_args()
    chunk = 2_000
    starts = range(asked.first, asked.first + asked.count, chunk)
    sizes = [min(chunk, asked.first + asked.count - start) for start in starts]
    counts: Counter[str] = Counter()
    found = 0
    began = time.monotonic()
    with ProcessPoolExecutor(asked.jobs) as workers:
        for some, finds in workers.map(run, [asked.seed] * len(sizes), starts, sizes):
            counts += some
            found += len(finds)
            for one in finds:
                print(one, flush=True)
            if counts.total() % _TOLD_EVERY < chunk:
                print(f"{counts.total():,} inputs, {found} finds", flush=True)
    spent = time.monotonic() - began
    print(f"{counts.total():,} inputs in {spent:,.0f} s, {counts.total() / spent:,.0f}/s; {found} finds")
    print(", ".join(f"{name} {number:,}" for name, number in counts.most_common()))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
