"""The plain model: a workspace is a dictionary, a file the entries it sets, wholly or not at all."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from sqlalchemy import select

from yaotong.store import health
from yaotong.store.factbase import open_facts
from yaotong.store.schema import corrected_line, fact_file, load
from yaotong.workspace import Workspace, open_workspace

World = Mapping[tuple[str, str], str]
_SALES = ("sale_id", "pharmacy_id", "sold_at", "drug_code", "quantity", "recorded_at")
_SHOPS = ("license_no", "name", "address", "lon", "lat", "crs")
_READ = {
    "sales": ("sale_id", "quantity"),
    "drugs": ("drug_code", "drug_name"),
    "pharmacies": ("pharmacy_id", "name"),
}
_TAKEN = ("accepted", "partial")


class Broken(Exception):
    """A workspace that is not as it must be; the message says what was found."""


@dataclass(frozen=True)
class Sent:
    """A file, what it sets (by feed and key), and how many of its rows are refused."""

    path: Path
    feed: str
    entries: World
    refused: int

    @property
    def digest(self) -> str:
        """As receipts name it."""
        return sha256(self.path.read_bytes()).hexdigest()


def sales(folder: Path, number: int, rows: int, again: int = 0) -> Sent:
    """Lines over three months and two shops, and one that is refused; `again` words them anew, later."""
    start, said = datetime(2026, 3, 1, 8), datetime(2026, 6, 1 + again, 9)
    lines = [
        [
            f"F{number}-{row}",
            f"P{row % 2}",
            str(start + timedelta(hours=row * 1_900 // rows)),
            "D0-0",
            str(1 + again + row % 3),
            str(said),
        ]
        for row in range(rows)
    ]
    bad = [f"F{number}-bad", "P0", "no moment", "D0-0", "1", ""]
    path = _written(folder / f"sales-{number}-{again}.csv", _SALES, [*lines, bad])
    return Sent(path, "sales", {("sales", one[0]): one[4] for one in lines}, 1)


def drugs(folder: Path, number: int, rows: int) -> Sent:
    """Drugs of its own."""
    lines = [[f"D{number}-{row}", f"药{number}-{row}", "EPH"] for row in range(rows)]
    path = _written(folder / f"drugs-{number}.csv", ("drug_code", "drug_name", "category"), lines)
    return Sent(path, "drugs", {("drugs", one[0]): one[1] for one in lines}, 0)


def shops(folder: Path, number: int, rows: int, prefix: str = "") -> Sent:
    """Pharmacies of its own; placements and findings of quality are derived again with them."""
    prefix = prefix or f"浙CA573{number:04d}"
    lines = [
        [
            f"{prefix}{row}",
            f"店{number}-{row}",
            f"某路{number}-{row}号",
            f"{121 + row / 997:.5f}",
            "30.70",
            "wgs84",
        ]
        for row in range(rows)
    ]
    path = _written(folder / f"shops-{number}.csv", _SHOPS, lines)
    return Sent(path, "pharmacies", {("pharmacies", one[0]): one[1] for one in lines}, 0)


def _written(path: Path, header: Iterable[str], rows: Iterable[list[str]]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([list(header), *rows])
    return path


def world(home: Path) -> tuple[World, Counter[str]]:
    """What the facts say, and how often each file (by digest) was taken; Broken when anything is unsound."""
    ws = open_workspace(home, {})
    try:
        found = _facts(ws)
        unsound = [one for one in health.examine(ws.store).bad if "磁盘剩余" not in one]
        if unsound:
            raise Broken("; ".join(unsound))
        return found, _accounted(ws, found)
    finally:
        ws.store.engine.dispose()


def past(home: Path, version: int) -> World:
    """What the facts said at a data version."""
    ws = open_workspace(home, {})
    try:
        return _facts(ws, version)
    finally:
        ws.store.engine.dispose()


def _facts(ws: Workspace, version: int | None = None) -> World:
    facts, found = open_facts(ws.store, version=version), {}
    for feed, (key, value) in _READ.items():
        table = getattr(facts, feed)
        frame = table.select(table[key], table[value].cast("string").name("value")).to_pandas()
        if frame[key].duplicated().any():
            raise Broken(f"{frame[key][frame[key].duplicated()].iloc[0]} of {feed} stands twice")
        values = [str(int(float(one))) if feed == "sales" else one for one in frame["value"]]
        found.update({(feed, name): one for name, one in zip(frame[key], values, strict=True)})
    return found


def _accounted(ws: Workspace, found: World) -> Counter[str]:
    """Receipts, manifest and facts agree with one another."""
    with ws.store.read() as connection:
        loads = connection.execute(select(load).where(load.c.data_version.is_not(None))).fetchall()
        as_sent = select(fact_file.c.since_version, fact_file.c.rows).where(fact_file.c.copy_of.is_(None))
        named = connection.execute(as_sent).fetchall()
        ended = len(connection.execute(select(corrected_line.c.line_sha)).fetchall())
    if sorted(one.data_version for one in loads) != list(range(1, len(loads) + 1)):
        raise Broken("data versions have a gap")
    lines = Counter[int]()
    for one in named:
        lines[one.since_version] += one.rows
    told = {one.data_version: one.accepted for one in loads if one.feed == "sales"}
    if told != dict(lines):
        raise Broken(f"receipts say {told}, the manifest {dict(lines)}")
    if sum(lines.values()) - ended != sum(feed == "sales" for feed, _ in found):
        raise Broken("the facts have other lines than the manifest")
    return Counter(one.sha256 for one in loads if one.outcome in _TAKEN)


def wholly_in(home: Path, before: World, sent: Iterable[Sent]) -> list[Sent]:
    """Which files are in; Broken unless each is wholly in or wholly out and nothing else changed."""
    found, taken = world(home)
    files = {one.path: one for one in sent}.values()
    inside = [one for one in files if all(found.get(key) == value for key, value in one.entries.items())]
    expected = dict(before)
    for one in inside:
        expected.update(one.entries)
    if found != expected:
        strange = sorted(f"{key[1]}={value}" for key, value in found.items() if expected.get(key) != value)
        lost = sorted(key[1] for key in expected if key not in found)
        raise Broken(f"half in: {strange[:3]} of {len(strange)}; lost: {lost[:3]} of {len(lost)}")
    for one in files:
        if taken[one.digest] != (one in inside):
            raise Broken(f"{one.path.name} has {taken[one.digest]} receipts, in: {one in inside}")
    return inside
