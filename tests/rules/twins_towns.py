"""Slow, plain twins of the rules about towns and neighbourhoods, written from their pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from itertools import combinations
from statistics import median

from hypothesis import strategies as st

from geo import haversine_m
from tests.rules import feeds_towns
from tests.rules.cities import Example
from tests.rules.series_twins import GROUPS
from tests.rules.twins import DAY, City, Found, Row, Twin, days_of, ids, packs
from tests.rules.twins_rings import bears
from yaotong.facts import Window

Values = Mapping[str, float]


class Neighbourhoods:
    """What each shop sold against each symptom on each day, and who lies near whom."""

    def __init__(self, city: City, values: Values) -> None:
        self.city, self.values = city, values
        self.sent = {(one["pharmacy_id"], one["sold_at"].date()) for one in city.sales}
        self.shops = {shop for shop, _ in self.sent}
        self.lines: dict[tuple[str, str, date], list[Row]] = {}
        for line in city.lines_of("FOUR"):
            name = next(
                (name for name, words in GROUPS if any(one in line["drug_code"] for one in words.split())),
                None,
            )
            if name is not None:
                self.lines.setdefault((line["pharmacy_id"], name, line["sold_at"].date()), []).append(line)
        self.places = {
            one["pharmacy_id"]: (one["lon"], one["lat"]) for one in city.pharmacies if one["lon"] is not None
        }
        self.known: dict[tuple[str, str, date], bool] = {}

    def packs(self, shop: str, symptom: str, day: date) -> Fraction:
        return packs(self.lines.get((shop, symptom, day), []))

    def near(self, shop: str, other: str) -> bool:
        if shop == other:
            return True
        if shop not in self.places or other not in self.places:
            return False
        km = haversine_m(*self.places[shop], *self.places[other]) / 1000
        return bool(round(km, 3) <= self.values["km"])

    def far(self, shop: str, symptom: str, day: date) -> Fraction:
        others = [one for one in self.shops if not self.near(shop, one)]
        return sum((self.packs(one, symptom, day) for one in others), Fraction(0))

    def high(self, shop: str, symptom: str, day: date) -> bool:
        key = (shop, symptom, day)
        if key not in self.known:
            self.known[key] = key in self.lines and self._high(*key)
        return self.known[key]

    def _high(self, shop: str, symptom: str, day: date) -> bool:
        sold, values = self.packs(shop, symptom, day), self.values
        past = [day - DAY * back for back in range(8, 36) if (shop, day - DAY * back) in self.sent]
        if sold < values["shop_packs"] or len(past) < values["least_days"]:
            return False
        own = [float(self.packs(shop, symptom, one)) for one in past]
        usual = median(float(self.far(shop, symptom, one)) for one in past)
        factor = max(float(self.far(shop, symptom, day)) / max(usual, 1.0), 1.0)
        expected = median(own) * factor
        mad = median(abs(one - median(own)) for one in own)
        deviation = max(mad * 1.4826 * factor, math.sqrt(max(expected, 1.0)))
        beyond = float(sold) - expected >= deviation * values["score"] and sold >= expected * values["times"]
        return beyond and not self.city.noticed(shop, day, ("promotion", "outage"))


def h02(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    book = Neighbourhoods(city, values)
    for day in days_of(window):
        for symptom, _ in GROUPS:
            surging = sorted(
                one
                for one in book.shops
                if book.high(one, symptom, day) and book.high(one, symptom, day - DAY)
            )
            threes = [
                three
                for three in combinations(surging, 3)
                if all(book.near(*pair) and set(pair) <= set(book.places) for pair in combinations(three, 2))
                and sum(book.packs(one, symptom, day) for one in three) >= values["min_packs"]
            ]
            for town in {city.area_of(one) for three in threes for one in three} - {None}:
                mine = {
                    one for three in threes if town in {city.area_of(each) for each in three} for one in three
                }
                total = sum(book.packs(one, symptom, day) for one in mine)
                found[str(town), day, symptom] = (float(total), frozenset())
    return found


class Shelves:
    """What is known of each shop's stock of a drug at the end of a day."""

    def __init__(self, city: City, values: Values) -> None:
        self.city, self.values = city, values
        self.counts = [
            one for one in city.stock_counts if bears(city, one, "counted_at", "VBP", "FOUR", "DUAL")
        ]

    def lasts(self, shop: str, drug: str, day: date) -> list[Row]:
        """The last count of each lot until the day, of those young enough."""
        mine = [
            one
            for one in self.counts
            if (one["pharmacy_id"], one["drug_code"]) == (shop, drug) and one["counted_at"].date() <= day
        ]
        last = {one["batch_no"]: one for one in sorted(mine, key=lambda one: one["counted_at"])}
        return [
            one for one in last.values() if (day - one["counted_at"].date()).days < self.values["known_days"]
        ]

    def state(self, shop: str, drug: str, day: date) -> str:
        """ "unknown", "some", "none", or "dropped" by a shop that no longer sells the drug."""
        lasts = self.lasts(shop, drug, day)
        if not lasts:
            return "unknown"
        if any(one["quantity"] > 0 for one in lasts):
            return "some"
        counted = max(one["counted_at"] for one in lasts)
        moves = [(one, one["sold_at"]) for one in self.city.sales]
        moves += [(one, one["received_at"]) for one in self.city.purchases]
        mine = [
            moment
            for one, moment in moves
            if (one["pharmacy_id"], one["drug_code"]) == (shop, drug) and one["quantity"] > 0
        ]
        if any(counted < moment and moment.date() <= day for moment in mine):
            return "some"
        had = [
            one["counted_at"] for one in self.counts if one["quantity"] > 0 and self._same(one, shop, drug)
        ]
        had += [one["received_at"] for one in self.city.purchases if self._same(one, shop, drug)]
        recent = any(0 <= (day - one.date()).days <= self.values["carried_days"] for one in had)
        return "none" if recent else "dropped"

    @staticmethod
    def _same(one: Row, shop: str, drug: str) -> bool:
        return bool((one["pharmacy_id"], one["drug_code"]) == (shop, drug))


def h08(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    book = Shelves(city, values)
    towns: dict[str, list[str]] = {}
    for one in city.pharmacies:
        if one["area_code"] is not None and one["status"] in (None, "active"):
            towns.setdefault(one["area_code"], []).append(one["pharmacy_id"])

    def share(town: str, drug: str, day: date) -> tuple[float, list[str]] | None:
        states = {shop: book.state(shop, drug, day) for shop in towns[town]}
        counting = [shop for shop, state in states.items() if state in ("some", "none")]
        none = [shop for shop in counting if states[shop] == "none"]
        percent = round(100.0 * len(none) / max(len(counting), 1), 6)
        short = len(counting) >= values["least_shops"] and percent >= values["share_percent"]
        return (percent, none) if short else None

    for town in towns:
        for drug in {one["drug_code"] for one in book.counts if one["pharmacy_id"] in towns[town]}:
            for day in days_of(window):
                told = share(town, drug, day)
                before = [share(town, drug, day - DAY * back) for back in range(1, int(values["days"]))]
                if told is not None and all(before):
                    lines = [line for shop in told[1] for line in book.lasts(shop, drug, day)]
                    found[f"{town}:{drug}", day, "short"] = (told[0], ids(lines))
    return found


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-H02": (h02, feeds_towns.neighbours),
    "R-H08": (h08, feeds_towns.shortages),
}
