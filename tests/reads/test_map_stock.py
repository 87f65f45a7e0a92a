"""Stock for the map: the last count and what moved since, against a walk through every line."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.facts import Facts
from yaotong.reads.map_stock import MOVED_DAYS, no_stock, read_stock
from yaotong.rules.builder import facts_from

AS_OF = date(2026, 3, 31)
DRUGS = [
    {"drug_code": "E", "categories": "|EPH|OTC|"},
    {"drug_code": "P", "categories": "|PSY2|EPH|RX|"},
    {"drug_code": "O", "categories": "|OTC|"},
    {"drug_code": "N", "categories": "|EPH|", "valid_from": date(2026, 4, 1)},
]
LAST = datetime(2026, 3, 31, 23, 59, 59)
Row = dict[str, Any]


def _count(
    at: datetime, packs: float, drug: str = "E", lot: str | None = None, line: str = "c", shop: str = "A"
) -> Row:
    return {
        "line_id": line, "pharmacy_id": shop, "drug_code": drug, "counted_at": at, "quantity": packs, "batch_no": lot
    }  # fmt: skip


def _sale(at: datetime, packs: float, drug: str = "E", shop: str = "A") -> Row:
    return {"pharmacy_id": shop, "drug_code": drug, "sold_at": at, "quantity": packs}


def _bought(at: datetime, packs: float, drug: str = "E", shop: str = "A") -> Row:
    return {"pharmacy_id": shop, "drug_code": drug, "received_at": at, "quantity": packs}


def _facts(counts: list[Row], sales: list[Row] = (), bought: list[Row] = ()) -> Facts:  # type: ignore[assignment]
    return facts_from(
        since=AS_OF, until=AS_OF, drugs=DRUGS, stock_counts=counts, sales=sales, purchases=bought
    )


def _told(facts: Facts, as_of: date = AS_OF) -> dict[tuple[str, str], float | None]:
    frame = read_stock(facts, as_of)
    return {
        (shop, category): None if math.isnan(packs) else packs
        for shop, category, packs in zip(frame["license_no"], frame["category"], frame["packs"], strict=True)
    }


NOON = datetime(2026, 3, 10, 12)
SECOND = timedelta(seconds=1)


def test_what_moved_after_the_count_is_added_and_taken_and_what_moved_before_is_not() -> None:
    sales = [_sale(NOON, 100.0), _sale(NOON + SECOND, 3.0), _sale(LAST, 1.0), _sale(LAST + SECOND, 100.0)]
    bought = [_bought(NOON, 100.0), _bought(NOON + SECOND, 7.0), _bought(LAST + SECOND, 100.0)]
    assert _told(_facts([_count(NOON, 20.0)], sales, bought)) == {("A", "EPH"): 23.0, ("A", "SPECIAL"): 23.0}


def test_a_return_comes_back_onto_the_shelf() -> None:
    assert _told(_facts([_count(NOON, 5.0)], [_sale(NOON + SECOND, -2.0)]))[("A", "EPH")] == 7.0


def test_the_last_count_speaks_and_one_after_the_day_does_not() -> None:
    counts = [
        _count(NOON, 20.0, line="1"),
        _count(LAST, 8.0, line="2"),
        _count(LAST + SECOND, 99.0, line="3"),
    ]
    facts = _facts(counts)
    assert _told(facts)[("A", "EPH")] == 8.0
    assert _told(facts, date(2026, 3, 30))[("A", "EPH")] == 20.0


def test_the_lots_of_the_last_day_are_added_and_lots_of_earlier_days_are_gone() -> None:
    counts = [
        _count(datetime(2026, 3, 9, 23, 59), 50.0, lot="old", line="1"),
        _count(datetime(2026, 3, 10, 0, 0), 3.0, lot="a", line="2"),
        _count(NOON, 4.0, lot="b", line="3"),
        _count(datetime(2026, 3, 10, 11), 9.0, lot="b", line="4"),
    ]
    assert _told(_facts(counts))[("A", "EPH")] == 7.0


def test_a_drug_of_two_categories_counts_in_both_and_once_in_all() -> None:
    told = _told(
        _facts([_count(NOON, 5.0), _count(NOON, 2.0, "P", line="2"), _count(NOON, 50.0, "O", line="3")])
    )
    assert told == {("A", "EPH"): 7.0, ("A", "PSY2"): 2.0, ("A", "SPECIAL"): 7.0}


SINCE = LAST + SECOND - timedelta(days=MOVED_DAYS)
UNKNOWN = {("A", "EPH"): None, ("A", "PSY2"): None, ("A", "SPECIAL"): None}


@pytest.mark.parametrize(
    ("moved", "expected"),
    [(SINCE, UNKNOWN), (SINCE - SECOND, {("A", "EPH"): 5.0, ("A", "SPECIAL"): 5.0})],
)
def test_a_drug_that_moved_lately_and_was_never_counted_makes_the_sum_unknown(
    moved: datetime, expected: dict[tuple[str, str], float | None]
) -> None:
    assert _told(_facts([_count(NOON, 5.0)], [_sale(moved, 1.0, "P")])) == expected


def test_less_than_nothing_is_unknown_and_nothing_is_nothing() -> None:
    assert _told(_facts([_count(NOON, 2.0)], [_sale(NOON + SECOND, 2.0)]))[("A", "EPH")] == 0.0
    assert _told(_facts([_count(NOON, 2.0)], [_sale(NOON + SECOND, 2.001)]))[("A", "EPH")] is None


def test_a_shop_that_never_counted_is_unknown_beside_one_that_did() -> None:
    told = _told(_facts([_count(NOON, 2.0)], [_sale(NOON, 5.0, shop="B")]))
    assert told[("B", "EPH")] is None
    assert told[("A", "EPH")] == 2.0


def test_a_drug_not_yet_special_is_left_out() -> None:
    assert _told(_facts([_count(NOON, 2.0, "N")])) == {}


def test_the_oldest_count_dates_the_sum() -> None:
    frame = read_stock(
        _facts([_count(NOON, 5.0), _count(NOON - timedelta(days=3), 2.0, "P", line="2")]), AS_OF
    )
    dates = dict(zip(frame["category"], frame["counted_on"], strict=True))
    assert dates["SPECIAL"] == pd.Timestamp(2026, 3, 7)
    assert dates["EPH"] == pd.Timestamp(2026, 3, 7)


def test_without_counts_or_a_day_nothing_is_known() -> None:
    assert _told(_facts([], [_sale(NOON, 5.0)])) == {}
    assert read_stock(_facts([_count(NOON, 5.0)]), None).equals(no_stock())


def _slow(counts: list[Row], sales: list[Row], bought: list[Row]) -> dict[tuple[str, str], float | None]:
    """Shop by shop, drug by drug, line by line."""
    kinds = {"E": ["EPH"], "P": ["PSY2", "EPH"]}
    shops = {one["pharmacy_id"] for one in (*counts, *sales, *bought)}
    found: dict[tuple[str, str], float | None] = {}
    for shop in shops if counts else ():
        for drug, categories in kinds.items():
            mine = [
                one
                for one in counts
                if (one["pharmacy_id"], one["drug_code"]) == (shop, drug) and one["counted_at"] <= LAST
            ]
            moves = [
                (one["sold_at"], -one["quantity"])
                for one in sales
                if (one["pharmacy_id"], one["drug_code"]) == (shop, drug)
            ]
            moves += [
                (one["received_at"], one["quantity"])
                for one in bought
                if (one["pharmacy_id"], one["drug_code"]) == (shop, drug)
            ]
            moves = [one for one in moves if one[0] <= LAST]
            if not mine and not any(at > LAST - timedelta(days=MOVED_DAYS) for at, _ in moves):
                continue
            packs: float | None = None
            if mine:
                last = max(one["counted_at"] for one in mine)
                lots: dict[Any, float] = {}
                for one in sorted(mine, key=lambda one: (one["counted_at"], one["line_id"])):
                    if one["counted_at"].date() == last.date():
                        lots[one["batch_no"]] = one["quantity"]
                packs = round(sum(lots.values()) + sum(n for at, n in moves if at > last), 6)
                packs = None if packs < 0 else packs
            for category in (*categories, "SPECIAL"):
                key = (shop, category)
                before = found.get(key, 0.0)
                found[key] = None if before is None or packs is None else before + packs
    return found


_moments = st.integers(0, 200).map(
    lambda half_days: LAST + timedelta(hours=12) - timedelta(hours=12 * half_days)
)
_packs = st.integers(-5, 20).map(float)
_shops, _codes = st.sampled_from("AB"), st.sampled_from("EPO")
_lots = st.sampled_from([None, "a", "b"])
_counts = st.lists(
    st.tuples(_moments, _packs.map(abs), _codes, _lots, _shops),
    max_size=6,
    unique_by=lambda one: one[:1] + one[2:],
).map(
    lambda rows: [_count(at, n, drug, lot, f"c{i}", shop) for i, (at, n, drug, lot, shop) in enumerate(rows)]
)


@settings(max_examples=40)
@given(
    _counts,
    st.lists(st.builds(_sale, _moments, _packs, _codes, _shops), max_size=6),
    st.lists(st.builds(_bought, _moments, _packs, _codes, _shops), max_size=6),
)
def test_stock_is_what_a_walk_through_every_line_says(
    counts: list[Row], sales: list[Row], bought: list[Row]
) -> None:
    assert _told(_facts(counts, sales, bought)) == _slow(counts, sales, bought)
