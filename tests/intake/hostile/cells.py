"""For every column of every feed, cells that must be refused for one reason beside cells that must not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from tests.intake.fuzzing import sound_rows
from tests.intake.helpers import person
from yaotong.demo.identifiers import uscc
from yaotong.intake import Reference
from yaotong.records import FEEDS, Column, Feed, Kind

LONGEST = 4_096
REFERENCE = Reference(
    pharmacies=frozenset(["P1"]),
    drugs=frozenset(["D1"]),
    towns=frozenset(["330482001"]),
    region=(115, 27, 123, 34),
)
_KNOWN = {"pharmacy_id": "P1", "drug_code": "D1", "town_code": "330482001"}
_BY_KIND: dict[Kind, tuple[tuple[str, str, str], ...]] = {
    Kind.MOMENT: (
        ("bad_date", "2026-02-30 08:00:00", "2026-02-28 08:00:00"),
        ("bad_date", "08:00", "2026-02-28"),
    ),
    Kind.DATE: (("bad_date", "2026-02-29", "2024-02-29"),),
    Kind.NUMBER: (("bad_number", "1,000", "1"), ("bad_number", "NaN", "1.5")),
    Kind.INTEGER: (("bad_number", "1.5", "2"),),
    Kind.FLAG: (("bad_enum", "maybe", "是"),),
    Kind.CATEGORIES: (("bad_enum", "EPH|ZZZ", "EPH|RX"),),
}
_BY_NAME: dict[str, tuple[tuple[str, str, str], ...]] = {
    "sold_at": (("future_time", "2027-01-01 00:00:00", "2026-07-02 08:30:00"), ("too_old", "1989-12-31 23:59:59", "1990-01-01 00:00:00")),
    "uscc": (("bad_uscc", "91330482MA0000000A", ""),),
    "supplier_uscc": (("bad_uscc", "1234", ""),),
    "opening_hours": (("bad_hours", "early to late", "Mo-Fr 08:00-20:00"),),
    "crs": (("bad_enum", "wgs72", "gcj02"),),
    "lon": (("coords_swapped", "30.7", "121.0"), ("coords_out_of_region", "10", "121.0"), ("bad_coordinate", "181", "121.0")),
    "buyer_id_no": (("bad_id", "91000019900307001" + "Q", person()), ("bad_id", "910000199013070019", "")),
    "patient_id_no": (("bad_id", person()[:17], person()),),
    "pharmacy_id": (("unknown_pharmacy", "P9", "P1"),),
    "drug_code": (("unknown_drug", "D9", "D1"),),
    "town_code": (("unknown_town", "330482999", "330482001"),),
    "product_code": (("bad_id", "811223", "8112233"), ("bad_id", "0000000", ""), ("bad_id", "81122334", "８１１２２３３")),
}  # fmt: skip
_OWN = {
    ("pharmacies", "lat"): (("bad_number", "30,7", "30.7"), ("missing_value", "", "30.7")),
    ("suppliers", "uscc"): (
        ("bad_uscc", "91330482MA0000000A", "91330482MA9300014H"),
        ("missing_value", "", "91330482MA9300014H"),
    ),
    ("places", "lat"): (("bad_number", "30,7", "30.7"), ("missing_value", "", "30.7")),
    ("duty", "until"): (
        ("bad_date", "2026-06-31", "2026-06-30"),
        ("out_of_range", "2026-05-31", "2026-06-30"),
    ),
}
_LAT = {"coords_swapped": "121.0", "coords_out_of_region": "10", "bad_coordinate": "10"}


@dataclass(frozen=True, slots=True)
class CellCase:
    """A feed's sound row twice: once with the good cell, once with the bad one."""

    feed: str
    column: str
    reason: str
    rows: tuple[dict[str, str], dict[str, str]]


def cell_cases() -> Iterator[CellCase]:
    """Every case, in the order of feeds and columns."""
    for feed in FEEDS.values():
        for column in feed.columns:
            for reason, bad, good in _pairs(feed, column):
                yield _case(feed, column, reason, bad, good)


def _pairs(feed: Feed, column: Column) -> Iterator[tuple[str, str, str]]:
    sound = _sound(feed)[column.name]
    if (feed.name, column.name) in _OWN:
        yield from _OWN[feed.name, column.name]
        return
    if column.name in _BY_NAME and (feed.name, column.name) not in (
        ("pharmacies", "pharmacy_id"),
        ("drugs", "drug_code"),
    ):
        yield from _BY_NAME[column.name]
    elif not column.personal:
        yield from _BY_KIND.get(column.kind, ())
    if column.choices and column.name != "crs":
        yield "bad_enum", "whatever", column.choices[-1].upper()
    if column.kind in (Kind.NUMBER, Kind.INTEGER) and column.high is not None:
        yield "out_of_range", f"{column.high * 10:.0f}", f"{min(column.high, 2):.0f}"
    if column.required and column.kind is not Kind.GEOMETRY:
        yield "missing_value", " ", sound
    if column.kind is Kind.TEXT and not column.personal and column.name not in ("opening_hours", "services"):
        yield "control_char", "a\x07b", "a b"
        yield "too_long", "长" * (LONGEST + 1), "长" * LONGEST


def _sound(feed: Feed) -> dict[str, str]:
    row = sound_rows(feed, random.Random(feed.name))[0]
    known = {name: value for name, value in _KNOWN.items() if name in row and name not in ("license_no",)}
    return {**row, **(known if feed.name not in ("drugs",) else {})}


def _case(feed: Feed, column: Column, reason: str, bad: str, good: str) -> CellCase:
    sound = _sound(feed)
    # Two lines of one key would contradict one another: each row is a line of its own.
    serial = next(
        (name for name in feed.key if feed.column(name).kind is Kind.IDENTIFIER and name not in _KNOWN), ""
    )
    rows = []
    for number, cell in enumerate((good, bad)):
        row = {**sound, column.name: cell}
        if serial and column.name != serial:
            row[serial] = uscc(number) if serial == "uscc" else f"{serial[:2]}{number}"
        if reason == "too_old":
            row["buyer_id_no"] = ""  # who was not born yet buys nothing
        if column.name == "lon" and number == 1 and reason in _LAT:
            row["lat"] = _LAT[reason]
        rows.append(row)
    return CellCase(feed.name, column.name, reason, (rows[0], rows[1]))
