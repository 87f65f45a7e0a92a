"""Slow, plain twins of the rules about licences, hours, seals and agreements, written from their pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time, timedelta
from fractions import Fraction
from itertools import pairwise

from hypothesis import strategies as st

from tests.rules import feeds_licence
from tests.rules.cities import Example
from tests.rules.twins import DAY, OPEN, City, Found, Row, Twin, days_of, exact, ids, packs, put, within
from tests.rules.twins_papers import kept
from yaotong import workdays
from yaotong.facts import Window

Values = Mapping[str, float]
NEVER = {"NARC", "PSY1", "PRECURSOR", "ABORT", "ANABOLIC", "PEPTIDE", "VACCINE", "RADIO"}
BANNED = {
    *("NARC", "PSY1", "PSY2", "TOXIC", "RADIO", "PRECURSOR", "VACCINE", "BLOOD", "EPH", "OPI_CMP"),
    *("ANABOLIC", "ABORT", "ONLINE_BAN"),
}  # fmt: skip


def shop_of(city: City, line: Row) -> Row:
    """The register's row of a line's shop, {} when it has none."""
    return next((one for one in city.pharmacies if one["pharmacy_id"] == line["pharmacy_id"]), {})


def words(text: str | None) -> set[str]:
    return set((text or "").strip("|").split("|")) - {""}


def by_day(lines: Iterable[Row]) -> list[Row]:
    """Lines of drugs of which a shop's day, returns netted, sold something."""
    return kept(lines, lambda one: (one["pharmacy_id"], one["sold_at"].date(), one["drug_code"]))


def told(lines: Iterable[Row], clause: str) -> dict[tuple[str, date, str], list[Row]]:
    found: dict[tuple[str, date, str], list[Row]] = {}
    for line in lines:
        found.setdefault((line["pharmacy_id"], line["sold_at"].date(), clause), []).append(line)
    return found


def summed(lines: Iterable[Row], clause: str) -> Found:
    return {key: (float(packs(some)), ids(some)) for key, some in told(by_day(lines), clause).items()}


def m07(city: City, window: Window, values: Values) -> Found:
    never, beyond = [], []
    for line in city.sales:
        drug = city.drug_of(line)
        if drug is None or not within(line, window):
            continue
        bears, scope = words(drug["categories"]), words(shop_of(city, line).get("scope"))
        bad = set(bears & NEVER)
        if "胰岛素" in drug["drug_name"]:
            bad -= {"PEPTIDE"}
        if "罂粟壳" in drug["drug_name"] and "NARC" in scope:
            bad -= {"NARC"}
        if bad:
            never.append(line)
        elif scope and _ungranted(bears, scope):
            beyond.append(line)
    return {**summed(never, "never"), **summed(beyond, "scope")}


def _ungranted(bears: set[str], scope: set[str]) -> bool:
    plain = {"PSY2", "TOXIC", "BLOOD"} & bears - scope
    cold = "COLD" in bears and not scope & {"COLD", "BLOOD", "PEPTIDE"}
    classed = scope & {"RX", "OTC", "OTC_A", "OTC_B"}
    rx = "RX" in bears and classed and "RX" not in scope
    class_a = "OTC_A" in bears and "OTC_B" in scope and not scope & {"OTC_A", "OTC", "RX"}
    return bool(plain or cold or rx or class_a)


def m08(city: City, window: Window, values: Values) -> Found:
    expired, stopped = [], []
    for line in city.sales:
        shop, day = shop_of(city, line), line["sold_at"].date()
        if not shop or not within(line, window):
            continue
        if day > shop["valid_to"]:
            expired.append(line)
        since = shop["status_since"]
        if shop["status"] in ("closed", "suspended") and (since is None or day > since):
            stopped.append(line)
    found: Found = summed(stopped, "stopped")
    for line in by_day(expired):
        days = (line["sold_at"].date() - shop_of(city, line)["valid_to"]).days
        put(found, (line["pharmacy_id"], line["sold_at"].date(), "expired"), float(days), [line])
    for shop in city.pharmacies:
        found.update(_warned(city, shop, window, values))
    return found


