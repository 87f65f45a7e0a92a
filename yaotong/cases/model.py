"""A joint case as values: its number, its units and where it stands."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from yaotong.cases.states import CaseState, Standing


@dataclass(frozen=True, slots=True)
class CaseNumber:
    """`YT-<area>-<year>-<serial>`; the area is the county's six digits, serials begin anew each year."""

    area_code: str
    year: int
    serial: int

    def __str__(self) -> str:
        return f"YT-{self.area_code}-{self.year}-{self.serial:04d}"


@dataclass(frozen=True, slots=True)
class Unit:
    """One department in a case: part lead or assist, what it said, and its own outcome once entered."""

    department: str
    part: str
    standing: Standing = Standing.PENDING
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class JointCase:
    """What moves are decided from. `unfinished` counts the tasks of rectification that are not done."""

    number: str
    state: CaseState
    revision: int
    units: tuple[Unit, ...]
    unfinished: int = 0

    @property
    def active(self) -> tuple[Unit, ...]:
        """The units that did not decline."""
        return tuple(one for one in self.units if one.standing is not Standing.DECLINED)

    def unit(self, department: str) -> Unit | None:
        """A department's unit, or None."""
        return next((one for one in self.units if one.department == department), None)

    def with_unit(self, unit: Unit) -> JointCase:
        """The case with a unit added, or put in the place of the department's old one."""
        others = tuple(one for one in self.units if one.department != unit.department)
        return replace(self, units=(*others, unit))


@dataclass(frozen=True, slots=True)
class CaseSaid:
    """What a person says with a move; which of it is needed, the table of moves tells."""

    text: str = ""
    department: str = ""
    outcome: str = ""
    due: date | None = None
    fen: int | None = None
