"""Slow, plain twins of the rules that hold sales to prescriptions, written from their pages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta

from hypothesis import strategies as st

from tests.rules import feeds
from tests.rules.cities import Example
from tests.rules.twins import City, Found, Row, Twin, exact, packs, put, within
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
        lines = [line for line, one in on_paper(city) if one is paper]
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


RULES: dict[str, tuple[Twin, Callable[[], st.SearchStrategy[Example]]]] = {
    "R-M11": (m11, feeds.papers),
}