def _warned(city: City, shop: Row, window: Window, values: Values) -> Found:
    mine = [one for one in city.sales if one["pharmacy_id"] == shop["pharmacy_id"] and one["quantity"] > 0]
    steps = (values["first_days"], values["second_days"], values["last_days"], -1)
    found: Found = {}
    for most, next_most in pairwise(steps):
        some = [one for one in mine if next_most < (shop["valid_to"] - one["sold_at"].date()).days <= most]
        first = min(some, key=lambda one: (one["sold_at"], one["line_id"]), default=None)
        if first is not None and within(first, window):
            day = first["sold_at"].date()
            found[shop["pharmacy_id"], day, "expiring"] = (float((shop["valid_to"] - day).days), ids([first]))
    return found


def _spans(text: str, day: date) -> list[tuple[float, float]]:
    """Hours of a day by hand, in hours since its midnight."""
    return {
        "24/7": [(0, 24)],
        "Mo-Su 08:00-21:00": [(8, 21)],
        "Mo-Sa 08:00-12:00,13:30-18:00; Su off": [] if day.weekday() == 6 else [(8, 12), (13.5, 18)],
        "Mo-Su 10:00-20:00; PH off": [] if workdays.holiday(day) else [(10, 20)],
        "Mo-Su 18:00-02:00": [(18, 26)],
    }[text]


def _is_open(text: str, moment: datetime, slack: timedelta) -> bool:
    for day in (moment.date() - DAY, moment.date(), moment.date() + DAY):
        for since, until in _spans(text, day):
            midnight = datetime.combine(day, time())
            begin, end = midnight + timedelta(hours=since), midnight + timedelta(hours=until)
            if begin - slack <= moment <= end + slack:
                return True
    return False


def m10(city: City, window: Window, values: Values) -> Found:
    late = []
    slack = timedelta(minutes=values["slack_minutes"])
    for line in city.sales:
        shop = shop_of(city, line)
        text, day = shop.get("opening_hours"), line["sold_at"].date()
        if text in (None, "nonsense") or shop["kind"] == "vending" or not within(line, window):
            continue
        quiet = city.noticed(line["pharmacy_id"], day, ("outage", "promotion"))
        if not quiet and not _is_open(text, line["sold_at"], slack):
            late.append(line)
    lines = [one for one in by_day(late) if one["quantity"] > 0]
    special = [one for one in lines if words((city.drug_of(one) or {}).get("categories")) & {"EPH", "PSY2"}]
    many = {key: some for key, some in told(lines, "hours").items() if len(some) >= values["lines"]}
    both = {**many, **told(special, "special")}
    return {key: (float(len(some)), ids(some)) for key, some in both.items()}


