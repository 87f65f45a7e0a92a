"""Slow, plain twins of the rules that hold sales to prescriptions, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.rules import feeds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, exact, ids, packs, put, within
from yaotong.facts import Window

Values = Mapping[str, float]


def on_paper(city: City) -> list[tuple[Row, Row]]:
    """Sales lines beside their prescription of the same drug."""
    return [
        (line, paper)
        for line in city.sales
        for paper in city.prescriptions
        if line["prescription_no"] == paper["prescription_no"] and line["drug_code"] == paper["drug_code"]
    ]


def dispensed(city: City) -> list[tuple[Row, Row]]:
    """Sales lines beside their prescription, from the day it was issued."""
    return [
        (line, paper) for line, paper in on_paper(city) if paper["issued_at"].date() <= line["sold_at"].date()
    ]


def kept(lines: Iterable[Row], key: Callable[[Row], object]) -> list[Row]:
    """Lines of groups of which something stayed sold."""
    groups: dict[object, list[Row]] = {}
    for line in lines:
        groups.setdefault(key(line), []).append(line)
    return [line for some in groups.values() if packs(some) > 0 for line in some]


def m11(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    span = timedelta(minutes=values["visit_minutes"])
    for paper in city.prescriptions:
        lines = [line for line, one in dispensed(city) if one is paper]
        lines.sort(key=lambda line: (line["sold_at"], line["line_id"]))
        first = next((line for line in lines if line["quantity"] > 0), None)
        for number, line in enumerate(lines):
            if first is None or line["quantity"] <= 0 or not within(line, window):
                continue
            total = packs(lines[: number + 1])
            elsewhere = line["pharmacy_id"] != first["pharmacy_id"]
            if total > exact(paper["quantity"]) and (elsewhere or line["sold_at"] - first["sold_at"] > span):
                shown = [one for one in lines if one["sold_at"] <= line["sold_at"]]
                put(found, (line["pharmacy_id"], line["sold_at"].date(), "again"), float(total), shown)
    return found


def m12(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    papers = {id(line): paper for line, paper in on_paper(city)}
    mine = [line for line in city.sales if id(line) in papers and within(line, window)]
    for line in kept(mine, lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["prescription_no"])):
        paper = papers[id(line)]
        long = paper["days"] is not None and paper["days"] >= values["long_days"]
        hours = max(values["valid_hours"], paper["days"] * 24 if long else 0)
        age = (line["sold_at"] - paper["issued_at"]).total_seconds() / 3600
        if line["quantity"] > 0 and age > hours:
            put(found, (line["pharmacy_id"], line["sold_at"].date(), "expired"), round(age, 6), [line])
    return found


def m13(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    papers = {
        id(line): paper
        for line, paper in on_paper(city)
        if window.since <= paper["issued_at"].date() <= window.until
        and timedelta(minutes=values["clock_minutes"])
        < paper["issued_at"] - line["sold_at"]
        <= timedelta(days=values["reach_days"])
    }
    mine = [line for line in city.sales if id(line) in papers]
    for line in kept(mine, lambda one: (one["pharmacy_id"], one["prescription_no"])):
        issued = papers[id(line)]["issued_at"]
        minutes = round((issued - line["sold_at"]).total_seconds() / 60, 6)
        if line["quantity"] > 0:
            put(found, (line["pharmacy_id"], issued.date(), "before"), minutes, [line])
    return found


def m05(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    mine = [line for line in city.lines_of("PSY2") if within(line, window)]
    bare: dict[tuple[str, date, str], list[Row]] = {}
    for line in kept(
        (line for line in mine if line["prescription_no"] is None),
        lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["drug_code"]),
    ):
        shop, day = line["pharmacy_id"], line["sold_at"].date()
        numbered = any(
            one["pharmacy_id"] == shop
            and one["prescription_no"] is not None
            and 0 <= (day - one["sold_at"].date()).days <= values["known_days"]
            for one in city.sales
        )
        if numbered:
            bare.setdefault((shop, day, "unprescribed"), []).append(line)
    found.update({key: (float(packs(lines)), ids(lines)) for key, lines in bare.items()})
    for paper in city.prescriptions:
        visits: dict[tuple[str, date, str], list[Row]] = {}
        for line, one in dispensed(city):
            if one is paper and any(line is each for each in mine):
                visits.setdefault((line["pharmacy_id"], line["sold_at"].date(), "beyond"), []).append(line)
        for key, lines in visits.items():
            if packs(lines) > exact(paper["quantity"]):
                put(found, key, float(packs(lines)), lines)
    return found


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M05": (m05, feeds.papers),
    "R-M11": (m11, feeds.papers),
    "R-M12": (m12, feeds.papers),
    "R-M13": (m13, feeds.papers),
}
