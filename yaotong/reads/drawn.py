"""A series as it is drawn beside an alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Series:
    """Values by day; None where nothing was reported. `marked` are the days of the findings.

    `expected` and `bound` are of each day, None where it was not judged, and empty where no detector speaks.
    """

    title_zh: str
    title_en: str
    unit_zh: str
    days: tuple[date, ...]
    values: tuple[float | None, ...]
    marked: tuple[date, ...]
    expected: tuple[float | None, ...] = ()
    bound: tuple[float | None, ...] = ()
