"""Facts from a handful of rows: every table of the facts can be named, and has its types."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, datetime

from yaotong.facts import FACT_SCHEMAS, Facts
from yaotong.rules.builder import facts_from

DAY = date(2026, 5, 1)


def test_every_table_is_there_with_its_columns_even_when_nothing_is_given() -> None:
    facts = facts_from(since=DAY, until=DAY)
    names = [one.name for one in fields(Facts)]
    assert set(names) == set(FACT_SCHEMAS)
    for name in names:
        table = getattr(facts, name)
        assert table.columns == tuple(FACT_SCHEMAS[name].names)
        assert (table.count().execute() > 0) == (name == "days")


def test_rows_of_each_further_table_are_its_rows() -> None:
    morning = datetime(2026, 5, 1, 8)
    facts = facts_from(
        stock_counts=[{"pharmacy_id": "A", "drug_code": "D", "counted_at": morning, "quantity": 0.0}],
        prescriptions=[{"prescription_no": "R", "issued_at": morning, "days": 7}],
        settlements=[{"settlement_id": "J", "settled_at": morning, "amount_fen": -2560}],
        duty=[{"pharmacy_id": "A", "pharmacist_id": "Y", "duty_from": morning}],
        inspections=[{"inspection_id": "C", "inspected_at": morning, "hours_confirmed": False}],
        since=DAY,
        until=DAY,
    )
    assert facts.stock_counts.quantity.execute().tolist() == [0.0]
    assert facts.prescriptions.days.execute().tolist() == [7]
    assert facts.settlements.amount_fen.execute().tolist() == [-2560]
    assert facts.duty.filter(facts.duty.duty_until.isnull()).pharmacist_id.execute().tolist() == ["Y"]
    assert facts.inspections.hours_confirmed.execute().tolist() == [False]
    assert facts.inspections.place_confirmed.isnull().all().execute()
