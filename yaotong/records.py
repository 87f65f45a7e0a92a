"""Records (记录): the feeds of contract §3 as data. A record is what a file says, before it is a fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from yaotong.codes import FILE_REASONS, ROW_REASONS, Outcome


class Kind(StrEnum):
    """How a column's text is read."""

    TEXT = "text"
    IDENTIFIER = "identifier"
    DATE = "date"
    MOMENT = "moment"
    NUMBER = "number"
    INTEGER = "integer"
    FLAG = "flag"
    CHOICE = "choice"
    CATEGORIES = "categories"
    GEOMETRY = "geometry"


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a feed.

    `low` and `high` are inclusive bounds of numbers; `personal` columns are pseudonymised
    in intake and never stored, logged or returned in the clear.
    """

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    personal: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """A kind of input file: its key, its columns and the parts of the key that must exist elsewhere."""

    name: str
    title_zh: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]

    @property
    def required(self) -> tuple[str, ...]:
        """Names of the columns without which a file is refused."""
        return tuple(column.name for column in self.columns if column.required)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of all columns, in the contract's order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the feed has none."""
        return next(column for column in self.columns if column.name == name)


def _text(name: str, required: bool = False, personal: bool = False) -> Column:
    return Column(name, Kind.TEXT, required, personal=personal)


def _ident(name: str, required: bool = False, personal: bool = False) -> Column:
    return Column(name, Kind.IDENTIFIER, required, personal=personal)


def _date(name: str, required: bool = False) -> Column:
    return Column(name, Kind.DATE, required)


def _choice(name: str, *choices: str, required: bool = False) -> Column:
    return Column(name, Kind.CHOICE, required, choices)


_VALIDITY = (_date("valid_from"), _date("valid_to"))

AREAS = Feed(
    "areas",
    "行政区域",
    ("area_code", "generation"),
    (
        _ident("area_code", True),
        _text("area_name", True),
        Column("geometry", Kind.GEOMETRY, True),
        _ident("generation"),
        _ident("parent_code"),
        _ident("level"),
        Column("population", Kind.INTEGER, low=0, high=2e9),
        _text("note"),
        *_VALIDITY,
    ),
)
PHARMACIES = Feed(
    "pharmacies",
    "药店名录",
    ("license_no",),
    (
        _ident("license_no", True),
        _ident("uscc"),
        _text("name", True),
        _text("address", True),
        Column("lon", Kind.NUMBER, True),
        Column("lat", Kind.NUMBER, True),
        _choice("crs", "wgs84", "cgcs2000", "gcj02", "bd09", required=True),
        _ident("town_code"),
        _text("phone"),
        _text("opening_hours"),
        Column("insurance_designated", Kind.FLAG),
        Column("dual_channel", Kind.FLAG),
        Column("scope", Kind.CATEGORIES),
        _text("chain"),
        _ident("kind"),
        _text("services"),
        _choice("status", "active", "suspended", "closed"),
        *_VALIDITY,
    ),
)
DRUGS = Feed(
    "drugs",
    "药品目录",
    ("drug_code", "valid_from"),
    (
        _ident("drug_code", True),
        _text("drug_name", True),
        Column("category", Kind.CATEGORIES, True),
        _text("pack"),
        Column("active_mg_per_pack", Kind.NUMBER, low=0, high=1e6),
        _choice("prescription", "rx", "otc"),
        Column("limit_per_sale", Kind.NUMBER, low=0, high=1e4),
        *_VALIDITY,
    ),
)
SALES = Feed(
    "sales",
    "销售明细",
    ("pharmacy_id", "sale_id"),
    (
        _ident("sale_id", True),
        _ident("pharmacy_id", True),
        Column("sold_at", Kind.MOMENT, True),
        _ident("drug_code", True),
        _ident("trace_code"),
        _ident("batch_no"),
        Column("quantity", Kind.NUMBER, True, low=-1e5, high=1e5),
        Column("unit_price", Kind.NUMBER, low=0, high=1e6),
        _ident("buyer_id_no", personal=True),
        _ident("prescription_no"),
        _ident("prescriber_id", personal=True),
        _ident("pharmacist_id"),
        _choice("channel", "store", "online", "delivery"),
        Column("paid_by_insurance", Kind.FLAG),
        _ident("settlement_id"),
        _ident("seal_id"),
        Column("recorded_at", Kind.MOMENT),
    ),
)
PURCHASES = Feed(
    "purchases",
    "购进明细",
    ("pharmacy_id", "purchase_id"),
    (
        _ident("purchase_id", True),
        _ident("pharmacy_id", True),
        Column("received_at", Kind.MOMENT, True),
        _ident("supplier_uscc"),
        _ident("drug_code", True),
        _ident("batch_no"),
        Column("quantity", Kind.NUMBER, True, low=-1e7, high=1e7),
        _date("expiry"),
        _ident("trace_code"),
    ),
)
RECALLS = Feed(
    "recalls",
    "召回通知",
    ("batch_no", "drug_code"),
    (
        _ident("batch_no", True),
        _ident("drug_code", True),
        Column("effective_at", Kind.MOMENT, True),
        _ident("level"),
    ),
)
CALENDAR = Feed(
    "calendar",
    "日历与公告",
    ("date_from", "date_until", "scope", "kind"),
    (
        _date("date_from", True),
        _date("date_until", True),
        _text("scope"),
        _choice("kind", "promotion", "closure", "school", "holiday", "outage", required=True),
        _text("name"),
    ),
)
DEPARTMENTS = Feed(
    "departments",
    "机构名录",
    ("department_code",),
    (
        _ident("department_code", True),
        _text("department_name", True),
        _ident("role", True),
        _ident("area_code", True),
        _ident("parent_code"),
        _text("phone"),
    ),
)

