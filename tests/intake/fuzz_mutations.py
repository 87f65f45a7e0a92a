"""What the fuzzer does to a sound file: to its bytes, what it is packed in, its tree, its rows or its name."""

from __future__ import annotations

import copy
import gzip
import io
import json
import random
import re
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from tests.intake.fuzz_seeds import GROUPED, PEOPLE, WRITERS, Row, Seed, frozen, json_text, seeds
from yaotong.intake.core.choosing import known_names

TOKENS = (
    "", " ", "　", "0", "-1", "1e308", "1e-5", "NaN", "inf", "9" * 400, "0x10", "１２", "true", "是", "null", "NA",
    "2026-02-29 00:00:00", "0000-00-00", "9999-12-31 23:59:59", "2026-06-01T08:00:00+14:00", "20260601", "46174.5",
    "2026年6月1日", "24:00", "1677-09-21", "2262-04-12", "2026-06-01 08:30:00.1234567", "1e400", "1_000", "−5", "½", "٣",
    "=1+1", "@SUM(A1)", "\t=cmd", "'=1", "\x00", "\x1b[31m", "\u202e", "\ufeff", "\ud7ff", "\ud800", "\u2028",
    "a" * 5_000, '"', '""', "'", ",", ";", "\n", "\r", "\t", "|", "||", "EPH|RX", "|EPH|", "wgs84", "gcj02", "EPSG:4490",
    "121.0", "30.7", "180", "-180.0001", "90", "POLYGON((0 0,1 1,0 0))", "POINT EMPTY", "POLYGON EMPTY",
    "GEOMETRYCOLLECTION(POINT(1 1))", "POLYGON((0 0,1 1,1 0,0 1,0 0))", "MULTIPOLYGON(((nan 0,1 1,1 0,nan 0)))",
    "24/7", "Mo-Su 25:00-26:00", "Mo-Su 22:00-06:00; PH off", "8:00-21:30", "周一至周日 8:00-20:00", "全天",
    PEOPLE[0], PEOPLE[0][:17], PEOPLE[0].translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    GROUPED[0], GROUPED[1], f"证{GROUPED[2]}号", f"证{PEOPLE[1]}号", f"{PEOPLE[2]},{PEOPLE[3]}", "11010519491231002X", "110105491231002", "91330482MA0000000A",
    "8.1E+19", "81234560000000000012", "../../etc/passwd", "<script>", "药", "\U0001f48a", "é", "row", "reason",
    "geometry", "crs", "column", "message", "nan", "None", "_source", "9100**************",
)  # fmt: skip
_TYPED = (
    None, True, False, 0, -1, 7, 2**53 + 1, 2**63, 2**70, 1e308, 1.5, -0.0, 1e-320, float("nan"), float("inf"), [], {},
    ["a"], [1, "2"], {"a": 1}, datetime(2026, 6, 1, 8, 30), datetime(1, 1, 1), date(2026, 5, 31), Decimal("2.50"), b"\xff",
    "", int(PEOPLE[0][:15]), float(PEOPLE[4][:17]), [121.0, 30.7], [[0, 0], [1, 1]], "Point", "FeatureCollection",
)  # fmt: skip
_SHORT = tuple(token for token in TOKENS if len(token) < 100)
_BYTES = (
    *(token.encode("utf-8", "surrogatepass") for token in _SHORT),
    b"\xff\xfe", b"\xef\xbb\xbf", b"PK\x03\x04", b"PAR1", b"\x1f\x8b", b"\x00" * 64, b"\xff" * 16, b"[" * 40, b"{",
    b"]", b"}", b":", b'":"', b"<f>", b"<!DOCTYPE x>", b"&x;", b"&#0;", b"\x81\x30", b"\xff\xff\xff\x7f", b"\x80" * 9,
)  # fmt: skip
_NAMES = (
    "a.csv", "a.tsv", "a.txt", "a.json", "a.ndjson", "a.xlsx", "a.parquet", "a.gpkg", "a.csv.gz", "a.gz", "a", ".csv",
    "a.CSV", "a.zip", "药店 1.csv", "a..csv", "a\n.csv", "a.topojson", f"{PEOPLE[0]}.csv", "a.parquet.gz", "-.csv",
)  # fmt: skip
_TREES = (".geojson", ".json", ".topojson", ".ndjson", ".jsonl")
Mutation = Callable[[Seed, random.Random], Seed]


@cache
def _words() -> tuple[str, ...]:
    """Column names, and cells of the other seeds: what is right elsewhere is the best of wrongs."""
    cells = {str(cell) for seed in seeds() for row in seed.rows for _, cell in row if cell}
    return tuple(sorted(known_names() | cells))


