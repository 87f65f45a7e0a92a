"""Slow, plain twins of the rules that hold sales to purchases and to the shelf, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise, product

from hypothesis import strategies as st

from geo import haversine_m
from tests.rules import feeds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, exact, ids, packs, put, within
from tests.rules.twins_papers import kept
from yaotong.codes import SPECIAL_CATEGORIES
from yaotong.facts import Window

Values = Mapping[str, float]


def _lot(line: Row) -> tuple[str, date, str, str]:
    return line["pharmacy_id"], line["sold_at"].date(), line["drug_code"], line["batch_no"]


def m15(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for line in kept((one for one in city.sales if one["batch_no"] and within(one, window)), _lot):
        day = line["sold_at"].date()
        spans = [
            one["expiry"]
            for one in city.purchases
            if (one["drug_code"], one["batch_no"]) == (line["drug_code"], line["batch_no"])
            and one["expiry"] is not None
            and one["received_at"].date() <= day
        ]
        if spans and day > max(spans):
            put(found, (line["pharmacy_id"], day, "expired"), float((day - max(spans)).days), [line])
    return found


def m18(city: City, window: Window, values: Values) -> Found:
    found: dict[tuple[str, date, str], list[Row]] = {}
    grace = timedelta(days=values["grace_days"])
    for line in kept((one for one in city.sales if one["batch_no"]), _lot):
        day = line["sold_at"].date()
        mine = [one for one in city.purchases if one["pharmacy_id"] == line["pharmacy_id"]]
        ages = [(day - one["received_at"].date()).days for one in mine]
        reaches = any(age >= values["known_days"] for age in ages)
        alive = any(-values["grace_days"] <= age <= values["alive_days"] for age in ages)
        bought = any(
            one["drug_code"] == line["drug_code"]
            and one["batch_no"] in (None, line["batch_no"])
            and one["quantity"] > 0
            and -values["grace_days"] <= age <= values["back_days"]
            for one, age in zip(mine, ages, strict=True)
        )
        if reaches and alive and not bought and window.since <= day + grace <= window.until:
            found.setdefault((line["pharmacy_id"], day + grace, "unbought"), []).append(line)
    for line in city.purchases:
        day = line["received_at"].date()
        if not city.suppliers or line.get("supplier_uscc") is None or line["quantity"] <= 0:
            continue
        held = [one for one in city.suppliers if one["uscc"] == line["supplier_uscc"]]
        spans = [(one.get("valid_from") or date.min, one.get("valid_to") or date.max) for one in held]
        if window.since <= day <= window.until and not any(first <= day <= last for first, last in spans):
            found.setdefault((line["pharmacy_id"], day, "unlicensed"), []).append(line)
    return {key: (float(packs(lines)), ids(lines)) for key, lines in found.items()}


def m17(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for opening, closing in spans(city, window, values):
        _balance(city, opening, closing, values, found)
    return found


def spans(city: City, window: Window, values: Values) -> list[tuple[Row, Row]]:
    """Neighbouring counts of one shelf that close within the window, of shops whose lines are known."""
    shelves: dict[object, list[Row]] = {}
    for count in sorted(city.stock_counts, key=lambda one: (one["counted_at"], one["line_id"])):
        shelves.setdefault((count["pharmacy_id"], count["drug_code"], count["batch_no"]), []).append(count)
    return [
        (opening, closing)
        for counts in shelves.values()
        for opening, closing in pairwise(counts)
        if window.since <= closing["counted_at"].date() <= window.until
        and watched(city, opening, closing, values)
    ]


def watched(city: City, opening: Row, closing: Row, values: Values) -> bool:
    since, until = opening["counted_at"], closing["counted_at"]
    shop = closing["pharmacy_id"]
    sold = any(
        one["pharmacy_id"] == shop and since.date() <= one["sold_at"].date() <= until.date()
        for one in city.sales
    )
    bought = any(
        one["pharmacy_id"] == shop
        and 0 <= (until.date() - one["received_at"].date()).days <= values["known_days"]
        for one in city.purchases
    )
    return sold and bought and until - since <= timedelta(days=values["most_days"])


def _balance(city: City, opening: Row, closing: Row, values: Values, found: Found) -> None:
    told = gap_of(city, opening, closing)
    if told is None:
        return
    gap, sold = told
    drug = city.drug_of({**closing, "sold_at": closing["counted_at"]}) or {"categories": ""}
    special = any(f"|{one}|" in drug["categories"] for one in SPECIAL_CATEGORIES)
    slack = max(exact(values["slack_packs"]), packs(sold) * exact(values["slack_percent"]) / 100)
    if abs(gap) > (Fraction(0) if special else slack):
        clause = "missing" if gap > 0 else "surplus"
        key = (closing["pharmacy_id"], closing["counted_at"].date(), clause)
        put(found, key, float(abs(gap)), [opening, closing, *sold])


def gap_of(city: City, opening: Row, closing: Row) -> tuple[Fraction, list[Row]] | None:
    """Packs missing between two counts and the sales between; None when lines name no lot and counts do."""

    def moved(lines: object, moment: str) -> list[Row]:
        return [
            one
            for one in lines  # type: ignore[attr-defined]
            if (one["pharmacy_id"], one["drug_code"]) == (closing["pharmacy_id"], closing["drug_code"])
            and closing["batch_no"] in (None, one["batch_no"] or closing["batch_no"])
            and opening["counted_at"] < one[moment] <= closing["counted_at"]
        ]

    sold, bought = moved(city.sales, "sold_at"), moved(city.purchases, "received_at")
    moves = moved(city.stock_moves, "moved_at")
    if closing["batch_no"] and any(one["batch_no"] is None for one in (*sold, *bought, *moves)):
        return None
    gap = exact(opening["quantity"]) + packs(bought) - packs(sold) - exact(closing["quantity"])
    for one in moves:
        gap += exact(one["quantity"]) * (1 if one["kind"] == "transfer_in" else -1)
    return gap, sold


def m09(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = {line["line_id"]: line for line in (*city.lines_of("RX"), *city.lines_of("PSY2"))}
    _unattended(city, list(lines.values()), window, values, found)
    places = {one["pharmacy_id"]: (one.get("lon"), one.get("lat")) for one in city.pharmacies}
    for here, there in product(lines.values(), repeat=2):
        if here["pharmacist_id"] is None or here["pharmacist_id"] != there["pharmacist_id"]:
            continue
        waited = here["sold_at"] - there["sold_at"]
        soon = timedelta(0) <= waited <= timedelta(minutes=values["apart_minutes"])
        both = here["quantity"] > 0 and there["quantity"] > 0 and within(here, window)
        a, b = places.get(here["pharmacy_id"], (None, None)), places.get(there["pharmacy_id"], (None, None))
        if not (soon and both) or None in (*a, *b):
            continue
        km = round(haversine_m(*a, *b) / 1000, 3)
        if km > values["apart_km"]:
            put(found, (here["pharmacy_id"], here["sold_at"].date(), "apart"), km, [here, there])
    return found


def _unattended(city: City, lines: list[Row], window: Window, values: Values, found: Found) -> None:
    slack = timedelta(minutes=values["clock_minutes"])
    sold: dict[tuple[str, date, str], list[Row]] = {}
    for shop, came in sorted({(one["pharmacy_id"], one["duty_from"]) for one in city.duty}):
        earlier = [one for one in city.duty if one["pharmacy_id"] == shop and one["duty_from"] < came]
        if not earlier or any(one["duty_until"] is None or one["duty_until"] >= came for one in earlier):
            continue
        left = max(one["duty_until"] for one in earlier)
        if came - left > timedelta(days=values["reach_days"]):
            continue
        mine = [one for one in lines if one["pharmacy_id"] == shop]
        gap = [one for one in mine if left + slack < one["sold_at"] < came - slack]
        rest = kept(gap, lambda one: one["drug_code"])
        if rest and window.since <= came.date() <= window.until:
            sold.setdefault((shop, came.date(), "unattended"), []).extend(rest)
    found.update({key: (float(packs(some)), ids(some)) for key, some in sold.items()})


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M09": (m09, feeds.shifts),
    "R-M15": (m15, feeds.shelves),
    "R-M17": (m17, feeds.counted),
    "R-M18": (m18, feeds.shelves),
}
