"""Who there is to tell: offices, leaders and shifts as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from yaotong.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Office:
    """A department's office and the area it answers for."""

    office_code: str
    department: str
    area_code: str


@dataclass(frozen=True, slots=True)
class Leader:
    """A leader who can be told: name, department and the area led."""

    display_name: str
    department: str
    area_code: str


@dataclass(frozen=True, slots=True)
class Shift:
    """One officer on duty for a department in an area, from `since` up to and without `until`."""

    department: str
    area_code: str
    since: datetime
    until: datetime
    username: str

    def __post_init__(self) -> None:
        if self.since >= self.until:
            raise ConfigError("班次的止应晚于起。")

    def covers(self, department: str, area_code: str | None, at: datetime) -> bool:
        """Whether the shift is for a department, holds a place and a moment; no place: the widest area."""
        return (
            self.department == department
            and (area_code or self.area_code).startswith(self.area_code)
            and self.since <= at < self.until
        )
