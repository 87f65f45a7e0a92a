"""Feeds, facts and references agree with one another, whatever feed is added next."""

from __future__ import annotations

import pytest

from yaotong.facts import FACT_MOMENTS, FACT_SCHEMAS
from yaotong.intake.core.reference import REFERENCES
from yaotong.records import FEEDS, Column, Feed, Kind

FEEDS_OF_LINES = [feed for feed in FEEDS.values() if feed.moment]


@pytest.mark.parametrize("feed", FEEDS_OF_LINES, ids=lambda feed: feed.name)
def test_facts_have_every_column_of_their_feed_and_nobody_s_number(feed: Feed) -> None:
    people = [one for one in feed.columns if one.identity]
    said = {f"{one.stem}_{what}" for one in people for what in ("region", "age_years")}
    ours = {"line_id", "arrived_at"}
    assert set(FACT_SCHEMAS[feed.name].names) == {one.stored for one in feed.columns} | said | ours
    assert not {one.name for one in feed.columns if one.personal} & set(FACT_SCHEMAS[feed.name].names)


@pytest.mark.parametrize("feed", FEEDS_OF_LINES, ids=lambda feed: feed.name)
def test_a_line_can_be_dated_and_told_from_others(feed: Feed) -> None:
    assert feed.column(feed.moment).kind is Kind.MOMENT
    assert {feed.moment, *feed.key} <= set(feed.required)
    assert not any(feed.column(name).personal for name in feed.key)
    assert FACT_MOMENTS[feed.name] in FACT_SCHEMAS[feed.name].names


@pytest.mark.parametrize("feed", FEEDS_OF_LINES, ids=lambda feed: feed.name)
def test_shops_and_drugs_of_lines_must_be_known(feed: Feed) -> None:
    checked = {"pharmacy_id": "unknown_pharmacy", "drug_code": "unknown_drug"}
    for name in checked.keys() & set(feed.names):
        assert REFERENCES[feed.name, name][1] == checked[name]
    for referring, name in REFERENCES:
        assert name in FEEDS[referring].names


def test_the_month_of_a_line_is_decided_by_the_contract_s_moment() -> None:
    assert FACT_MOMENTS == {
        "sales": "sold_at",
        "purchases": "received_at",
        "stock_counts": "counted_at",
        "stock_moves": "moved_at",
        "prescriptions": "issued_at",
        "settlements": "settled_at",
        "duty": "duty_from",
        "inspections": "inspected_at",
    }
    assert FEEDS["duty"].stored_key == ("pharmacy_id", "pharmacist_id", "duty_from")


@pytest.mark.parametrize(
    ("column", "stem", "stored", "identity"),
    [
        (Column("buyer_id_no", personal=True), "buyer", "buyer_key", True),
        (Column("prescriber_id", personal=True), "prescriber", "prescriber_key", False),
        (Column("person_no", personal=True), "person", "person_key", False),
        (Column("amount", held_as="amount_fen"), "amount", "amount_fen", False),
        (Column("batch_no"), "batch", "batch_no", False),
    ],
)
def test_a_personal_number_is_stored_as_a_key(column: Column, stem: str, stored: str, identity: bool) -> None:
    assert (column.stem, column.stored, column.identity) == (stem, stored, identity)
