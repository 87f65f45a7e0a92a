"""The cases of a rule's page as one set of facts, each case with names of its own."""

from __future__ import annotations

from datetime import date
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from yaotong.facts import FACT_SCHEMAS, Facts, Window
from yaotong.rules.cases import facts_of
from yaotong.rules.page import read_page
from yaotong.store.factengine import connect, registered

# What would otherwise be the same shop, person, drug or paper in two cases.
_NAMES = frozenset(
    """line_id pharmacy_id drug_code trace_code batch_no buyer_key person_key patient_key prescription_no
    prescriber_key pharmacist_id settlement_id scope chain area_code""".split()
)
# What a rule reads for what is written in it: with a case's name before it, it would say something else.
_AS_WRITTEN = {"R-M19": frozenset(["trace_code"])}
Tables = dict[str, pa.Table]


def page_tables(rule_id: str) -> tuple[Tables, Window]:
    """The tables of all cases of a page, and a window that holds the windows of all."""
    cases = [facts_of(case) for case in read_page(rule_id).cases]
    names = _NAMES - _AS_WRITTEN.get(rule_id, frozenset())
    parts = [_named(facts, f"{number:02d}~", names) for number, (facts, _) in enumerate(cases)]
    tables = {name: pa.concat_tables([one[name] for one in parts]) for name in FACT_SCHEMAS}
    tables["days"] = _days([one["days"] for one in parts])
    windows = [window for _, window in cases]
    return tables, Window(min(one.since for one in windows), max(one.until for one in windows))


def opened(engine: str, tables: Tables) -> Facts:
    """Tables in memory as facts of an engine."""
    backend = connect(engine)
    return Facts(**{name: registered(backend, name, table) for name, table in tables.items()})


def _named(facts: Facts, prefix: str, names: frozenset[str]) -> Tables:
    return {
        name: _prefixed(getattr(facts, name).to_pyarrow().cast(schema), prefix, names)
        for name, schema in FACT_SCHEMAS.items()
    }


def _prefixed(table: pa.Table, prefix: str, names: frozenset[str]) -> pa.Table:
    for place, field in enumerate(table.schema):
        if field.name in names:
            told = pc.binary_join_element_wise(pa.scalar(prefix), table[field.name].cast(pa.string()), "")
            table = table.set_column(place, field, told)
    return table


def _days(calendars: list[pa.Table]) -> pa.Table:
    """Every day of any case once."""
    every = pa.concat_tables(calendars).to_pylist()
    kept: dict[date, dict[str, object]] = reduce(lambda known, row: {**known, row["day"]: row}, every, {})
    return pa.Table.from_pylist([kept[day] for day in sorted(kept)], schema=FACT_SCHEMAS["days"])