def mutated(seed: int, number: int) -> Seed:
    """Input `number` under `seed`."""
    rng = random.Random(f"{seed}/{number}")
    chosen = rng.choice(seeds())
    ways = [(_by_byte, 2), (_by_splice, 1), (_by_name, 0.2)]
    ways += [(_by_cell, 8)] if chosen.form else []
    ways += [(_by_tree, 5)] if _suffix(chosen).endswith(_TREES) else []
    ways += [(_unpacked, 4)] if chosen.name.endswith((".gz", ".xlsx")) else []
    ways += [(_beside, 2)] if chosen.beside else []
    made = rng.choices([way for way, _ in ways], [weight for _, weight in ways])[0](chosen, rng)
    unasked = rng.random() < 0.25  # now and then it is to be recognised
    if unasked:
        made = replace(made, feed=None, profile=None)
    return replace(made, referenced=rng.random() < 0.15)


def _suffix(seed: Seed) -> str:
    return seed.name.removesuffix(".gz")


def by_byte(data: bytes, rng: random.Random) -> bytes:
    """Some bytes changed, put in, taken out or said twice."""
    body = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        at, kind = rng.randrange(len(body) + 1), rng.randrange(8)
        end = min(len(body), at + rng.choice((1, 2, 8, 64, 500)))
        if kind == 0 and body:
            body[min(at, len(body) - 1)] = rng.randrange(256)
        elif kind == 1 and body:
            body[min(at, len(body) - 1)] ^= 1 << rng.randrange(8)
        elif kind == 2:
            body[at:at] = rng.choice(_BYTES)
        elif kind == 3:
            del body[at:end]
        elif kind == 4:
            body[at:at] = body[at:end] * rng.choice((1, 1, 3, 200))
        elif kind == 5:
            body[at:end] = rng.choice(_BYTES)
        elif kind == 6:
            body[at:at] = rng.choice(_words()).encode()
        elif rng.random() < 0.2:
            del body[at:]
    return bytes(body[:200_000])


def _by_byte(seed: Seed, rng: random.Random) -> Seed:
    return replace(seed, data=by_byte(seed.data, rng))


def _by_splice(seed: Seed, rng: random.Random) -> Seed:
    """The head of one file with the tail of another, of the same format where there is one."""
    others = [one for one in seeds() if _suffix(one)[-5:] == _suffix(seed)[-5:]]
    tail = rng.choice(others).data
    head = seed.data[: rng.randrange(len(seed.data) + 1)]
    return replace(seed, data=head + tail[rng.randrange(len(tail) + 1) :])


def _by_name(seed: Seed, rng: random.Random) -> Seed:
    return replace(seed, name=rng.choice(_NAMES))


def _beside(seed: Seed, rng: random.Random) -> Seed:
    """The file as it was, and one beside it that is not, or not there at all."""
    name, data = rng.choice(seed.beside)
    others = tuple(one for one in seed.beside if one[0] != name)
    if rng.random() < 0.1:
        return replace(seed, beside=others)
    if name.endswith(".gz"):
        data = gzip.compress(by_byte(gzip.decompress(data), rng), 1, mtime=0)
    elif name.endswith(".json") and rng.random() < 0.6:
        data = _in_tree(data, rng)
    else:
        data = by_byte(data, rng)
    return replace(seed, beside=(*others, (name, data)))


def _unpacked(seed: Seed, rng: random.Random) -> Seed:
    """Changed under the packing, so that the packing itself stays sound."""
    if seed.name.endswith(".gz"):
        return replace(seed, data=gzip.compress(by_byte(gzip.decompress(seed.data), rng), 1, mtime=0))
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(seed.data)) as book,
        zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as made,
    ):
        names = book.namelist()
        victim = rng.choice([*names, *["xl/worksheets/sheet1.xml"] * len(names)])
        change = by_byte if rng.random() < 0.4 else _by_attribute
        for name in names:
            part = book.read(name)
            made.writestr(zipfile.ZipInfo(name), change(part, rng) if name == victim else part)
    return replace(seed, data=out.getvalue())


def _by_attribute(data: bytes, rng: random.Random) -> bytes:
    """XML that is still sound, with other values in some attributes and between some tags."""
    for _ in range(rng.choice((1, 1, 3))):
        places = list(re.finditer(rb'(?<==")[^"<]*(?=")|(?<=>)[^<]+(?=<)', data))
        if places:
            place = rng.choice(places)
            word = rng.choice(
                (b"s", b"b", b"n", b"e", b"d", b"str", b"0", b"-1", b"99999999999", b"XFD1048577", *_BYTES)
            )
            data = data[: place.start()] + word.replace(b'"', b"") + data[place.end() :]
    return data


def _by_tree(seed: Seed, rng: random.Random) -> Seed:
    packed = seed.name.endswith(".gz")
    data = gzip.decompress(seed.data) if packed else seed.data
    if _suffix(seed).endswith(("ndjson", "jsonl")):
        lines = data.splitlines()
        victim = rng.randrange(len(lines))
        data = b"\n".join(
            _in_tree(line, rng) if place == victim else line for place, line in enumerate(lines)
        )
    else:
        data = _in_tree(data, rng)
    return replace(seed, data=gzip.compress(data, 1, mtime=0) if packed else data)