FEEDS: Mapping[str, Feed] = {
    feed.name: feed for feed in (AREAS, PHARMACIES, DRUGS, SALES, PURCHASES, RECALLS, CALENDAR, DEPARTMENTS)
}


@dataclass(frozen=True, slots=True)
class Rejection:
    """One refused row: 1-based data row, column (may be empty), reason of contract §4, sentence."""

    row: int
    column: str
    reason: str
    message: str

    def __post_init__(self) -> None:
        if self.reason not in ROW_REASONS:
            raise ValueError(f"{self.reason!r} is not a row reason of the contract")

    def as_dict(self) -> dict[str, Any]:
        """The form that receipts and reject files carry."""
        return {"row": self.row, "column": self.column, "reason": self.reason, "message": self.message}


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one file. `rows == accepted + duplicates + len(rejected)` always holds.

    A refused file counts nothing (rows = 0) and says why in `file_reason` and `message`.
    """

    file: str
    feed: str
    sha256: str
    outcome: Outcome
    rows: int = 0
    accepted: int = 0
    duplicates: int = 0
    rejected: tuple[Rejection, ...] = ()
    file_reason: str | None = None
    message: str = ""
    seconds: float = 0.0
    profile: str = ""
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.rows != self.accepted + self.duplicates + len(self.rejected):
            raise ValueError("a receipt must account for every row")
        if (self.outcome is Outcome.REJECTED_FILE) != (self.file_reason is not None):
            raise ValueError("a refused file has a file_reason, and only a refused file has one")
        if self.file_reason is not None and self.file_reason not in FILE_REASONS:
            raise ValueError(f"{self.file_reason!r} is not a file reason of the contract")

    def as_dict(self) -> dict[str, Any]:
        """The JSON form of contract §4."""
        return {
            "file": self.file,
            "feed": self.feed,
            "sha256": self.sha256,
            "outcome": str(self.outcome),
            "rows": self.rows,
            "accepted": self.accepted,
            "duplicates": self.duplicates,
            "rejected": [one.as_dict() for one in self.rejected],
            "file_reason": self.file_reason,
            "message": self.message,
            "seconds": round(self.seconds, 3),
            "profile": self.profile,
            "notes": list(self.notes),
        }
