"""Slow, plain twins of the rules about insurance settlements, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from geo import haversine_m
from tests.rules import feeds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, exact, ids, put
from tests.rules.twins_papers import kept, on_paper
from yaotong.facts import Window

Values = Mapping[str, float]
DAY_S = 86_400


def standing(city: City) -> list[Row]:
    """Settlements of known persons that were not withdrawn the same day, in order."""
    known = [one for one in city.settlements if one["person_key"] is not None]
    rest = kept(
        known,
        lambda one: (one["person_key"], one["pharmacy_id"], one["drug_code"], one["settled_at"].date()),
    )
    return sorted(
        (one for one in rest if one["quantity"] > 0), key=lambda one: (one["settled_at"], one["line_id"])
    )


def during(line: Row, window: Window) -> bool:
    return bool(window.since <= line["settled_at"].date() <= window.until)


def n03(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    places = {
        one["pharmacy_id"]: (one["lon"], one["lat"]) for one in city.pharmacies if one["lon"] is not None
    }
    parcels = {one["settlement_id"] for one in city.sales if one["channel"] in ("online", "delivery")}
    mine = [
        one for one in standing(city) if one["settlement_id"] not in parcels and one["pharmacy_id"] in places
    ]
    for person in {one["person_key"] for one in mine}:
        for there, here in pairwise([one for one in mine if one["person_key"] == person]):
            a, b = places[here["pharmacy_id"]], places[there["pharmacy_id"]]
            km = round(haversine_m(*a, *b) / 1000, 3)
            waited = here["settled_at"] - there["settled_at"]
            reach = round(waited.total_seconds() * (values["km_per_hour"] / 3600), 3)
            far = km >= values["least_km"] and km > reach and waited <= timedelta(days=1)
            if here["pharmacy_id"] != there["pharmacy_id"] and far and during(here, window):
                put(found, (person, here["settled_at"].date(), "apart"), km, [here, there])
    return found


def n04(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    last: dict[tuple[str, str], Row] = {}
    starts: list[Row] = []
    for one in standing(city):
        place = (one["person_key"], one["pharmacy_id"])
        before = last.get(place)
        last[place] = one
        if before is None or one["settled_at"] - before["settled_at"] > timedelta(
            minutes=values["visit_minutes"]
        ):
            starts.append(one)
    for end in starts:
        if not during(end, window):
            continue
        for clause, days in (("visits_24h", 1), ("visits_7d", 7), ("shops_30d", 30)):
            near = [
                one
                for one in starts
                if one["person_key"] == end["person_key"]
                and timedelta(0) <= end["settled_at"] - one["settled_at"] < timedelta(days=days)
            ]
            counted = len({one["pharmacy_id"] for one in near}) if clause == "shops_30d" else len(near)
            if counted >= values[clause]:
                put(found, (end["person_key"], end["settled_at"].date(), clause), float(counted), near)
    return found


def n07(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    mine = standing(city)
    span = timedelta(minutes=values["minutes"])
    for end in mine:
        near = [
            one
            for one in mine
            if all(one[name] == end[name] for name in ("pharmacy_id", "drug_code", "quantity"))
            and timedelta(0) <= end["settled_at"] - one["settled_at"] <= span
        ]
        cards = len({one["person_key"] for one in near})
        if cards >= values["cards"] and during(end, window):
            put(found, (end["pharmacy_id"], end["settled_at"].date(), "pooled"), float(cards), near)
    return found


def n08(city: City, window: Window, values: Values) -> Found:
    found: dict[tuple[str, date, str], list[Row]] = {}
    grace = timedelta(days=values["grace_days"])
    sales = [one for one in city.sales if one["settlement_id"] is not None]

    def tell(line: Row, at: datetime, clause: str) -> None:
        if window.since <= at.date() + grace <= window.until:
            found.setdefault((line["pharmacy_id"], at.date() + grace, clause), []).append(line)

    def same(a: Row, b: Row) -> bool:
        return bool((a["pharmacy_id"], a["settlement_id"]) == (b["pharmacy_id"], b["settlement_id"]))

    for paid in standing(city):
        at, shop = paid["settled_at"], paid["pharmacy_id"]
        if not any(one["pharmacy_id"] == shop and one["sold_at"].date() == at.date() for one in sales):
            continue
        answers = [one for one in sales if same(one, paid) and one["sold_at"].date() <= at.date() + grace]
        if not answers:
            tell(paid, at, "unsold")
        elif all(one["drug_code"] != paid["drug_code"] for one in answers):
            tell(paid, at, "swapped")
    for sold in (one for one in sales if one["quantity"] > 0):
        at, shop = sold["sold_at"], sold["pharmacy_id"]
        mine = [one for one in city.settlements if one["pharmacy_id"] == shop]
        met = any(same(one, sold) and one["settled_at"].date() <= at.date() + grace for one in mine)
        if not met and any(one["settled_at"].date() == at.date() for one in mine):
            tell(sold, at, "unsettled")
    return {key: (float(len(lines)), ids(lines)) for key, lines in found.items()}


def supplies(city: City) -> list[tuple[Row, Fraction, int]]:
    """Settlements with the days they supply and their prescription's own days."""
    found = []
    for paid in standing(city):
        papers = [
            paper
            for line, paper in on_paper(city)
            if line["quantity"] > 0
            and paper["days"] is not None
            and all(line[name] == paid[name] for name in ("pharmacy_id", "settlement_id", "drug_code"))
            and max(line["sold_at"], paper["issued_at"]).date() <= paid["settled_at"].date()
        ]
        if papers:
            per_pack = max(Fraction(one["days"]) / exact(one["quantity"]) for one in papers)
            found.append((paid, exact(paid["quantity"]) * per_pack, max(one["days"] for one in papers)))
    return found


