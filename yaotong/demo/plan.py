"""What city is asked for, and the days it lives through."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from yaotong.demo.regions import PINGHU, Region
from yaotong.workdays import holiday, is_workday

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SPRING_FESTIVAL = "Spring Festival"


@dataclass(frozen=True)
class Plan:
    """Size, seed and last day of a demo city; every random stream is named, so that one part's
    draws never move another part's."""

    days: int
    pharmacies: int
    seed: int
    until: date
    region: Region = PINGHU

    def __post_init__(self) -> None:
        if not 14 <= self.days <= 3660:
            raise ValueError(f"days must lie in 14..3660, not {self.days}")
        fewest = len(self.region.towns)
        if not fewest <= self.pharmacies <= 5000:
            raise ValueError(
                f"pharmacies must lie in {fewest}..5000 (one per town at least), not {self.pharmacies}"
            )
        if self.seed < 0:
            raise ValueError(f"seed must not be negative, not {self.seed}")

    def stream(self, name: str) -> np.random.Generator:
        """The random stream of that name: same seed, region and name, same numbers."""
        own = f"{self.region.code}/{name}" if self.region.home else name
        return np.random.Generator(np.random.PCG64([self.seed, crc32(own.encode())]))

    @property
    def first(self) -> date:
        """First day of sales."""
        return self.until - timedelta(days=self.days - 1)

    def day(self, index: int) -> date:
        """The date of a day index (0 is the first day)."""
        return self.first + timedelta(days=index)

    def before_end(self, days: int) -> int:
        """Day index that lies `days` before the last day; negative when before the first."""
        return self.days - 1 - days

    def index_of(self, day: date) -> int:
        """Day index of a date; outside 0..days-1 when the city does not live through it."""
        return (day - self.first).days

    def moment(self, index: int, minute: float) -> datetime:
        """Beijing time at so many minutes into a day."""
        return datetime.combine(self.day(index), datetime.min.time()) + timedelta(seconds=round(minute * 60))

    @property
    def episodes(self) -> tuple[int, ...]:
        """Offsets in days by which line-level stories are told again, so that a long city has a history."""
        return tuple(shift for shift in (0, 110, 220) if shift == 0 or shift + 75 <= self.days)

    @cached_property
    def dates(self) -> tuple[date, ...]:
        """Every day of the city."""
        return tuple(self.day(index) for index in range(self.days))

    @cached_property
    def weekdays(self) -> Ints:
        """0 Monday to 6 Sunday, shape [days]."""
        return np.array([day.weekday() for day in self.dates], dtype=np.int64)

    @cached_property
    def workdays(self) -> Bools:
        """Whether offices work, 调休 included, shape [days]."""
        return np.array([is_workday(day) for day in self.dates])

    @cached_property
    def holidays(self) -> tuple[str | None, ...]:
        """The statutory holiday each day belongs to, or None."""
        return tuple(holiday(day) for day in self.dates)

    @cached_property
    def is_holiday(self) -> Bools:
        """Whether a day lies inside a statutory holiday, shape [days]."""
        return np.array([name is not None for name in self.holidays])

    @cached_property
    def spring_festivals(self) -> tuple[tuple[int, int], ...]:
        """First and last day index of every Spring Festival holiday in the city's days."""
        inside = [index for index, name in enumerate(self.holidays) if name == SPRING_FESTIVAL]
        starts = [index for index in inside if index - 1 not in inside]
        ends = [index for index in inside if index + 1 not in inside]
        return tuple(zip(starts, ends, strict=True))
