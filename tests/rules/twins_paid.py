"""Slow, plain twins of the rules about insurance settlements, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from itertools import pairwise

from hypothesis import strategies as st

from geo import haversine_m
from tests.rules import feeds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, put
from tests.rules.twins_papers import kept
from yaotong.facts import Window

Values = Mapping[str, float]


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


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-N03": (n03, feeds.travels),
    "R-N04": (n04, feeds.swipes),
    "R-N07": (n07, feeds.pools),
}