def n05(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    hands: dict[tuple[str, str], list[tuple[Row, Fraction, int]]] = {}
    for one in supplies(city):
        hands.setdefault((one[0]["person_key"], one[0]["drug_code"]), []).append(one)
    for (person, _), some in hands.items():
        held, last = Fraction(0), None
        for paid, days, course in some:
            gone = (
                Fraction(0) if last is None else Fraction((paid["settled_at"] - last).total_seconds()) / DAY_S
            )
            held, last = max(Fraction(0), held - gone) + days, paid["settled_at"]
            names = ("general_days", "chronic_days", "long_days")
            allowed = next((values[one] for one in names if course <= values[one]), values["long_days"])
            if float(held) > allowed * values["factor"] + 1e-6 and during(paid, window):
                since = paid["settled_at"] - timedelta(days=values["shown_days"])
                shown = [one for one, _, _ in some if since <= one["settled_at"] <= paid["settled_at"]]
                put(found, (person, paid["settled_at"].date(), "in_hand"), round(float(held), 6), shown)
    return found


def n06(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    some = [
        (paid, days, (city.drug_of({**paid, "sold_at": paid["settled_at"]}) or {}).get("drug_name"))
        for paid, days, _ in supplies(city)
    ]
    for number, (here, days, name) in enumerate(some):
        for there, then_days, then_name in some[:number]:
            apart = Fraction((here["settled_at"] - there["settled_at"]).total_seconds()) / DAY_S
            same = here["person_key"] == there["person_key"] and name is not None and name == then_name
            if not same or here["pharmacy_id"] == there["pharmacy_id"] or not during(here, window):
                continue
            share = round(float(100 * min(then_days - apart, days) / min(then_days, days)), 6)
            if share > values["overlap_percent"]:
                put(found, (here["person_key"], here["settled_at"].date(), "overlap"), share, [here, there])
    return found


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-N03": (n03, feeds.travels),
    "R-N04": (n04, feeds.swipes),
    "R-N05": (n05, feeds.treated),
    "R-N06": (n06, feeds.treated),
    "R-N07": (n07, feeds.pools),
    "R-N08": (n08, feeds.answered),
}
