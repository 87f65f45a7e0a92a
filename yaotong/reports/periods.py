"""The periods of reports, in Beijing days. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from yaotong.errors import UsageError

KINDS = ("daily", "weekly", "monthly")
TITLES = {"daily": "日报", "weekly": "周报", "monthly": "月报"}


@dataclass(frozen=True, slots=True)
class Period:
    """Days `first` to `last`, both included, of one kind of report."""

    kind: str
    first: date
    last: date

    @property
    def start(self) -> datetime:
        """First moment inside."""
        return datetime.combine(self.first, time.min)

    @property
    def end(self) -> datetime:
        """First moment after."""
        return datetime.combine(self.last + timedelta(days=1), time.min)

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def title(self) -> str:
        """2026-06-22 or 2026-06-22 至 2026-06-28."""
        same = self.first == self.last
        return f"{self.first}" if same else f"{self.first} 至 {self.last}"

    def holds(self, moment: datetime | None) -> bool:
        """Whether a moment lies inside."""
        return moment is not None and self.start <= moment < self.end

    def known_at(self, now: datetime) -> datetime:
        """The last moment the report may know of: the period's own end, or now while it still runs."""
        return min(self.end - timedelta(microseconds=1), now)

    def before(self) -> Period:
        """The period before it, of the same kind."""
        return period_of(self.kind, self.first - timedelta(days=1))

    def year_before(self) -> Period:
        """The month of the same name a year before."""
        return period_of(self.kind, date(self.first.year - 1, self.first.month, 1))


def period_of(kind: str, day: date) -> Period:
    """The day itself, its week from Monday to Sunday, or its month."""
    if kind == "daily":
        return Period(kind, day, day)
    if kind == "weekly":
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    if kind == "monthly":
        following = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
        return Period(kind, day.replace(day=1), following - timedelta(days=1))
    raise UsageError(f"没有报告“{kind}”。可选：{'、'.join(KINDS)}。")


def period_asked(kind: str, day: date | None, today: date) -> Period:
    """The period a day lies in; the last whole one when no day is given. UsageError of one to come."""
    found = period_of(kind, day) if day is not None else period_of(kind, today).before()
    if found.first > today:
        raise UsageError(f"{found.first} 还没有到，没有可报告的。")
    return found
