"""Slow, plain twins of the rules about what buyers do at several shops, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from geo import haversine_m
from tests.rules import feeds_buyers
from tests.rules.cities import Example
from tests.rules.twins import DAY, City, Found, Row, Twin, exact, packs, put, within
from tests.rules.twins_papers import kept
from tests.rules.twins_registers import SPECIAL, registered, spanned
from yaotong.facts import Window

Values = Mapping[str, float]


def m31(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = [one for one in registered(city, "PSY2", "OPI_CMP") if one["quantity"] > 0]
    for end in lines:
        if not within(end, window):
            continue
        near = spanned(lines, end, 2 * DAY, "buyer_key")
        psychotropics = [one for one in near if "|PSY2|" in city.drug_of(one)["categories"]]
        opioids = [one for one in near if "|OPI_CMP|" in city.drug_of(one)["categories"]]
        calming = [one for one in near if _named(city, one, "西泮", "唑仑")]
        coughs = [one for one in near if _named(city, one, "待因", "右美沙芬")]
        key = (end["buyer_key"], end["sold_at"].date())
        kinds = _kinds(city, psychotropics)
        if kinds >= values["kinds"]:
            put(found, (*key, "kinds"), float(kinds), psychotropics)
        if psychotropics and opioids and _kinds(city, near) > 1:
            put(found, (*key, "with_opioid"), float(_kinds(city, near)), near)
        if calming and coughs and _kinds(city, calming + coughs) > 1:
            put(found, (*key, "depressants"), float(_kinds(city, calming + coughs)), calming + coughs)
    return found


def _named(city: City, line: Row, *parts: str) -> bool:
    return any(part in city.drug_of(line)["drug_name"] for part in parts)


def _kinds(city: City, lines: Iterable[Row]) -> int:
    names = (city.drug_of(one)["drug_name"].replace("（", "(") for one in lines)
    return len({name.split("(")[0] for name in names})


def p02(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = [
        one
        for one in registered(city, *SPECIAL, on_paper=False)
        if _from_elsewhere(one["buyer_region"]) and not _insured(city, one, values)
    ]
    for end in lines:
        if not within(end, window) or end["quantity"] <= 0:
            continue
        key = (end["pharmacy_id"], end["sold_at"].date())
        crowd = spanned(lines, end, DAY, "pharmacy_id", "drug_code")
        taken = _taken(crowd, "buyer_key")
        if len(taken) >= values["crowd"] and sum(taken) >= values["crowd_packs"]:
            put(found, (*key, "crowd"), float(len(taken)), crowd)
        roaming = spanned(lines, end, DAY, "buyer_key")
        taken = _taken(roaming, "pharmacy_id")
        if len(taken) >= values["roaming_shops"] and sum(taken) >= values["roaming_packs"]:
            put(found, (*key, "roaming"), float(sum(taken)), roaming)
    return found


def _taken(lines: list[Row], name: str) -> list[Fraction]:
    """Net packs of each of a column's values that kept some."""
    sums = [packs(one for one in lines if one[name] == each) for each in {one[name] for one in lines}]
    return [one for one in sums if one > 0]


def _from_elsewhere(region: str | None) -> bool:
    return region is not None and 11 <= int(region[:2]) <= 65 and region not in ("3304", "3101")


def _insured(city: City, line: Row, values: Values) -> bool:
    return any(
        one["person_key"] == line["buyer_key"]
        and 0 <= (line["sold_at"].date() - one["settled_at"].date()).days <= values["insured_days"]
        for one in city.settlements
    )


def p03(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = registered(city, *SPECIAL, on_paper=False)
    bought = [one for one in lines if one["quantity"] > 0]
    beside, between = (timedelta(minutes=values[name]) for name in ("beside_minutes", "between_minutes"))
    for end in bought:
        if not within(end, window):
            continue
        for before in bought:
            moved = timedelta(0) <= end["sold_at"] - before["sold_at"] <= between
            if before["pharmacy_id"] == end["pharmacy_id"] or not moved:
                continue
            group = _beside(bought, end, beside) & _beside(bought, before, beside)
            theirs = [
                one for name in group for one in spanned(lines, {**end, "buyer_key": name}, DAY, "buyer_key")
            ]
            if len(group) >= values["buyers"] and packs(theirs) >= exact(values["packs"]):
                for name in group:
                    key = (name, end["sold_at"].date(), "together")
                    put(found, key, float(packs(theirs)), theirs)
    return found


def _beside(bought: list[Row], end: Row, span: timedelta) -> set[str]:
    return {
        one["buyer_key"]
        for one in bought
        if one["pharmacy_id"] == end["pharmacy_id"]
        and timedelta(0) <= end["sold_at"] - one["sold_at"] <= span
    }


def p04(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    places = {one["pharmacy_id"]: (one["lon"], one["lat"]) for one in city.pharmacies if one["lon"]}
    known = [
        one
        for one in city.sales
        if one["buyer_key"] is not None and one["channel"] not in ("online", "delivery")
    ]
    mine = kept(
        known, lambda one: (one["buyer_key"], one["pharmacy_id"], one["drug_code"], one["sold_at"].date())
    )
    mine = [one for one in mine if one["quantity"] > 0 and one["pharmacy_id"] in places]
    mine.sort(key=lambda one: (one["sold_at"], one["line_id"]))
    for person in {one["buyer_key"] for one in mine}:
        for there, here in pairwise([one for one in mine if one["buyer_key"] == person]):
            km = round(haversine_m(*places[here["pharmacy_id"]], *places[there["pharmacy_id"]]) / 1000, 3)
            waited = here["sold_at"] - there["sold_at"]
            seconds = waited.total_seconds() + values["clock_minutes"] * 60
            reach = round(seconds * (values["km_per_hour"] / 3600), 3)
            far = km >= values["least_km"] and km > reach and waited <= DAY
            if here["pharmacy_id"] != there["pharmacy_id"] and far and within(here, window):
                put(found, (person, here["sold_at"].date(), "apart"), km, [here, there])
    return found


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M31": (m31, feeds_buyers.combined),
    "R-P02": (p02, feeds_buyers.strangers),
    "R-P03": (p03, feeds_buyers.groups),
    "R-P04": (p04, feeds_buyers.hurried),
}
