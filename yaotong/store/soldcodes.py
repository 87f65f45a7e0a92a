"""Seals and trace codes of kept sales, beside the fact files: who asks for one code reads no sale.

Of each file of sales as sent: a keyed hash of each code, the shop, the moment, sold or taken back, and which
wording of a line said so. No buyer, no drug, no price; and without the key nobody can try codes out.
What is here follows from the fact files; what is missing is made again from them.
"""

from __future__ import annotations

import hashlib
import json
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sqlalchemy import Connection

from yaotong.store import factfiles
from yaotong.store.byfile import name_of
from yaotong.store.factfiles import KeptFile
from yaotong.store.staging import reading

FEED = "sales"
_COLUMNS = ("seal_id", "trace_code", "pharmacy_id", "sold_at", "quantity", "line_sha")
_EPOCH = datetime(1970, 1, 1)
_ROW = np.dtype(
    [("key", "<u8"), ("at", "<i8"), ("shop", "<u4"), ("sign", "i1"), ("sha", "S32")]
)  # fmt: skip
_MAPPED = 20_000


@dataclass(frozen=True, slots=True)
class Told:
    """One line that names a code: whose it is, when, and whether the goods went out (1) or came back (-1)."""

    pharmacy_id: str
    at: datetime
    sign: int


def plain(code: str) -> str:
    """A code without what people and scanners add to it: blanks, dashes, width, case."""
    text = unicodedata.normalize("NFKC", code).upper()
    return "".join(one for one in text if one.isprintable() and not one.isspace() and one != "-")


def told_of(connection: Connection, facts_dir: Path, secret: bytes, kind: str, code: str) -> tuple[Told, ...]:
    """The lines in force that name a seal (`kind` "seal") or a trace code ("trace"), by time."""
    files = factfiles.kept(connection, facts_dir, FEED)
    cover(facts_dir, files, secret)
    wanted = _key(secret, kind, plain(code))
    hits = [hit for one in files for hit in _hits(_place(facts_dir, one), wanted)]
    gone = factfiles.ended_among(connection, FEED, [sha for sha, _ in hits])
    return tuple(sorted((one for sha, one in hits if sha not in gone), key=lambda one: one.at))


def cover(facts_dir: Path, files: Sequence[KeptFile], secret: bytes) -> None:
    """Make what is missing. What a disk refuses is made when it is asked for again."""
    for one in files:
        place = _place(facts_dir, one)
        if not place.with_suffix(".npy").exists():
            _make(place, one.path, secret)


def _place(facts_dir: Path, one: KeptFile) -> Path:
    return facts_dir / "codes" / name_of(one.name, one.sha256).hex()


def _hits(place: Path, wanted: int) -> Iterator[tuple[str, Told]]:
    rows = _mapped(place.with_suffix(".npy"))
    low, high = (int(np.searchsorted(rows["key"], np.uint64(wanted), side)) for side in ("left", "right"))
    if low == high:
        return
    shops = json.loads(place.with_suffix(".json").read_text("utf-8"))
    for row in rows[low:high]:
        at = _EPOCH + timedelta(seconds=int(row["at"]))
        yield row["sha"].decode(), Told(shops[int(row["shop"])], at, int(row["sign"]))


@lru_cache(maxsize=_MAPPED)
def _mapped(path: Path) -> NDArray[Any]:
    """A file's rows; never changed once they are there."""
    rows: NDArray[Any] = np.load(path, mmap_mode="r")
    return rows


def _make(place: Path, source: Path, secret: bytes) -> None:
    shops: dict[str, int] = {}
    parts: list[tuple[Any, ...]] = []
    with reading(source):
        file = pq.ParquetFile(source, page_checksum_verification=True)
        for batch in file.iter_batches(1 << 17, columns=list(_COLUMNS)):
            parts += _rows(batch.to_pydict(), shops, secret)
    rows = np.array(parts, dtype=_ROW)
    rows.sort(order=["key", "at"])
    place.parent.mkdir(parents=True, exist_ok=True)
    beside = place.with_name(f".{place.name}.{os.getpid()}")
    beside.write_text(json.dumps(list(shops), ensure_ascii=False), "utf-8")
    beside.replace(place.with_suffix(".json"))
    with beside.open("wb") as out:
        np.save(out, rows)
    beside.replace(place.with_suffix(".npy"))


def _rows(batch: dict[str, list[Any]], shops: dict[str, int], secret: bytes) -> Iterator[tuple[Any, ...]]:
    for seal, trace, shop, at, quantity, sha in zip(*(batch[name] for name in _COLUMNS), strict=True):
        for kind, code in (("seal", seal), ("trace", trace)):
            if code:
                number = shops.setdefault(shop, len(shops))
                seconds = int((at - _EPOCH).total_seconds())
                key = _key(secret, kind, plain(code))
                yield key, seconds, number, 1 if quantity > 0 else -1, bytes(sha).hex().encode()


def _key(secret: bytes, kind: str, code: str) -> int:
    digest = hashlib.blake2b(code.encode(), key=secret[:64], digest_size=8, person=kind.encode()).digest()
    return int.from_bytes(digest, "little")
