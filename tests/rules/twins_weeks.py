"""Slow, plain twins of the rules about shares of a week's lines, written from their pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.rules import feeds_weeks
from tests.rules.cities import Example
from tests.rules.twins import DAY, City, Found, Row, Twin, days_of, ids, packs, put
from tests.rules.twins_papers import kept
from yaotong.facts import Window
from yaotong.intake.checks.drug_codes import TraceCode

Values = Mapping[str, float]
WEEK = timedelta(days=7)


def shops_of(city: City) -> set[str]:
    return {one["pharmacy_id"] for one in city.sales}


def age(line: Row, day: date) -> timedelta:
    """How long before a day a line was sold."""
    return day - line["sold_at"].date()


def m16(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    grace = values["grace_days"] * DAY
    orphans: dict[tuple[str, date, str], list[Row]] = {}
    for line in city.sales:
        told = line["sold_at"].date() + grace
        tells = line["trace_code"] is not None or line["batch_no"] is not None
        if line["quantity"] < 0 and tells and window.since <= told <= window.until:
            mine = [one for one in city.sales if one["pharmacy_id"] == line["pharmacy_id"]]
            day, back = line["sold_at"].date(), values["back_days"] * DAY
            known = any(back <= age(one, day) < back + 30 * DAY for one in mine)
            if known and not any(_origin(one, line, back) for one in mine):
                orphans.setdefault((line["pharmacy_id"], told, "origin"), []).append(line)
    for key, some in orphans.items():
        found[key] = (float(-packs(some)), ids(some))
    for shop in shops_of(city):
        for day in days_of(window):
            lines = [
                one
                for one in city.sales
                if one["pharmacy_id"] == shop and timedelta(0) <= age(one, day) < WEEK
            ]
            back_lines = [one for one in lines if one["quantity"] < 0]
            enough = len(lines) >= values["least_lines"] and len(back_lines) >= values["least_returns"]
            today = any(age(one, day) == timedelta(0) for one in back_lines)
            if today and enough and len(back_lines) * 100 > len(lines) * values["most_percent"]:
                found[shop, day, "rate"] = (round(len(back_lines) * 100 / len(lines), 6), ids(back_lines))
    return found


def _origin(one: Row, line: Row, back: timedelta) -> bool:
    """Whether a sale may be what the line takes back."""
    near = one["sold_at"] <= line["sold_at"] and age(one, line["sold_at"].date()) <= back
    if one["quantity"] <= 0 or one["drug_code"] != line["drug_code"] or not near:
        return False
    if one["trace_code"] is not None and one["trace_code"] == line["trace_code"]:
        return True
    same_lot = None in (one["batch_no"], line["batch_no"]) or one["batch_no"] == line["batch_no"]
    return same_lot and (None in (one["trace_code"], line["trace_code"]) or one["quantity"] > 1)


def h07(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    mine = [one for one in city.lines_of("ABX") if "|RX|" in (city.drug_of(one) or {})["categories"]]
    stays = kept(
        mine,
        lambda one: (
            one["pharmacy_id"], one["sold_at"].date(), one["drug_code"], one["prescription_no"] is None
        ),
    )  # fmt: skip
    lines = [one for one in stays if one["quantity"] > 0 and _numbered(city, one, values["known_days"])]
    for shop in shops_of(city):
        for day in days_of(window):
            week = [
                one for one in lines if one["pharmacy_id"] == shop and timedelta(0) <= age(one, day) < WEEK
            ]
            bare = [one for one in week if one["prescription_no"] is None]
            enough = len(week) >= values["least_lines"] and len(bare) >= values["least_bare"]
            today = any(age(one, day) == timedelta(0) for one in bare)
            if today and enough and len(bare) * 100 > len(week) * values["most_percent"]:
                found[shop, day, "bare"] = (round(len(bare) * 100 / len(week), 6), ids(bare))
    return found


def _numbered(city: City, line: Row, known_days: float) -> bool:
    return any(
        one["pharmacy_id"] == line["pharmacy_id"]
        and one["prescription_no"] is not None
        and timedelta(0) <= age(one, line["sold_at"].date()) <= known_days * DAY
        for one in city.sales
    )


def m19(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for shop in shops_of(city):
        for sunday in (day for day in days_of(window) if day.isoweekday() == 7):
            mine = [one for one in city.sales if one["pharmacy_id"] == shop]
            week = [one for one in mine if timedelta(0) <= age(one, sunday) < WEEK and _bears_code(city, one)]
            near = [one for one in mine if timedelta(0) <= age(one, sunday) <= values["known_days"] * DAY]
            sends = any(one["trace_code"] is not None for one in near)
            designated = any(one["paid_by_insurance"] for one in near)
            if sends or (designated and sunday - 6 * DAY >= date(2026, 1, 1)):
                _unread(found, (shop, sunday, "collected"), week, values)
            paid = [
                one for one in week if one["paid_by_insurance"] and one["sold_at"].date() >= date(2025, 7, 1)
            ]
            _unread(found, (shop, sunday, "paid"), paid, values)
            others = [one for one in week if _of_another(city, one)]
            if len(others) >= values["least_mismatched"]:
                found[shop, sunday, "mismatch"] = (float(len(others)), ids(others))
    return found


def _bears_code(city: City, line: Row) -> bool:
    drug = city.drug_of(line)
    if drug is None or "|TOXIC|" in drug["categories"] or "饮片" in drug["drug_name"]:
        return False
    return bool(line["quantity"] > 0 and line["quantity"] == int(line["quantity"]))


def _is_read(line: Row) -> bool:
    code = line["trace_code"]
    return code is not None and not re.fullmatch(r"[0-9]{1,19}|0+", code)


def _of_another(city: City, line: Row) -> bool:
    """Whether the code read says, and the catalogue knows, that the pack is of another product."""
    told = (city.drug_of(line) or {}).get("product_code")
    return _is_read(line) and TraceCode.parse(line["trace_code"]).is_of(told) is False


def _unread(found: Found, key: tuple[str, date, str], lines: list[Row], values: Values) -> None:
    bare = [one for one in lines if not _is_read(one)]
    read = len(lines) - len(bare)
    enough = len(lines) >= values["least_lines"] and len(bare) >= values["least_unread"]
    if enough and read * 100 < len(lines) * values["yellow_percent"]:
        found[key] = (round(read * 100 / len(lines), 6), ids(bare))


USUAL = ("unit_price_fen", "pharmacist_id", "channel", "recorded_at")


def j03(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for shop in shops_of(city):
        mine = [
            one
            for one in city.sales
            if one["pharmacy_id"] == shop and one["quantity"] > 0 and city.drug_of(one)
        ]
        for day in days_of(window):
            sunday = day - values["grace_days"] * DAY
            week = [one for one in mine if timedelta(0) <= age(one, sunday) < WEEK]
            before = [one for one in mine if WEEK <= age(one, sunday) < 5 * WEEK]
            if sunday.isoweekday() != 7 or len(week) < values["least_lines"]:
                continue
            _incomplete(found, (shop, day, "fields"), city, week, before, values)
            dated = [one for one in week if one["arrived_at"] is not None]
            late = [one for one in dated if not _timely(one, values)]
            known = len(before) >= values["least_lines"] and sum(
                _timely(one, values) for one in before
            ) * 2 >= len(before)
            if known and dated and len(late) * 100 > len(dated) * values["late_percent"]:
                found[shop, day, "late"] = (round(len(late) * 100 / len(dated), 6), frozenset())
    return found


def _timely(line: Row, values: Values) -> bool:
    at = line["arrived_at"]
    return at is not None and at - line["sold_at"] <= timedelta(hours=values["late_hours"])


def _incomplete(
    found: Found, key: tuple[str, date, str], city: City, week: list[Row], before: list[Row], values: Values
) -> None:
    cells = []
    for one in week:
        kinds = set((city.drug_of(one) or {})["categories"].strip("|").split("|"))
        cells.append(one["batch_no"])
        if kinds & {"EPH", "OPI_CMP", "PSY2", "TOXIC"}:
            cells.append(one["buyer_key"])
        if "RX" in kinds:
            cells.append(one["prescription_no"])
    for name in USUAL:
        if len(before) >= values["least_lines"] and sum(one[name] is not None for one in before) * 2 >= len(
            before
        ):
            cells += [one[name] for one in week]
    filled = sum(one is not None for one in cells)
    if filled * 100 < len(cells) * values["least_percent"]:
        put(found, key, round(filled * 100 / len(cells), 6), [])


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M16": (m16, feeds_weeks.taken_back),
    "R-M19": (m19, feeds_weeks.scanned),
    "R-H07": (h07, feeds_weeks.antibacterials),
    "R-J03": (j03, feeds_weeks.kept_well),
}
