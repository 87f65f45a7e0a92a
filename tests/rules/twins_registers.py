"""Slow, plain twins of the rules about who a shop registers, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from hypothesis import strategies as st

from tests.rules import feeds_buyers
from tests.rules.cities import Example
from tests.rules.twins import DAY, City, Found, Row, Twin, exact, ids, packs, put, within
from tests.rules.twins_papers import kept
from yaotong.facts import Window

Values = Mapping[str, float]
SPECIAL = ("EPH", "OPI_CMP", "PSY2")


def special(city: City, *categories: str) -> list[Row]:
    """Lines of drugs that bore one of the categories on the day of sale."""
    some = [one for one in city.sales if city.drug_of(one) is not None]
    return [one for one in some if set(categories) & set(city.drug_of(one)["categories"].split("|"))]


def registered(city: City, *categories: str, on_paper: bool = True) -> list[Row]:
    """Lines of known buyers, without what was given back the same day."""
    known = [one for one in special(city, *categories) if one["buyer_key"] is not None]
    if not on_paper:
        known = [one for one in known if one["prescription_no"] is None]
    return kept(
        known, lambda one: (one["buyer_key"], one["pharmacy_id"], one["drug_code"], one["sold_at"].date())
    )


def spanned(lines: list[Row], end: Row, span: timedelta, *by: str) -> list[Row]:
    """Lines of the span that ends with a purchase, and what was given back later that day."""
    same = [one for one in lines if all(one[name] == end[name] for name in by)]
    return [
        one
        for one in same
        if timedelta(0) <= end["sold_at"] - one["sold_at"] < span
        or (
            one["quantity"] < 0
            and one["sold_at"] > end["sold_at"]
            and one["sold_at"].date() == end["sold_at"].date()
        )
    ]


def registers(city: City, shop: str, day: date, values: Values) -> bool:
    """Whether a shop is known to name buyers."""
    return any(
        one["pharmacy_id"] == shop
        and one["buyer_key"] is not None
        and 0 <= (day - one["sold_at"].date()).days <= values["known_days"]
        for one in city.sales
    )


def m02(city: City, window: Window, values: Values) -> Found:
    bare = [one for one in special(city, "EPH", "OPI_CMP") if one["buyer_key"] is None]
    bare = kept(bare, lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["drug_code"]))
    days: dict[tuple[str, date], list[Row]] = {}
    for one in bare:
        if within(one, window):
            days.setdefault((one["pharmacy_id"], one["sold_at"].date()), []).append(one)
    return {
        (shop, day, "unregistered"): (float(packs(lines)), ids(lines))
        for (shop, day), lines in days.items()
        if registers(city, shop, day, values)
    }


def m03(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = registered(city, "EPH", on_paper=False)
    visit = timedelta(minutes=values["visit_minutes"])
    for end in lines:
        if not within(end, window) or end["quantity"] <= 0:
            continue
        key = (end["pharmacy_id"], end["sold_at"].date())
        for clause, days in (("split_24h", 1), ("packs_7d", 7)):
            some = spanned(lines, end, days * DAY, "pharmacy_id", "buyer_key")
            earlier = packs(one for one in some if end["sold_at"] - one["sold_at"] > visit)
            over = packs(some) > exact(values["over_24h"])
            if days == 7:
                over = packs(some) >= exact(values["packs_7d"])
            if over and earlier > 0:
                put(found, (*key, clause), float(packs(some)), some)
    return found


def m06(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    young = [one for one in registered(city, "PSY2", "EPH", "OPI_CMP") if one["buyer_age_years"] is not None]
    young = [one for one in young if one["buyer_age_years"] < values["adult_years"]]
    barred = [one for one in young if "|PSY2|" in city.drug_of(one)["categories"]]
    others = [one for one in young if set(city.drug_of(one)["categories"].split("|")) & {"EPH", "OPI_CMP"}]
    children = [one for one in others if one["buyer_age_years"] < values["child_years"]]
    for clause, some in (("psychotropic", barred), ("child", children)):
        for place in {(one["pharmacy_id"], one["sold_at"].date()) for one in some if within(one, window)}:
            lines = [one for one in some if (one["pharmacy_id"], one["sold_at"].date()) == place]
            found[(*place, clause)] = (float(packs(lines)), ids(lines))
    for end in others:
        mine = [
            one
            for one in others
            if (one["pharmacy_id"], one["buyer_key"]) == (end["pharmacy_id"], end["buyer_key"])
            and timedelta(0) <= end["sold_at"].date() - one["sold_at"].date() < values["span_days"] * DAY
        ]
        days = {one["sold_at"].date() for one in mine}
        if within(end, window) and len(days) >= values["buying_days"]:
            put(found, (end["pharmacy_id"], end["sold_at"].date(), "again"), float(len(days)), mine)
    return found


def m24(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    lines = kept(
        special(city, *SPECIAL),
        lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["drug_code"], one["buyer_key"]),
    )
    lines = [one for one in lines if one["quantity"] > 0]
    for end in lines:
        day = end["sold_at"].date()
        if end["buyer_key"] is not None or not within(end, window):
            continue
        near = [
            one
            for one in lines
            if one["pharmacy_id"] == end["pharmacy_id"]
            and timedelta(0) <= day - one["sold_at"].date() < 30 * DAY
        ]
        bare = [one for one in near if one["buyer_key"] is None]
        enough = len(near) >= values["least_lines"] and len(bare) >= values["least_bare"]
        over = len(bare) * 100 > exact(values["share_percent"]) * len(near)
        if enough and over and registers(city, end["pharmacy_id"], day, values):
            share = round(len(bare) * 100 / len(near), 6)
            found[end["pharmacy_id"], day, "share"] = (share, ids(bare))
    return found


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M02": (m02, feeds_buyers.unregistered),
    "R-M03": (m03, feeds_buyers.split),
    "R-M06": (m06, feeds_buyers.minors),
    "R-M24": (m24, feeds_buyers.anonymous),
}
