"""A report as a frozen value: sections of tables, charts and notes. Every file is drawn from this alone."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from yaotong.reports.periods import Period

# What a cell of a report may hold; None is what is not known.
Cell = str | int | float | None
NOTHING = "—"
UNKNOWN = "无数据"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head. `totals`: the last row sums the others up. `share`: columns of shares, 0 to 1."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    totals: bool = False
    shares: tuple[int, ...] = ()
    # Said in place of the rows where there are none.
    empty: str = "本期没有。"
    # Relative widths on paper; empty: all alike.
    widths: tuple[int, ...] = ()

    @property
    def numeric(self) -> tuple[bool, ...]:
        """Which columns hold numbers: any of their cells is one."""
        return tuple(
            any(isinstance(row[place], int | float) for row in self.rows) for place in range(len(self.head))
        )


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars by label, or lines through them; None is a gap. `marked` labels are drawn in another colour."""

    title: str
    labels: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...]], ...]
    unit: str
    kind: str = "bars"  # bars | lines
    marked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Ground:
    """An area as it is drawn: x to the east, y to the south, 0 to 1 of the longer side of all; where it is
    named; its outlines."""

    name: str
    at: tuple[float, float]
    rings: tuple[tuple[tuple[float, float], ...], ...]


@dataclass(frozen=True, slots=True)
class DualMap:
    """The same areas twice, beside one another, each side shaded by its own number; None is not known.

    `sides`: what it is, its unit, and a number to each area.
    """

    title: str
    grounds: tuple[Ground, ...]
    sides: tuple[tuple[str, str, tuple[float | None, ...]], ...]

    def __post_init__(self) -> None:
        """Refuse a side that has not one number to each area."""
        if any(len(values) != len(self.grounds) for _, _, values in self.sides):
            raise ValueError("a side of a map needs one number to each area")


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a report, in the order tables, charts, notes."""

    title: str
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart | DualMap, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose report it is: the department and the area that bound what it may say."""

    department: str
    department_zh: str
    area_code: str
    area_name: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says, apart from who reads it and when it was printed."""

    title: str
    period: Period
    scope: Scope
    data_version: int
    # The moment up to which it knows.
    known_at: datetime
    sections: tuple[Section, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of all it says; the same for the same report in any format."""
        said = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True, default=_plain)
        return hashlib.sha256(said.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Mark:
    """What every page and sheet of a copy bears: its number, who took it and when."""

    number: str
    reader: str
    department_zh: str
    at: datetime

    @property
    def text(self) -> str:
        """The watermark."""
        return f"{self.department_zh} {self.reader} {self.at:%Y-%m-%d %H:%M} {self.number}"


def shown(cell: Cell, share: bool = False) -> str:
    """A cell as people read it: 1,234, 0.5, 66.7 %; a dash for what is not known."""
    if cell is None:
        return NOTHING
    if isinstance(cell, str):
        return cell
    if share:
        return f"{cell * 100:.1f}%"
    return f"{cell:,.0f}" if float(cell).is_integer() else f"{cell:,.2f}"


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    raise TypeError(f"{type(value)} is no part of a report")
