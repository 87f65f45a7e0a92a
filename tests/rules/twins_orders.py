"""Slow, plain twins of the rules that hold a month's receipts to a limit, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction

from hypothesis import strategies as st

from tests.rules import feeds_orders
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, exact, ids, packs
from yaotong.facts import Window

Values = Mapping[str, float]
Bound = Callable[["Shelf", int], Fraction | None]


class Shelf:
    """What one shop received, of one category."""

    def __init__(self, city: City, shop: str, category: str) -> None:
        self.category = category
        self.every = [one for one in city.purchases if one["pharmacy_id"] == shop]
        self.mine = [
            one
            for one in self.every
            if f"|{category}|" in (city.drug_of({**one, "sold_at": one["received_at"]}) or {})["categories"]
        ]

    def past(self, month: int, months: int) -> list[Fraction] | None:
        """Packs of each of the months before; None when nothing is known of one of them."""
        before = range(month - months, month)
        if not set(before) <= {month_of(one) for one in self.every}:
            return None
        return [packs(one for one in self.mine if month_of(one) == some) for some in before]


def month_of(line: Row) -> int:
    day: date = line["received_at"].date()
    return day.year * 12 + day.month


def judged(city: City, window: Window, floor: Fraction, bound_of: Bound) -> Found:
    """The first day of each month whose receipts so far are above the bound."""
    found: Found = {}
    for shop in {one["pharmacy_id"] for one in city.purchases}:
        for category in ("EPH", "OPI_CMP", "PSY2"):
            shelf = Shelf(city, shop, category)
            for month in {month_of(one) for one in shelf.mine}:
                bound = bound_of(shelf, month)
                lines = [one for one in shelf.mine if month_of(one) == month]
                for day in sorted({one["received_at"].date() for one in lines}):
                    until = [one for one in lines if one["received_at"].date() <= day]
                    if bound is not None and packs(until) > bound and packs(until) >= floor:
                        if window.since <= day <= window.until:
                            found[shop, day, category] = (float(packs(until)), ids(until))
                        break
    return found


def d01(city: City, window: Window, values: Values) -> Found:
    def bound_of(shelf: Shelf, month: int) -> Fraction | None:
        past = shelf.past(month, 6)
        return None if past is None else max(past)

    return judged(city, window, exact(values["min_packs"]), bound_of)


def multiple(city: City, window: Window, values: Values) -> Found:
    def bound_of(shelf: Shelf, month: int) -> Fraction | None:
        past = shelf.past(month, 12)
        if past is None or sum(past) <= 0:
            return None
        return sum(past, Fraction(0)) / 12 * exact(values["times"])

    return judged(city, window, exact(values["min_packs"]), bound_of)


def fixed(city: City, window: Window, values: Values) -> Found:
    return judged(
        city, window, Fraction(0), lambda shelf, _: exact(values[f"packs_{shelf.category.lower()}"])
    )


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-D01": (d01, feeds_orders.arrivals),
    "R-D02": (multiple, feeds_orders.arrivals),
    "R-D03": (multiple, feeds_orders.arrivals),
    "R-D04": (fixed, feeds_orders.arrivals),
    "R-D05": (fixed, feeds_orders.arrivals),
}
