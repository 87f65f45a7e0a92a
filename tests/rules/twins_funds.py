"""Slow, plain twins of the rules about what the fund pays, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from hypothesis import strategies as st

from tests.rules import feeds_funds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, ids, put, within
from tests.rules.twins_paid import DAY_S, standing
from yaotong.facts import Window

Values = Mapping[str, float]
DAY = timedelta(days=1)


def n02(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    coded = [one for one in city.settlements if one["trace_code"] is not None]
    paid = standing(replace(city, settlements=coded))
    for line in city.sales:
        if not within(line, window) or line["trace_code"] is None or line["quantity"] <= 0:
            continue
        day = line["sold_at"].date()
        for first in paid:
            age = line["sold_at"] - first["settled_at"]
            same = first["trace_code"] == line["trace_code"] and age >= values["least_days"] * DAY
            other = line["pharmacy_id"] != first["pharmacy_id"] and line["buyer_key"] != first["person_key"]
            if same and other and not _came_back(city, first, line):
                days = round(age.total_seconds() / DAY_S, 6)
                put(found, (line["trace_code"], day, "resold"), days, [line, first])
        if _mismatched(city, line):
            put(found, (line["trace_code"], day, "mismatched"), line["quantity"], [line])
    return found


def _came_back(city: City, first: Row, line: Row) -> bool:
    backs = [one["sold_at"] for one in city.sales if _is_back(one, line)]
    backs += [one["settled_at"] for one in city.settlements if _is_back(one, line)]
    return any(first["settled_at"] <= back <= line["sold_at"] for back in backs)


def _is_back(one: Row, line: Row) -> bool:
    return bool(one["trace_code"] == line["trace_code"] and one["quantity"] < 0)


def _mismatched(city: City, line: Row) -> bool:
    bought = [
        one
        for one in city.purchases
        if (one["pharmacy_id"], one["trace_code"]) == (line["pharmacy_id"], line["trace_code"])
        and one["quantity"] > 0
        and one["received_at"] <= line["sold_at"]
    ]
    return bool(bought) and not any(_fits(one, line) for one in bought)


def _fits(one: Row, line: Row) -> bool:
    lots = (one["batch_no"], line["batch_no"])
    return bool(one["drug_code"] == line["drug_code"] and (None in lots or lots[0] == lots[1]))


def n09(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    known = [one for one in city.settlements if None not in (one["person_key"], one["amount_fen"])]
    days = {(one["person_key"], one["settled_at"].date()) for one in known}
    for person, day in days:
        if not window.since <= day <= window.until:
            continue
        mine = [
            one
            for one in known
            if one["person_key"] == person and timedelta(0) <= day - one["settled_at"].date() < 30 * DAY
        ]
        fen = sum(one["amount_fen"] for one in mine)
        others = [total for name, total in _month_before(known, day).items() if name != person and total > 0]
        above = sum(total >= fen for total in others)
        rare = above * 100 <= len(others) * Fraction(str(values["top_percent"]))
        if fen >= values["floor_yuan"] * 100 and len(others) >= values["least_persons"] and rare:
            found[person, day, "high"] = (fen / 100, ids(mine))
    return found


def _month_before(known: list[Row], day: date) -> dict[str, int]:
    """What each person cost in the calendar month before a day's, in fen."""
    last = day.replace(day=1) - DAY
    totals: dict[str, int] = {}
    for one in known:
        if (one["settled_at"].year, one["settled_at"].month) == (last.year, last.month):
            totals[one["person_key"]] = totals.get(one["person_key"], 0) + one["amount_fen"]
    return totals


def n10(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    paid = {(one["pharmacy_id"], one["settlement_id"], one["drug_code"]) for one in standing(city)}
    lines = [
        one
        for one in city.lines_of("DUAL")
        if one["quantity"] > 0 and (one["pharmacy_id"], one["settlement_id"], one["drug_code"]) in paid
    ]
    bare: dict[tuple[str, date], list[Row]] = {}
    for one in lines:
        place = (one["pharmacy_id"], one["sold_at"].date())
        if one["prescription_no"] is None and within(one, window) and _sends_numbers(city, *place, values):
            bare.setdefault(place, []).append(one)
    for (shop, day), some in bare.items():
        found[shop, day, "unprescribed"] = (float(len(some)), ids(some))
    for shop, day in {(one["pharmacy_id"], one["sold_at"].date()) for one in lines if within(one, window)}:
        _one_doctor(city, lines, shop, day, values, found)
    return found


def _sends_numbers(city: City, shop: str, day: date, values: Values) -> bool:
    return any(
        one["pharmacy_id"] == shop
        and one["prescription_no"] is not None
        and timedelta(0) <= day - one["sold_at"].date() <= values["known_days"] * DAY
        for one in city.sales
    )


def _one_doctor(city: City, lines: list[Row], shop: str, day: date, values: Values, found: Found) -> None:
    """Put the shop's day when one doctor has nearly all prescriptions up to it."""
    near: list[tuple[Row, str]] = []
    for one in lines:
        recent = timedelta(0) <= day - one["sold_at"].date() < values["doctor_days"] * DAY
        doctor = _doctor(city, one)
        if (
            one["pharmacy_id"] == shop
            and recent
            and doctor is not None
            and one["prescription_no"] is not None
        ):
            near.append((one, doctor))
    if not any(one["sold_at"].date() == day for one, _ in near):
        return
    papers = {one["prescription_no"] for one, _ in near}
    for doctor in {name for _, name in near}:
        some = [one for one, name in near if name == doctor]
        share = round(100 * len({one["prescription_no"] for one in some}) / len(papers), 6)
        if len(papers) >= values["least_papers"] and share >= values["doctor_percent"]:
            put(found, (shop, day, "one_doctor"), share, some)


def _doctor(city: City, line: Row) -> str | None:
    for paper in city.prescriptions:
        same = (paper["prescription_no"], paper["drug_code"]) == (line["prescription_no"], line["drug_code"])
        if same and paper["prescriber_key"] is not None:
            return str(paper["prescriber_key"])
    return line.get("prescriber_key")


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-N02": (n02, feeds_funds.returned),
    "R-N09": (n09, feeds_funds.costly),
    "R-N10": (n10, feeds_funds.dual_channel),
}
