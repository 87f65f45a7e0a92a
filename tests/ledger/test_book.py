"""Balances in arrays agree with the slow plain way, in any order of the lines."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger import plain
from yaotong.ledger.book import Book
from yaotong.ledger.entries import KINDS, MICRO, read
from yaotong.ledger.tables import ledger_of

START = datetime(2026, 1, 20)
_AT = st.integers(0, 90 * 24).map(lambda hours: START + timedelta(hours=hours))
_PLACE = {
    "pharmacy_id": st.sampled_from(["A", "B"]),
    "drug_code": st.sampled_from(["D", "E"]),
    "batch_no": st.sampled_from([None, "1", "2"]),
}
_ENTRY = st.fixed_dictionaries(
    {**_PLACE, "at": _AT, "kind": st.sampled_from(KINDS), "packs": st.sampled_from([1.0, 3.0, 0.1, 0.05])}
)
_COUNT = st.fixed_dictionaries({**_PLACE, "at": _AT, "packs": st.sampled_from([0.0, 2.0, 5.5])})
_KEYS = ("pharmacy_id", "drug_code", "batch_no", "at")


def frames(entries: list[Any], counts: list[Any]) -> tuple[pd.DataFrame, pd.DataFrame]:
    return (
        pd.DataFrame(entries, columns=[*_KEYS, "kind", "packs"]),
        pd.DataFrame(counts, columns=[*_KEYS, "packs"]),
    )


def distinct(rows: list[Any]) -> list[Any]:
    """One count of a shelf at a moment, as the feed's key has it."""
    return list({tuple(str(row[key]) for key in _KEYS): row for row in rows}.values())


def at_their_own_time(rows: list[Any]) -> list[Any]:
    """Each entry a second of its own, so that there is but one order."""
    return [{**row, "at": row["at"] + timedelta(seconds=number)} for number, row in enumerate(rows)]


@settings(max_examples=40)
@given(st.lists(_ENTRY, max_size=12), st.lists(_COUNT, max_size=8), st.randoms(use_true_random=False))
def test_spans_agree_with_the_slow_way_in_any_order(entries: list[Any], counts: list[Any], rng: Any) -> None:
    entries, counts = at_their_own_time(entries), distinct(counts)
    told = plain.spans(entries, counts, 7)
    rng.shuffle(entries)
    rng.shuffle(counts)
    if not counts:
        return
    shelves, lines, held = read(*frames(entries, counts))
    made = Book(lines, held)
    spans = made.spans(7)
    shelf = held.shelf[spans.second]
    found = [
        (
            shelves.shop[one], shelves.drug[one], shelves.lot[one],
            datetime(1970, 1, 1) + timedelta(seconds=int(held.at[spans.first[row]])),
            datetime(1970, 1, 1) + timedelta(seconds=int(held.at[spans.second[row]])),
            *(int(column[row]) for column in (spans.gap, spans.lowest, spans.lowest_if_late, spans.bought_after)),
        )
        for row, one in enumerate(shelf.tolist())
    ]  # fmt: skip
    assert sorted(found) == sorted((*row[:5], *(int(value * MICRO) for value in row[5:])) for row in told)


@settings(max_examples=40)
@given(st.lists(_ENTRY, min_size=1, max_size=12), st.lists(_COUNT, max_size=6))
def test_months_add_up_and_agree_with_the_slow_way(entries: list[Any], counts: list[Any]) -> None:
    counts = distinct(counts)
    sent = pd.DataFrame({"pharmacy_id": [], "kind": [], "day": []})
    months = ledger_of(*frames(entries, counts), sent, {"D"}).months
    for row in months.to_dict("records"):
        shelf = (row["pharmacy_id"], row["drug_code"], row["lot"])
        for kind in KINDS:
            assert row[kind] == float(plain.month_sum(entries, shelf, row["month"], kind))
        first = datetime.strptime(row["month"], "%Y-%m")
        said = plain.stands(entries, counts, shelf, first)
        assert np.isnan(row["opening"]) if said is None else row["opening"] == float(said)
        after = plain.stands(entries, counts, shelf, (first + timedelta(days=32)).replace(day=1))
        assert np.isnan(row["closing"]) if after is None else row["closing"] == float(after)
        if said is not None:
            moved = sum(plain.SIGN[kind] * round(row[kind] * MICRO) for kind in KINDS)
            total = round(row["opening"] * MICRO) + moved - round(row["gap"] * MICRO)
            assert total == round(row["closing"] * MICRO)