def m26(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    for channel, clause in (("online", "online"), ("delivery", "delivered")):
        some = []
        for line in city.sales:
            drug = city.drug_of(line)
            if drug is None or line["channel"] != channel or not within(line, window):
                continue
            bears = words(drug["categories"])
            hormone = "PEPTIDE" in bears and "胰岛素" not in drug["drug_name"]
            if line["sold_at"] >= datetime(2022, 12, 1) and (bears & BANNED or hormone):
                some.append(line)
        found.update(summed(some, clause))
    return found


def m27(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    sent = by_day(one for one in city.sales if one["channel"] == "delivery")
    sent = [one for one in sent if one["quantity"] > 0]
    for line in sent:
        if not within(line, window):
            continue
        key = (line["pharmacy_id"], line["sold_at"].date())
        if line["seal_id"] is None:
            knows = any(
                one["pharmacy_id"] == key[0]
                and one["seal_id"] is not None
                and 0 <= (key[1] - one["sold_at"].date()).days <= values["known_days"]
                for one in city.sales
            )
            if knows:
                _add(found, (*key, "unsealed"), [line])
            continue
        before = [
            one
            for one in sent
            if (one["pharmacy_id"], one["seal_id"]) == (key[0], line["seal_id"])
            and timedelta(minutes=values["order_minutes"])
            < line["sold_at"] - one["sold_at"]
            <= timedelta(days=values["reuse_days"])
        ]
        if before:
            first = min(before, key=lambda one: (one["sold_at"], one["line_id"]))
            _add(found, (*key, "reused"), [line, first])
    return found


def _add(found: Found, key: tuple[str, date, str], lines: list[Row]) -> None:
    measure, had = found.get(key, (0.0, frozenset()))
    found[key] = (measure + 1.0, had | ids(lines))


def n11(city: City, window: Window, values: Values) -> Found:
    some = []
    for line in city.settlements:
        shop, day = shop_of(city, line), line["settled_at"].date()
        since = shop.get("designated_since")
        out = shop.get("insurance_designated") is False and (since is None or day > since)
        if out and window.since <= day <= window.until:
            some.append({**line, "sold_at": line["settled_at"]})
    lines = [one for one in by_day(some) if one["quantity"] > 0]
    return {key: (float(len(each)), ids(each)) for key, each in told(lines, "undesignated").items()}


def m29(city: City, window: Window, values: Values) -> Found:
    found: Found = {}
    special = {id(line) for line in city.lines_of("EPH") + city.lines_of("PSY2")}
    for monday in (day for day in days_of(window) if day.weekday() == 0):
        first = monday - 28 * DAY
        held = {}
        for shop in city.pharmacies:
            mine = [
                line
                for line in city.sales
                if line["pharmacy_id"] == shop["pharmacy_id"]
                and line["quantity"] > 0
                and first <= line["sold_at"].date() < monday
            ]
            placed = shop["kind"] is not None and shop["area_code"] is not None
            if len(mine) >= values["lines"] and placed:
                held[shop["pharmacy_id"]] = (shop, [one for one in mine if id(one) in special], len(mine))
        for name, (shop, lines, count) in held.items():
            new = shop["valid_from"] <= first and monday - DAY < shop["valid_from"] + 90 * DAY
            limits = _peers(shop, held, first, values)
            if not new or limits is None or _renewed(city, shop) or len(lines) < values["least"]:
                continue
            high, middle = limits
            share = Fraction(len(lines), count)
            if share > high and share >= exact(values["times"]) * middle:
                found[name, monday, "share"] = (round(len(lines) / count * 100, 6), ids(lines))
    return found


def _peers(
    shop: Row, held: Mapping[str, tuple[Row, list[Row], int]], first: date, values: Values
) -> tuple[Fraction, Fraction] | None:
    """The high and the middle share of established shops of one kind and county."""
    shares = sorted(
        Fraction(len(lines), count)
        for other, lines, count in held.values()
        if other["kind"] == shop["kind"]
        and other["area_code"][:6] == shop["area_code"][:6]
        and first >= {**OPEN, **other}["valid_from"] + 90 * DAY
    )
    if len(shares) < values["peers"]:
        return None
    high, middle = (math.ceil(exact(part) * len(shares)) for part in (values["percentile"], 0.5))
    return shares[high - 1], shares[middle - 1]


def _renewed(city: City, shop: Row) -> bool:
    return any(
        line["pharmacy_id"] == shop["pharmacy_id"]
        and 1 <= (shop["valid_from"] - line["sold_at"].date()).days <= 90
        for line in city.sales
    )


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M07": (m07, feeds_licence.scoped),
    "R-M08": (m08, feeds_licence.ending),
    "R-M10": (m10, feeds_licence.hourly),
    "R-M26": (m26, feeds_licence.online),
    "R-M27": (m27, feeds_licence.sealed),
    "R-M29": (m29, feeds_licence.opened),
    "R-N11": (n11, feeds_licence.designated),
}
