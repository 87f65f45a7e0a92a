"""Opening hours of the city's shops: the text of the register and the minutes that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, cached_property

import numpy as np

from yaotong.demo.plan import Bools, Floats, Ints, Plan

Spans = tuple[tuple[int, int], ...]  # minutes of the day, end exclusive
HOLIDAY = 7  # day class beside the weekdays 0..6
_CLASSES = 8


def _span(text: str) -> Spans:
    parts = [part.split("-") for part in text.split(",")] if text else []
    return tuple((_minute(start), _minute(end)) for start, end in parts)


def _minute(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


@dataclass(frozen=True, slots=True)
class Hours:
    """One opening pattern: OSM text, spans of Monday to Sunday, spans on holidays (None: as usual)."""

    text: str
    week: tuple[Spans, ...]
    holiday: Spans | None
    share: float  # of all shops

    @property
    def plain(self) -> bool:
        """Open every day, holidays too, without a break but not all night: fit to carry a story."""
        return all(len(spans) == 1 for spans in self.week) and self.holiday is None and self.text != "24/7"


PATTERNS: tuple[Hours, ...] = (
    Hours("Mo-Su 08:00-21:30", (_span("08:00-21:30"),) * 7, None, 0.34),
    Hours("Mo-Su 07:30-21:00", (_span("07:30-21:00"),) * 7, None, 0.22),
    Hours("Mo-Su 07:00-22:00", (_span("07:00-22:00"),) * 7, None, 0.12),
    Hours("24/7", (((0, 1440),),) * 7, None, 0.03),
    Hours("Mo-Sa 08:00-18:00; Su off", (*((_span("08:00-18:00"),) * 6), ()), None, 0.08),
    Hours(
        "Mo-Fr 08:00-12:00,13:30-20:30; Sa-Su 08:30-20:00",
        (*((_span("08:00-12:00,13:30-20:30"),) * 5), *((_span("08:30-20:00"),) * 2)),
        None,
        0.08,
    ),
    Hours("Mo-Su 08:00-20:00; PH 09:00-17:00", (_span("08:00-20:00"),) * 7, _span("09:00-17:00"), 0.08),
    Hours(
        "Mo-Sa 08:00-20:30; Su 09:00-17:00; PH off",
        (*((_span("08:00-20:30"),) * 6), _span("09:00-17:00")),
        (),
        0.05,
    ),
)
ROUND_THE_CLOCK = 3
CLOSED_SUNDAYS = 4


@cache
def open_minutes() -> Bools:
    """Whether pattern p is open in minute m of day class c, shape [patterns, 8, 1440]."""
    mask = np.zeros((len(PATTERNS), _CLASSES, 1440), dtype=np.bool_)
    for index, pattern in enumerate(PATTERNS):
        days = (*pattern.week, pattern.holiday or ())
        for day_class, spans in enumerate(days):
            for start, end in spans:
                mask[index, day_class, start:end] = True
    return mask


def day_classes(plan: Plan) -> Ints:
    """Day class of pattern p on day t, shape [patterns, days]: the weekday, or 7 where PH rules apply."""
    has_rule = np.array([pattern.holiday is not None for pattern in PATTERNS])
    classes: Ints = np.where(has_rule[:, None] & plan.is_holiday[None, :], HOLIDAY, plan.weekdays[None, :])
    return classes


def _bustle() -> Floats:
    """How busy a minute is: mid-morning, afternoon and after-work peaks over a thin night."""
    minute = np.arange(1440)
    peaks = ((600, 95, 1.0), (930, 110, 0.65), (1140, 75, 0.9))
    bustle = np.full(1440, 0.02)
    for at, wide, size in peaks:
        bustle += size * np.exp(-0.5 * ((minute - at) / wide) ** 2)
    return bustle


@dataclass(frozen=True)
class Clock:
    """Answers when a shop is open and draws moments of sale inside its hours."""

    plan: Plan
    patterns: Ints  # pattern of each shop, shape [shops]

    @cached_property
    def classes(self) -> Ints:
        """Day class of each pattern and day, shape [patterns, days]."""
        return day_classes(self.plan)

    @cached_property
    def open_days(self) -> Bools:
        """Whether each shop opens at all by its hours, shape [shops, days]."""
        any_minute = np.asarray(open_minutes().any(axis=2), dtype=np.bool_)
        by_pattern = any_minute[np.arange(len(PATTERNS))[:, None], self.classes]
        opened: Bools = by_pattern[self.patterns]
        return opened

    def is_open(self, shops: Ints, days: Ints, minutes: Ints) -> Bools:
        """Whether each shop is open in that minute of that day; minutes past midnight are never open."""
        inside = (minutes >= 0) & (minutes < 1440)
        patterns = self.patterns[shops]
        answer: Bools = open_minutes()[patterns, self.classes[patterns, days], np.clip(minutes, 0, 1439)]
        return answer & inside

    def draw_seconds(self, rng: np.random.Generator, shops: Ints, days: Ints) -> Ints:
        """A second of the day inside opening hours for each (shop, open day), busier hours more often."""
        patterns = self.patterns[shops]
        keys = patterns * _CLASSES + self.classes[patterns, days]
        luck, second = rng.random(len(shops)), rng.integers(60, size=len(shops))
        minutes = np.zeros(len(shops), dtype=np.int64)
        for key in np.unique(keys):
            mine = keys == key
            weight = _bustle() * open_minutes()[key // _CLASSES, key % _CLASSES]
            total = np.cumsum(weight)
            minutes[mine] = np.searchsorted(total, luck[mine] * total[-1], side="right")
        return np.minimum(minutes, 1439) * 60 + second

    def after_opening(self, shop: int, day: int, minutes: float) -> datetime:
        """The moment so many minutes after a shop opens on a day, split breaks not counted as open."""
        pattern = self.patterns[shop]
        opened = np.flatnonzero(open_minutes()[pattern, self.classes[pattern, day]])
        whole = int(minutes)
        if whole >= len(opened):
            raise ValueError(f"shop {shop} is not open for {minutes} minutes on day {day}")
        return self.plan.moment(day, float(opened[whole])) + timedelta(seconds=round((minutes - whole) * 60))