def _nodes(tree: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    return [path, *(one for key, value in inside for one in _nodes(value, (*path, key)))]


def _in_tree(data: bytes, rng: random.Random) -> bytes:
    """JSON with some nodes replaced, dropped, renamed, wrapped or said twice."""
    tree = json.loads(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        places = [path for path in _nodes(tree) if path] if isinstance(tree, dict | list) else []
        if not places:
            break
        *above, key = rng.choice(places)
        holder = tree
        for step in above:
            holder = holder[step]
        _change(holder, key, rng)
    return json_text(tree, rng).encode("utf-8", "surrogatepass")


def _change(holder: Any, key: Any, rng: random.Random) -> None:
    kind = rng.randrange(6)
    if kind == 0:
        del holder[key]
    elif kind == 1:
        holder[key] = [holder[key]]
    elif kind == 2 and isinstance(holder, dict):
        holder[rng.choice((*_SHORT, *_words()))] = holder.pop(key)
    elif kind == 3 and isinstance(holder, list):
        holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
    elif kind == 4 and isinstance(holder[key], int | float):
        holder[key] = rng.choice(
            (holder[key] * -1, holder[key] * 1e6, holder[key] + 1e-9, 1e308, -1, 2**31, 200.0)
        )
    else:
        holder[key] = _word(rng)


def _word(rng: random.Random) -> Any:
    kind = rng.random()
    return rng.choice(TOKENS if kind < 0.5 else _TYPED if kind < 0.75 else _words())


def _by_cell(seed: Seed, rng: random.Random) -> Seed:
    """Rows with other cells, columns or neighbours, written again in their form or in another."""
    rows: list[Row] = [dict(row) for row in seed.rows]
    for _ in range(rng.choice((1, 1, 2, 4))):
        if rows and any(rows):
            rows = rng.choice(_EDITS)(rows, rng)
    try:
        return replace(seed, data=WRITERS[seed.form](rows, rng), rows=frozen(rows))
    except (UnicodeError, ValueError, OverflowError):  # the format cannot hold it
        return _by_byte(seed, rng)


def _pick(rows: list[Row], rng: random.Random) -> tuple[Row, str]:
    row = rng.choice([one for one in rows if one])
    return row, rng.choice(list(row))


def _other_cell(rows: list[Row], rng: random.Random) -> list[Row]:
    row, name = _pick(rows, rng)
    row[name] = _word(rng)
    return rows


def _longer_cell(rows: list[Row], rng: random.Random) -> list[Row]:
    row, name = _pick(rows, rng)
    parts = [str(row[name]), rng.choice(TOKENS)]
    row[name] = "".join(parts if rng.random() < 0.5 else parts[::-1])
    return rows


def _other_letter(rows: list[Row], rng: random.Random) -> list[Row]:
    row, name = _pick(rows, rng)
    text = str(row[name])
    at = rng.randrange(len(text) + 1)
    row[name] = text[:at] + rng.choice(_SHORT) + text[at + rng.randrange(2) :]
    return rows


def _moved_cell(rows: list[Row], rng: random.Random) -> list[Row]:
    (row, name), (other, theirs) = _pick(rows, rng), _pick(rows, rng)
    row[name], other[theirs] = other[theirs], row[name]
    return rows


def _said_twice(rows: list[Row], rng: random.Random) -> list[Row]:
    rows.insert(rng.randrange(len(rows) + 1), dict(rng.choice(rows)))
    return rows


def _conflicting(rows: list[Row], rng: random.Random) -> list[Row]:
    again = dict(rng.choice(rows))
    rows.append(_other_cell([again], rng)[0] if again else again)
    return rows


def _whole_column(rows: list[Row], rng: random.Random) -> list[Row]:
    """One column dropped, named otherwise, put last, or with one value throughout."""
    _, name = _pick(rows, rng)
    kind, word = rng.randrange(4), rng.choice((*_SHORT, *_words()))
    for row in rows:
        if name in row:
            cell = row.pop(name)
            if kind:
                row[word if kind == 1 else name] = word if kind == 2 else cell
    return rows


def _more_columns(rows: list[Row], rng: random.Random) -> list[Row]:
    """One column more or, as in a reject file that comes back, four; now and then too many."""
    added = rng.choice(
        ((rng.choice(_words()),), ("row", "column", "reason", "message"), (rng.choice(_SHORT),))
    )
    if rng.random() < 0.03:
        added = tuple(f"c{place}" for place in range(300))
    return [{**row, **{name: rng.choice(_SHORT) for name in added}} for row in rows]


def _other_count(rows: list[Row], rng: random.Random) -> list[Row]:
    count = rng.choice((0, 1, 1, 60))
    return [dict(rows[place % len(rows)]) for place in range(count)]


_EDITS = (
    _other_cell, _other_cell, _other_cell, _other_cell, _longer_cell, _longer_cell, _other_letter, _other_letter,
    _moved_cell, _said_twice, _conflicting, _whole_column, _more_columns, _other_count,
)  # fmt: skip
