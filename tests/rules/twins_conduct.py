"""Slow, plain twins of the rules about how a shop's lines are made and priced, written from their pages."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise
from statistics import median

from hypothesis import strategies as st

from tests.rules import feeds_conduct
from tests.rules.cities import Example
from tests.rules.twins import DAY, City, Found, Row, Twin, days_of, exact, ids, put, within
from tests.rules.twins_paid import standing
from tests.rules.twins_papers import kept
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Window

Values = Mapping[str, float]


def shops_of(rows: Sequence[Row]) -> set[str]:
    return {one["pharmacy_id"] for one in rows}


def special(city: City) -> list[Row]:
    """Lines of special drugs."""
    names = [line["line_id"] for one in SPECIAL_CATEGORIES for line in city.lines_of(one)]
    return [line for line in city.sales if line["line_id"] in names]


def m21(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for shop in shops_of(city.sales):
        mine = [one for one in city.sales if one["pharmacy_id"] == shop]
        for day in days_of(window):
            _made_up(shop, day, [one for one in mine if one["sold_at"].date() == day], values, found)
            past = [one for one in mine if DAY <= day - one["sold_at"].date() <= 28 * DAY]
            prompt = sum(0 <= _lag(one) <= 7200 for one in past)
            if len(past) >= values["known_lines"] and prompt * 2 >= len(past):
                _entered(shop, day, mine, values, found)
                night = [one for one in special(city) if one in mine and one["sold_at"].date() == day]
                _night(shop, day, night, values, found)
    return found


def _lag(line: Row) -> float:
    """Seconds from sale to record; less than nothing when unknown."""
    at = line["recorded_at"]
    return -1.0 if at is None else (at - line["sold_at"]).total_seconds()


def _made_up(shop: str, day: date, lines: list[Row], values: Values, found: Found) -> None:
    if all(one["sold_at"].second == 0 for one in lines):
        return
    by_second: dict[datetime, list[Row]] = {}
    for one in lines:
        by_second.setdefault(one["sold_at"], []).append(one)
    for some in by_second.values():
        if len(some) >= values["least_lines"]:
            put(found, (shop, day, "same_second"), float(len(some)), some)
    run: list[datetime] = []
    for at in [*sorted(by_second), datetime.max]:
        if len(run) >= 2 and at - run[-1] != run[1] - run[0]:
            if len(run) >= values["least_lines"]:
                shown = [one for one in lines if run[0] <= one["sold_at"] <= run[-1]]
                put(found, (shop, day, "progression"), float(len(run)), shown)
            run = run[-1:]
        run.append(at)


def _entered(shop: str, day: date, mine: list[Row], values: Values, found: Found) -> None:
    lines = [one for one in mine if 0 <= _lag(one) <= 30 * 86_400 and one["recorded_at"].date() == day]
    for end in lines:
        near = [
            one
            for one in lines
            if timedelta(0) <= end["recorded_at"] - one["recorded_at"] < timedelta(minutes=5)
        ]
        late = sum(_lag(one) > 7200 for one in near)
        if len(near) >= values["entered_lines"] and late * 2 > len(near):
            put(found, (shop, day, "entered"), float(len(near)), near)


def _night(shop: str, day: date, lines: list[Row], values: Values, found: Found) -> None:
    lines = [one for one in lines if one["recorded_at"] is not None and one["recorded_at"].date() <= day]
    late = [
        one
        for one in lines
        if one["sold_at"].hour < values["sold_before_hour"]
        and one["recorded_at"].date() == day
        and one["recorded_at"].hour >= values["recorded_hour"]
    ]
    if len(late) >= values["least_night"] and len(late) * 100 > len(lines) * values["night_percent"]:
        found[shop, day, "night"] = (round(len(late) * 100 / len(lines), 6), ids(late))


def m22(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = kept(special(city), lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["drug_code"]))
    lines = sorted((one for one in lines if one["quantity"] > 0), key=lambda one: one["sold_at"])
    for shop in shops_of(lines):
        for sunday in (day for day in days_of(window) if day.isoweekday() == 7):
            some = [
                one
                for one in lines
                if one["pharmacy_id"] == shop and timedelta(0) <= sunday - one["sold_at"].date() < 30 * DAY
            ]
            if len(some) < values["least_lines"] or not _steady(some, values["most_cv"]):
                continue
            alike = Counter(
                (one["drug_code"], one["quantity"], one["unit_price_fen"])
                for one in some
                if one["unit_price_fen"] is not None
            )
            if max(alike.values(), default=0) * 100 > len(some) * values["same_percent"]:
                found[shop, sunday, "same"] = (float(len(some)), ids(some))
            sizes = Counter(one["quantity"] for one in some).values()
            bits = -sum(one / len(some) * math.log2(one / len(some)) for one in sizes)
            if round(bits, 6) < values["most_bits"]:
                found[shop, sunday, "uniform"] = (float(len(some)), ids(some))
    return found


def _steady(lines: list[Row], most: float) -> bool:
    gaps = [int((after["sold_at"] - one["sold_at"]).total_seconds()) for one, after in pairwise(lines)]
    total = sum(gaps)
    spread = len(gaps) * sum(gap * gap for gap in gaps) - total * total
    return total > 0 and round(math.sqrt(spread) / total, 6) < most


def m23(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    days: dict[tuple[str, str, date], list[Row]] = {}
    for one in city.sales:
        if one["quantity"] > 0 and (one["unit_price_fen"] or 0) > 0:
            days.setdefault((one["pharmacy_id"], one["drug_code"], one["sold_at"].date()), []).append(one)
    prices = {key: Fraction(median(one["unit_price_fen"] for one in some)) for key, some in days.items()}
    for (shop, code, day), lines in days.items():
        if not within(lines[0], window) or len(lines) < values["least_lines"]:
            continue
        price = prices[shop, code, day]
        past = [
            other
            for (name, drug, then), other in prices.items()
            if (name, drug) == (shop, code)
            and DAY <= day - then <= 30 * DAY
            and not city.noticed(shop, then, ("promotion",))
        ]
        if len(past) < values["least_days"] or _changed(city, code, day):
            continue
        own, others = median(past), _others(city, prices, shop, code, day)
        dearer = price > own * exact(values["own_times"]) and price - own >= 100 * values["least_yuan"]
        if (
            dearer
            and len(others) >= values["least_shops"]
            and price > median(others) * exact(values["others_times"])
        ):
            put(found, (shop, day, "dear"), round(float(price / own), 6), lines)
    return found


def _changed(city: City, code: str, day: date) -> bool:
    return any(
        one["drug_code"] == code and timedelta(0) <= day - one.get("valid_from", date(1900, 1, 1)) < 30 * DAY
        for one in city.drugs
    )


def _others(
    city: City, prices: Mapping[tuple[str, str, date], Fraction], shop: str, code: str, day: date
) -> list[Fraction]:
    """The usual price of each other shop of the kind."""
    kinds = {one["pharmacy_id"]: one.get("kind") for one in city.pharmacies}
    usual: dict[str, list[Fraction]] = {}
    for (name, drug, then), price in prices.items():
        near = drug == code and timedelta(0) <= day - then < 30 * DAY
        if name != shop and near and {name, shop} <= set(kinds) and kinds[name] == kinds[shop]:
            usual.setdefault(name, []).append(price)
    return [median(some) for some in usual.values()]


def n12(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    baskets: dict[tuple[str, str, date], list[Row]] = {}
    for one in standing(city):
        baskets.setdefault((one["pharmacy_id"], one["person_key"], one["settled_at"].date()), []).append(one)
    baskets = {
        key: some
        for key, some in baskets.items()
        if len({one["drug_code"] for one in some}) >= values["least_drugs"]
    }
    for shop in {key[0] for key in baskets}:
        for day in days_of(window):
            reset = day.replace(day=1)
            if (day.month - 1) % int(values["reset_months"]) or (day - reset).days >= values["after_days"]:
                continue
            after = {key: some for key, some in baskets.items() if key[0] == shop and reset <= key[2] <= day}
            again = {key: some for key, some in after.items() if _again(baskets, key, reset, values)}
            persons, everybody = {key[1] for key in again}, {key[1] for key in after}
            many = len(persons) * 100 >= len(everybody) * values["least_percent"]
            today = any(key[2] == day for key in again)
            if today and many and len(persons) >= values["least_persons"]:
                shown = [one for some in again.values() for one in some]
                found[shop, day, "again"] = (float(len(persons)), ids(shown))
    return found


def _again(
    baskets: Mapping[tuple[str, str, date], list[Row]],
    key: tuple[str, str, date],
    reset: date,
    values: Values,
) -> bool:
    drugs = {one["drug_code"] for one in baskets[key]}
    return any(
        (shop, person) == key[:2]
        and DAY <= reset - day <= values["before_days"] * DAY
        and {one["drug_code"] for one in some} == drugs
        for (shop, person, day), some in baskets.items()
    )


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M21": (m21, feeds_conduct.entered),
    "R-M22": (m22, feeds_conduct.templated),
    "R-M23": (m23, feeds_conduct.priced),
    "R-N12": (n12, feeds_conduct.rebought),
}
