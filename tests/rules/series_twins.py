"""Slow, plain twins of the rules that compare a day with the weeks before it: R-M20, R-M30, R-H01."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from statistics import fmean, median, stdev

from tests.rules.twins import DAY, City, Found, Row, days_of, exact, ids, packs
from yaotong.facts import Window
from yaotong.workdays import holiday

# First named, first taken.
GROUPS = (
    ("fever", "布洛芬 对乙酰氨基酚"),
    ("cough", "急支 氨溴索 小青龙 止咳 右美沙芬"),
    ("antiviral", "连花清瘟 奥司他韦 玛巴洛沙韦"),
    ("antibacterial", "阿莫西林 阿奇霉素 左氧氟沙星 头孢"),
)


def m20(city: City, window: Window, values: Mapping[str, float]) -> Found:
    book = _Silence(city, values["outage_share"])
    found: Found = {}
    for shop in book.shops:
        for day in days_of(window):
            last = book.last_report(shop, day)
            if last is None or not book.blank(shop, day) or book.outage(city.area_of(shop), day):
                continue
            run = sum(
                book.blank(shop, one) and not book.outage(city.area_of(shop), one)
                for one in (last + DAY * offset for offset in range(1, (day - last).days + 1))
            )
            pace = book.pace(shop, last)
            if run >= values["days_yellow"] and run * pace >= -math.log(values["chance"]):
                found[shop, day, "silent"] = (float(run), frozenset())
    return found


class _Silence:
    """Which shop is due on which day, and which of these days are blank."""

    def __init__(self, city: City, outage_share: float) -> None:
        self.city = city
        self.share = outage_share
        self.shops = [one["pharmacy_id"] for one in city.pharmacies if one["status"] in (None, "active")]
        self.reports: dict[str, dict[date, int]] = {shop: {} for shop in self.shops}
        self.known: dict[tuple[str, date], bool] = {}
        for line in city.sales:
            if line["pharmacy_id"] in self.reports:
                days = self.reports[line["pharmacy_id"]]
                days[line["sold_at"].date()] = days.get(line["sold_at"].date(), 0) + 1

    def last_report(self, shop: str, day: date) -> date | None:
        earlier = [one for one in self.reports[shop] if one < day and (day - one).days <= 56]
        return max(earlier, default=None)

    def past(self, shop: str, last: date) -> list[date]:
        return [one for one in self.reports[shop] if last - 56 * DAY < one <= last]

    def pace(self, shop: str, last: date) -> float:
        past = self.past(shop, last)
        return sum(self.reports[shop][one] for one in past) / ((last - min(past)).days + 1)

    def due(self, shop: str, day: date) -> bool:
        if (shop, day) not in self.known:
            self.known[shop, day] = self._due(shop, day)
        return self.known[shop, day]

    def _due(self, shop: str, day: date) -> bool:
        last = self.last_report(shop, day)
        if last is None or holiday(day) or self.city.noticed(shop, day, ("closure", "holiday", "outage")):
            return False
        past = self.past(shop, last)
        weeks = math.ceil(((last - min(past)).days + 1) / 7)
        return sum(one.weekday() == day.weekday() for one in past) * 2 >= weeks

    def blank(self, shop: str, day: date) -> bool:
        return self.due(shop, day) and day not in self.reports[shop]

    def outage(self, area: str | None, day: date) -> bool:
        if area is None:
            return False
        due = [one for one in self.shops if self.city.area_of(one) == area and self.due(one, day)]
        blank = [one for one in due if self.blank(one, day)]
        return len(due) >= 3 and len(blank) / len(due) >= self.share


def m30(city: City, window: Window, values: Mapping[str, float]) -> Found:
    found: Found = {}
    for category in ("EPH", "OPI_CMP", "PSY2", "WATCH"):
        lines = city.lines_of(category)
        hits = _surges(city, lines, values)
        for shop, day in hits:
            run = 1
            while (shop, day - run * DAY) in hits:
                run += 1
            if run >= values["days_running"] and window.since <= day <= window.until:
                mine = [one for one in lines if (one["pharmacy_id"], one["sold_at"].date()) == (shop, day)]
                found[shop, day, category] = (float(packs(mine)), ids(mine))
    return found


def _surges(city: City, lines: Sequence[Row], values: Mapping[str, float]) -> set[tuple[str, date]]:
    """Shop-days far above the same weekdays of eight weeks: those before, half a year or a year earlier."""
    daily = _by_day(lines, lambda line: str(line["pharmacy_id"]))
    reported = {(one["pharmacy_id"], one["sold_at"].date()) for one in city.sales}
    hits = set()
    for (shop, day), sold in daily.items():
        for earlier, times in ((0, "times"), (26, "long_times"), (52, "long_times")):
            past = [day - 7 * (earlier + week) * DAY for week in range(1, 9)]
            base = [one for one in past if (shop, one) in reported]
            if sold >= values["min_packs"] and len(base) >= values["min_weeks"]:
                own = [daily.get((shop, one), 0.0) for one in base]
                factor = _common(daily, shop, day, base)
                expected = median(own) * factor
                spread = 1.4826 * median([abs(one - median(own)) for one in own]) * factor
                spread = max(spread, math.sqrt(max(expected, 1.0)))
                enough = sold >= values[times] * expected and (sold - expected) / spread >= values["score"]
                if enough and not city.noticed(shop, day, ("promotion",)):
                    hits.add((shop, day))
    return hits


def _common(daily: Mapping[tuple[str, date], float], shop: str, day: date, base: Sequence[date]) -> float:
    """How far all other shops are above what they sold on the days compared with."""
    return max(_others(daily, shop, day) / max(median([_others(daily, shop, one) for one in base]), 1.0), 1.0)


def _by_day(lines: Iterable[Row], name: Callable[[Row], str]) -> dict[tuple[str, date], float]:
    sums: dict[tuple[str, date], Fraction] = {}
    for line in lines:
        key = (name(line), line["sold_at"].date())
        sums[key] = sums.get(key, Fraction(0)) + exact(line["quantity"])
    return {key: float(one) for key, one in sums.items()}


def _others(daily: Mapping[tuple[str, date], float], name: str, day: date) -> float:
    return sum(one for (other, when), one in daily.items() if when == day and other != name)


def h01(city: City, window: Window, values: Mapping[str, float]) -> Found:
    found: Found = {}
    first = min((line["sold_at"].date() for line in city.sales), default=window.since)
    for symptom, _ in GROUPS:
        lines = [line for line in city.lines_of("FOUR") if _symptom(city, line) == symptom]
        lines = [line for line in lines if city.area_of(line["pharmacy_id"]) is not None]
        daily = _by_day(lines, lambda line: str(city.area_of(line["pharmacy_id"])))
        for area in {name for name, _ in daily}:
            town = _Town(daily, area, first)
            for day in days_of(window):
                if all(
                    town.hit(one, values) and not _exempt(city, area, one, first, values)
                    for one in (day - DAY, day)
                ):
                    found[area, day, symptom] = (daily[area, day], frozenset())
    return found


def _symptom(city: City, line: Row) -> str | None:
    name = (city.drug_of(line) or {})["drug_name"]
    return next((group for group, words in GROUPS if any(word in name for word in words.split())), None)


class _Town:
    """One town's packs of one group, with the common movement of the others taken out."""

    def __init__(self, daily: Mapping[tuple[str, date], float], area: str, first: date) -> None:
        self.daily, self.area, self.first = daily, area, first
        self.known: dict[date, float] = {}
        self.others = {day: _others(daily, area, day) for day in {day for _, day in daily}}

    def past(self, day: date, earliest: int, latest: int) -> list[date]:
        """The days so many days before that can have data."""
        days = [day - back * DAY for back in range(latest, earliest + 1)]
        return [one for one in days if one >= self.first]

    def adjusted(self, day: date) -> float:
        if day not in self.known:
            others = self.others.get(day, 0.0)
            month = [self.others.get(one, 0.0) for one in self.past(day, 28, 1)]
            usual = fmean(month) if month else others
            factor = max(others, 1.0) / max(usual, 1.0)
            self.known[day] = self.daily.get((self.area, day), 0.0) / max(factor, 0.25)
        return self.known[day]

    def hit(self, day: date, values: Mapping[str, float]) -> bool:
        sold = self.daily.get((self.area, day), 0.0)
        month = [self.adjusted(one) for one in self.past(day, 28, 1)]
        if len(month) < 21 or sold < values["min_packs"]:
            return False
        week = [self.adjusted(one) for one in self.past(day, 9, 3)]
        spread = max(stdev(week), math.sqrt(max(fmean(week), 1.0)))
        above = (self.adjusted(day) - fmean(week)) / spread > values["score"]
        return above and sold >= values["times"] * median(month)


def _exempt(city: City, area: str, day: date, first: date, values: Mapping[str, float]) -> bool:
    """A promotion of any shop of the town, or one of the five days after an outage of the town."""
    shops = [one["pharmacy_id"] for one in city.pharmacies if one["area_code"] == area]
    if any(city.noticed(shop, day, ("promotion",)) for shop in shops):
        return True
    sent = {(one["pharmacy_id"], one["sold_at"].date()) for one in city.sales if one["pharmacy_id"] in shops}
    reports: dict[date, int] = {}
    for _, when in sent:
        reports[when] = reports.get(when, 0) + 1
    return any(_outage(reports, day - back * DAY, first, values["outage_share"]) for back in range(1, 6))


def _outage(reports: Mapping[date, int], day: date, first: date, share: float) -> bool:
    before = [count for when, count in reports.items() if 1 <= (day - when).days <= 60]
    if day < first or holiday(day) or not before:
        return False
    return reports.get(day, 0) <= median(before) * (1.0 - share)
