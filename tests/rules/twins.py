"""A slow, plain twin of each rule about lines, written from its page: loops and exact fractions.

Each twin takes the rows, the window and the rule's values, and returns
{(subject, behaviour_day, clause): (measure, line ids)}.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from yaotong.facts import Window

Row = Mapping[str, Any]
Found = dict[tuple[str, date, str], tuple[float, frozenset[str]]]
Twin = Callable[["City", Window, Mapping[str, float]], Found]
DAY = timedelta(days=1)
OPEN = {"valid_from": date.min, "valid_to": date.max}


@dataclass(frozen=True)
class City:
    """The rows a rule sees, as facts_from takes them."""

    sales: Sequence[Row]
    drugs: Sequence[Row] = ()
    pharmacies: Sequence[Row] = ()
    recalls: Sequence[Row] = ()
    notices: Sequence[Row] = field(default=())
    purchases: Sequence[Row] = ()
    stock_counts: Sequence[Row] = ()
    prescriptions: Sequence[Row] = ()
    settlements: Sequence[Row] = ()
    duty: Sequence[Row] = ()
    inspections: Sequence[Row] = ()
    stock_moves: Sequence[Row] = ()
    cross_matches: Sequence[Row] = ()
    browsing: Sequence[Row] = ()
    suppliers: Sequence[Row] = ()

    def drug_of(self, line: Row) -> Row | None:
        """The catalogue's entry of a line's drug on the day of sale."""
        for drug in self.drugs:
            span = {**OPEN, **drug}
            known = span["valid_from"] <= line["sold_at"].date() <= span["valid_to"]
            if drug["drug_code"] == line["drug_code"] and known:
                return drug
        return None

    def lines_of(self, category: str) -> list[Row]:
        """Lines of drugs that bore the category on the day of sale."""
        return [
            line for line in self.sales if f"|{category}|" in (self.drug_of(line) or {}).get("categories", "")
        ]

    def area_of(self, shop: str) -> str | None:
        """The town of a shop; None when it is in none or in no register."""
        return next((one["area_code"] for one in self.pharmacies if one["pharmacy_id"] == shop), None)

    def noticed(self, shop: str, day: date, kinds: Sequence[str]) -> bool:
        """Whether a notice of one of the kinds covers a registered shop on the day."""
        mine = next((one for one in self.pharmacies if one["pharmacy_id"] == shop), None)
        if mine is None:
            return False
        names = {None, shop, mine["chain"], mine["area_code"]}
        return any(
            one["kind"] in kinds and one["date_from"] <= day <= one["date_until"] and one["scope"] in names
            for one in self.notices
        )


def exact(value: float) -> Fraction:
    """A quantity as written: 0.1 is a tenth."""
    return Fraction(str(value))


def packs(lines: Iterable[Row]) -> Fraction:
    """Exact sum of quantities."""
    return sum((exact(line["quantity"]) for line in lines), Fraction(0))


def ids(lines: Iterable[Row]) -> frozenset[str]:
    return frozenset(line["line_id"] for line in lines)


def within(line: Row, window: Window) -> bool:
    return bool(window.since <= line["sold_at"].date() <= window.until)


def put(found: Found, key: tuple[str, date, str], measure: float, lines: Iterable[Row]) -> None:
    """Join with what the subject, day and clause already have: the largest measure, all lines."""
    before, had = found.get(key, (-math.inf, frozenset()))
    found[key] = (max(before, measure), had | ids(lines))


def m01(city: City, window: Window, values: Mapping[str, float]) -> Found:
    found: Found = {}
    span = timedelta(minutes=values["visit_minutes"])
    lines = [line for line in city.lines_of("EPH") if line["prescription_no"] is None]
    for end in lines:
        if not within(end, window) or end["quantity"] <= 0:
            continue
        visit = [end] if end["buyer_key"] is None else [one for one in lines if _same_visit(one, end, span)]
        listed = (city.drug_of(end) or {})["limit_per_sale"]
        limit = values["limit_packs"] if listed is None else min(listed, values["limit_packs"])
        if packs(visit) > exact(limit):
            put(found, (end["pharmacy_id"], end["sold_at"].date(), "visit"), float(packs(visit)), visit)
    return found


def _same_visit(one: Row, end: Row, span: timedelta) -> bool:
    same = one["pharmacy_id"] == end["pharmacy_id"] and one["buyer_key"] == end["buyer_key"]
    before = timedelta(0) <= end["sold_at"] - one["sold_at"] <= span
    returned = one["quantity"] < 0 and timedelta(0) < one["sold_at"] - end["sold_at"] <= span
    return same and (before or returned)


def m14(city: City, window: Window, values: Mapping[str, float]) -> Found:
    lots: dict[tuple[str, date, str, str], list[Row]] = {}
    grace = timedelta(hours=values["grace_hours"])
    for line in city.sales:
        late = any(
            one["drug_code"] == line["drug_code"]
            and one["batch_no"] == line["batch_no"]
            and line["sold_at"] > one["effective_at"] + grace
            for one in city.recalls
        )
        if late and within(line, window):
            lot = (line["pharmacy_id"], line["sold_at"].date(), line["drug_code"], line["batch_no"])
            lots.setdefault(lot, []).append(line)
    shops: dict[tuple[str, date, str], list[Row]] = {}
    for (shop, day, _, _), lines in lots.items():
        if packs(lines) > 0:
            shops.setdefault((shop, day, "recalled"), []).extend(lines)
    return {key: (float(packs(lines)), ids(lines)) for key, lines in shops.items()}


def n01(city: City, window: Window, values: Mapping[str, float]) -> Found:
    found: Found = {}
    span = timedelta(minutes=values["rescan_minutes"])
    for trace_code in {line["trace_code"] for line in city.sales} - {None}:
        history = [line for line in city.sales if line["trace_code"] == trace_code]
        history.sort(key=lambda line: (line["sold_at"], line["line_id"]))
        out, sold, last = Fraction(0), 0, None
        for line in history:
            rescan = last is not None and line["quantity"] > 0 and _same_scan(last, line, span)
            last = line
            if rescan:
                continue
            out += exact(line["quantity"])
            sold += line["quantity"] > 0
            if line["quantity"] > 0 and out > 1 and sold >= 2 and within(line, window):
                shown = [one for one in history if one["sold_at"] <= line["sold_at"]]
                put(found, (trace_code, line["sold_at"].date(), "again"), float(sold), shown)
    return found


def _same_scan(last: Row, line: Row, span: timedelta) -> bool:
    same = all(last[name] == line[name] for name in ("pharmacy_id", "buyer_key", "quantity"))
    return same and line["sold_at"] - last["sold_at"] <= span


def p01(city: City, window: Window, values: Mapping[str, float]) -> Found:
    found: Found = {}
    lines = [
        line
        for line in city.lines_of("EPH")
        if line["prescription_no"] is None and line["buyer_key"] is not None
    ]
    for end in lines:
        if not within(end, window) or end["quantity"] <= 0:
            continue
        mine = [one for one in lines if one["buyer_key"] == end["buyer_key"]]
        for clause, days in (
            ("packs_24h", 1),
            ("shops_24h", 1),
            ("packs_7d", 7),
            ("packs_30d", 30),
            ("mg_30d", 30),
        ):
            some = [one for one in mine if timedelta(0) <= end["sold_at"] - one["sold_at"] < days * DAY]
            total = _total(city, clause, some)
            if total >= exact(values[clause]):
                put(found, (end["buyer_key"], end["sold_at"].date(), clause), float(total), some)
    return found


def _total(city: City, clause: str, lines: Sequence[Row]) -> Fraction:
    if clause.startswith("packs"):
        return packs(lines)
    if clause.startswith("mg"):
        mg = [exact((city.drug_of(one) or {})["active_mg_per_pack"] or 0) for one in lines]
        return sum((exact(one["quantity"]) * each for one, each in zip(lines, mg, strict=True)), Fraction(0))
    shops = {one["pharmacy_id"] for one in lines}
    return Fraction(sum(packs(one for one in lines if one["pharmacy_id"] == shop) > 0 for shop in shops))


def days_of(window: Window) -> list[date]:
    return [window.since + DAY * offset for offset in range((window.until - window.since).days + 1)]
