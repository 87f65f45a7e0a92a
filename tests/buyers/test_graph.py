"""What is odd about a buyer and what ties two, on both sides of each limit."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from yaotong.buyers.graph import Graph, around, graph_of

START = datetime(2026, 3, 2, 9)
PLACES = {"P": (121.0, 30.7), "Q": (121.1, 30.7), "R": (121.01, 30.7)}  # P–Q 9.56 km, P–R 0.96 km


def line(buyer: str, minutes: float, shop: str = "P", packs: float = 1, **more: Any) -> dict[str, Any]:
    lon, lat = PLACES[shop]
    told = {
        "buyer_key": buyer, "pharmacy_id": shop, "sold_at": START + timedelta(minutes=minutes),
        "quantity": float(packs), "mg": 300.0, "age": 40, "region": "9100", "prescription_no": None,
        "payer": None, "lon": lon, "lat": lat,
    }  # fmt: skip
    return {**told, **more}


def made(*lines: dict[str, Any]) -> Graph:
    return graph_of(pd.DataFrame(lines))


def odd(*lines: dict[str, Any]) -> tuple[str, ...]:
    return made(*lines).buyers.set_index("buyer_key").loc["a", "reasons"]


def ties(*lines: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in made(*lines).edges.itertuples(index=False)]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        ([line("a", 0, packs=2), line("a", 1439, "R", 2)], True),
        ([line("a", 0, packs=2), line("a", 1440, "R", 2)], False),  # a day to the second
        ([line("a", 0, packs=2), line("a", 60, "R", 1.9)], False),
        ([line("a", 0, packs=2), line("a", 60, "P", 2)], False),  # one shop: its own limit's affair
        ([line("a", 0, packs=2), line("a", 30, packs=-1), line("a", 60, "R", 2)], False),
    ],
)
def test_splitting(lines: list[dict[str, Any]], found: bool) -> None:
    assert ("splitting" in odd(*lines)) is found


@pytest.mark.parametrize(("minutes", "shop", "found"), [(2.5, "Q", True), (3, "Q", False), (0.1, "R", False)])
def test_travel_that_nobody_makes(minutes: float, shop: str, found: bool) -> None:
    assert ("travel" in odd(line("a", 0), line("a", minutes, shop))) is found


@pytest.mark.parametrize(("age", "found"), [(17, True), (18, False), (None, False)])
def test_minors(age: int | None, found: bool) -> None:
    assert ("minor" in odd(line("a", 0, age=age))) is found


def test_packs_and_milligrams_add_up_and_unknown_content_is_counted_apart() -> None:
    row = made(line("a", 0, packs=3), line("a", 60, packs=-1), line("a", 90, mg=None)).buyers.iloc[0]
    assert (row["packs"], row["mg"], row["mg_unknown"], row["shops"]) == (3.0, 600.0, 1, 1)


@pytest.mark.parametrize(
    ("apart", "later", "found"),
    [(10, 1440, [("a", "b", "pace", 2, 4.0)]), (10.1, 1440, []), (10, 60, [])],
)
def test_two_beside_one_another_on_two_days(apart: float, later: float, found: list[Any]) -> None:
    lines = [line("a", 0), line("b", apart), line("a", later), line("b", later + apart)]
    assert ties(*lines) == found
    assert ties(*[{**one, "quantity": -1.0} for one in lines]) == []


def test_two_at_two_shops_of_one_day_are_beside_one_another_too() -> None:
    assert ties(line("b", 0), line("a", 1), line("b", 30, "R"), line("a", 31, "R"))[0][:4] == (
        "a",
        "b",
        "pace",
        2,
    )


def test_who_pays_for_another_and_who_shares_a_prescription() -> None:
    assert ties(line("a", 0, payer="b"), line("c", 600, payer="c")) == [("a", "b", "payer", 1, 1.0)]
    assert ties(line("b", 0, prescription_no="R1"), line("a", 600, prescription_no="R1")) == [
        ("a", "b", "prescription", 1, 2.0)
    ]
    assert ties(line("b", 0, prescription_no="R1"), line("a", 600, prescription_no="R2")) == []


def test_the_part_around_a_buyer_ends_after_two_ties() -> None:
    graph = made(
        *(line(one, 600 * number, payer=other) for number, (one, other) in enumerate(("ab", "bc", "cd")))
    )
    near = around(graph, "a")
    assert {(a, b) for a, b in zip(near.edges["a"], near.edges["b"], strict=True)} == {("a", "b"), ("b", "c")}


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 3000), st.sampled_from("PR"), st.sampled_from([1, 2, -1])),
        min_size=1, max_size=12,
    )
)  # fmt: skip
def test_pace_agrees_with_the_slow_way(drawn: list[Any]) -> None:
    lines = [line(*one) for one in drawn]
    met: dict[tuple[str, str], set[str]] = {}
    for one in lines:
        for other in lines:
            apart = abs((one["sold_at"] - other["sold_at"]).total_seconds())
            bought = one["quantity"] > 0 and other["quantity"] > 0
            if (
                bought
                and one["buyer_key"] < other["buyer_key"]
                and one["pharmacy_id"] == other["pharmacy_id"]
                and apart <= 600
            ):
                for at in (one, other):
                    met.setdefault((one["buyer_key"], other["buyer_key"]), set()).add(
                        f"{at['pharmacy_id']}{at['sold_at']:%Y-%m-%d}"
                    )
    told = {(a, b): times for a, b, reason, times, _ in ties(*lines) if reason == "pace"}
    assert told == {pair: len(where) for pair, where in met.items() if len(where) >= 2}
