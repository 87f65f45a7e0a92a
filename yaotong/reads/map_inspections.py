"""Inspections as the dual map shows them: each shop's last that found something out, and its last in vain."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import ibis
import pandas as pd

from yaotong.facts import Facts

COLUMNS = ("license_no", "outcome", "inspected_on")


def no_inspections() -> pd.DataFrame:
    """What is known where nobody sent any."""
    frame = pd.DataFrame({name: [] for name in COLUMNS}, dtype="str")
    return frame.astype({"inspected_on": "datetime64[s]"})


def read_inspections(facts: Facts, as_of: date | None) -> pd.DataFrame:
    """license_no, outcome, inspected_on: of each shop its last inspection up to a Beijing day.

    One in which nobody could be met (not_met) does not hide what an earlier one found out: such a shop has
    two rows.
    """
    if as_of is None:
        return no_inspections()
    seen = facts.inspections
    seen = seen.filter(seen.inspected_at < datetime.combine(as_of + timedelta(days=1), datetime.min.time()))
    seen = seen.mutate(met=seen.outcome != "not_met")
    latest = ibis.window(
        group_by=[seen.pharmacy_id, seen.met], order_by=[seen.inspected_at.desc(), seen.line_id.desc()]
    )
    last = seen.mutate(place=ibis.row_number().over(latest)).filter(lambda one: one.place == 0)
    told = last.select(license_no="pharmacy_id", outcome="outcome", inspected_on="inspected_at")
    frame: pd.DataFrame = told.to_pandas()
    if frame.empty:
        return no_inspections()
    frame["inspected_on"] = frame["inspected_on"].dt.floor("D")
    return frame.sort_values(["license_no", "inspected_on"]).reset_index(drop=True)
