"""Slow, plain twins of the rules that many lines together make, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from statistics import median

from hypothesis import strategies as st

from tests.rules import feeds_rings
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, days_of, exact, ids, packs, put, within
from tests.rules.twins_paid import standing
from tests.rules.twins_papers import dispensed, kept
from tests.rules.twins_stock import gap_of, spans
from yaotong.facts import Window

Values = Mapping[str, float]
SPECIAL = ("EPH", "PSY2", "OPI_CMP")


def bears(city: City, line: Row, moment: str, *categories: str) -> bool:
    """Whether a line's drug bore one of the categories on its day."""
    known = city.drug_of({**line, "sold_at": line[moment]}) or {"categories": ""}
    return any(f"|{one}|" in known["categories"] for one in categories)


def p06(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    shelves: dict[tuple[str, str, date], list[tuple[Row, Fraction, list[Row]]]] = {}
    reported: dict[tuple[str, date, str], list[Row]] = {}
    for opening, closing in spans(city, window, values):
        told = gap_of(city, opening, closing)
        if told is not None and bears(city, closing, "counted_at", *SPECIAL):
            key = (closing["pharmacy_id"], closing["drug_code"], closing["counted_at"].date())
            shelves.setdefault(key, []).append((closing, told[0], [opening, closing, *told[1]]))
    for (shop, _, day), some in shelves.items():
        whole = [one for one in some if one[0]["batch_no"] is None]
        gap = sum((one[1] for one in whole or some), Fraction(0))
        if gap >= exact(values["packs"]):
            put(found, (shop, day, "missing"), float(gap), [line for one in some for line in one[2]])
    for one in city.stock_moves:
        day = one["moved_at"].date()
        told = one["kind"] in ("stolen", "lost") and window.since <= day <= window.until
        if told and bears(city, one, "moved_at", *SPECIAL):
            reported.setdefault((one["pharmacy_id"], day, "reported"), []).append(one)
    found.update({key: (float(packs(some)), ids(some)) for key, some in reported.items()})
    _disagreeing(city, window, values, found)
    return found


def _disagreeing(city: City, window: Window, values: Values, found: Found) -> None:
    handled = [
        (one["pharmacy_id"], one[moment].date())
        for lines, moment in ((city.sales, "sold_at"), (city.purchases, "received_at"))
        for one in lines
        if bears(city, one, moment, *SPECIAL)
    ]
    wrong: dict[tuple[str, date, str], list[Row]] = {}
    for one in city.inspections:
        shop, day = one["pharmacy_id"], one["inspected_at"].date()
        near = any(name == shop and 0 <= (day - then).days <= values["known_days"] for name, then in handled)
        if one["stock_agrees"] is False and near and window.since <= day <= window.until:
            wrong.setdefault((shop, day, "disagrees"), []).append(one)
    found.update({key: (float(len(some)), ids(some)) for key, some in wrong.items()})


def p08(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    again = _sold_again(city, values)
    for shop, day in {
        (line["pharmacy_id"], line["sold_at"].date()) for line, _ in again if within(line, window)
    }:
        near = [
            (line, paid)
            for line, paid in again
            if line["pharmacy_id"] == shop
            and 0 <= (day - line["sold_at"].date()).days < values["span_days"]
            and not any(
                one["quantity"] < 0
                and (one["pharmacy_id"], one["trace_code"]) == (shop, line["trace_code"])
                and line["sold_at"] <= one["sold_at"]
                and one["sold_at"].date() <= day
                for one in city.sales
            )
        ]
        persons = {paid["person_key"] for _, paid in near}
        if len(persons) >= values["persons"]:
            put(found, (shop, day, "ring"), float(len(persons)), [one for pair in near for one in pair])
    return found


def _sold_again(city: City, values: Values) -> list[tuple[Row, Row]]:
    """Sales beside the earlier settlement of their pack for another person at another shop."""
    backs = [
        (one["trace_code"], one[moment])
        for lines, moment in ((city.sales, "sold_at"), (city.settlements, "settled_at"))
        for one in lines
        if one["quantity"] < 0
    ]
    return [
        (line, paid)
        for line in city.sales
        for paid in standing(city)
        if line["quantity"] > 0
        and line["trace_code"] == paid["trace_code"]
        and line["pharmacy_id"] != paid["pharmacy_id"]
        and line["buyer_key"] != paid["person_key"]
        and timedelta(days=values["least_days"])
        <= line["sold_at"] - paid["settled_at"]
        <= timedelta(days=values["back_days"])
        and not any(
            code == line["trace_code"] and paid["settled_at"] <= then <= line["sold_at"]
            for code, then in backs
        )
    ]


def h04(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    mine = [
        (line, paper)
        for line, paper in dispensed(city)
        if bears(city, line, "sold_at", "PSY2", "OPI_CMP")
        and None not in (paper["patient_key"], paper["prescriber_key"])
        and line["sold_at"] - paper["issued_at"] <= timedelta(days=values["paper_days"])
    ]
    for patient, day in {
        (paper["patient_key"], line["sold_at"].date())
        for line, paper in mine
        if line["quantity"] > 0 and within(line, window)
    }:
        near = {
            line["line_id"]: (line, paper)
            for line, paper in mine
            if paper["patient_key"] == patient
            and 0 <= (day - line["sold_at"].date()).days < values["span_days"]
        }
        rest = kept(
            (line for line, _ in near.values()), lambda one: (one["pharmacy_id"], one["prescription_no"])
        )
        got = [near[line["line_id"]] for line in rest if line["quantity"] > 0]
        prescribers = {paper["prescriber_key"] for _, paper in got}
        shops = {line["pharmacy_id"] for line, _ in got}
        if len(prescribers) >= values["prescribers"] and len(shops) >= values["shops"]:
            put(found, (patient, day, "doctors"), float(len(prescribers)), [line for line, _ in got])
    return found


def h03(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    known = [one for one in city.prescriptions if one["prescriber_key"] is not None]
    for day in days_of(window):
        near = [one for one in known if 0 <= (day - one["issued_at"].date()).days < 30]
        today = [one for one in near if one["issued_at"].date() == day]
        for doctor in {one["prescriber_key"] for one in today}:
            own = [
                one
                for one in today
                if one["prescriber_key"] == doctor and bears(city, one, "issued_at", "PSY2")
            ]
            if len(own) > values["a_day"]:
                put(found, (doctor, day, "a_day"), float(len(own)), own)
        for category in ("PSY2", "OPI_CMP", "ABX"):
            _unlike(city, day, category, near, values, found)
    return found


def _unlike(city: City, day: date, category: str, near: list[Row], values: Values, found: Found) -> None:
    """Prescribers of the 30 days whose share of the category is beyond what the others' allow."""
    papers: dict[str, list[Row]] = {}
    for one in near:
        papers.setdefault(one["prescriber_key"], []).append(one)
    of_kind = {
        name: [one for one in some if bears(city, one, "issued_at", category)]
        for name, some in papers.items()
        if len(some) >= values["least_papers"]
    }
    shares = {name: round(100.0 * len(some) / len(papers[name]), 6) for name, some in of_kind.items()}
    for name, own in of_kind.items():
        others = [share for other, share in shares.items() if other != name]
        if len(own) < values["least_own"] or len(others) < values["least_others"]:
            continue
        middle = median(others)
        spread = max(1.4826 * median(abs(one - middle) for one in others), values["least_spread"])
        beyond = shares[name] >= round(middle + values["score"] * spread, 6)
        if beyond and any(one["issued_at"].date() == day for one in own):
            put(found, (name, day, category), shares[name], own)


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-H03": (h03, feeds_rings.prescribers),
    "R-H04": (h04, feeds_rings.patients),
    "R-P06": (p06, feeds_rings.losses),
    "R-P08": (p08, feeds_rings.rings),
}
