"""Shapes of the rules that read what the detector says of daily sales. An analytic lead, never an offence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import ibis.expr.types as ir

from yaotong.codes import CATEGORIES
from yaotong.facts import Facts, Window
from yaotong.rules.model import Adds, Clause, Parameter, Values
from yaotong.rules.shapes import DAY_S, number_of
from yaotong.watched import DIVERTED, SYMPTOM_NAMES_ZH, SYMPTOMS

# The detector's longest span, and the month in which a finding is the first.
REACH_DAYS = 28
# Days after which nothing of a sale is left in what is held against it: five years, as for other rules.
LOOKBACK_DAYS = 1825


def sure(facts: Facts, window: Window, values: Values) -> ir.Table:
    """Signals that no other level explains better, as sure and as large as the values ask.

    From the first day of the month of the window's first.
    """
    told = facts.signals(window.since.replace(day=1), window.until)
    return told.filter(
        told.best,
        told.observed > told.upper,
        told.q <= float(values["most_q"]),
        told.excess >= float(values["min_excess"]),
        told.observed >= told.expected * float(values["times"]),
    )


def span_from(day: ir.DateValue, span_days: ir.IntegerValue) -> ir.TimestampValue:
    """The first moment of so many days that end with a day."""
    return ((number_of(day) - span_days + 1) * DAY_S).as_timestamp("s")


def reach(window: Window) -> Window:
    """The days whose sales a finding of a window can rest on."""
    first = window.since.replace(day=1) - timedelta(days=REACH_DAYS)
    return Window(first, window.until)


def thresholds(most_q: float, times: float, min_excess: float) -> tuple[Parameter, ...]:
    """How sure, how many times the expected, and by how many packs a rise must be."""
    return (
        Parameter("most_q", most_q, "概率", 0.00001, 0.05, "错报率控制之后的 q 值至多多少"),
        Parameter("times", times, "倍", 1.1, 10, "这几天合计至少为预期的多少倍"),
        Parameter("min_excess", min_excess, "盒", 3, 1000, "这几天合计至少比预期多多少盒"),
    )


def clauses(where_zh: str, where_en: str, adds: Adds | None = None) -> Mapping[str, Clause]:
    """The limb of each watched group; `adds` where the packs are those of evidence lines."""
    names = {one: CATEGORIES[one] for one in DIVERTED}
    names |= {one: f"{SYMPTOM_NAMES_ZH[one]}类药品" for one in SYMPTOMS}
    return {
        one: Clause(
            f"{where_zh}{name}近来售出 {{measure}} 盒，高于由过去推得的上界 {{threshold}} 盒",
            f"{one}: {{measure}} packs sold lately {where_en}, above the upper bound of {{threshold}}",
            "盒",
            adds,
        )
        for one, name in names.items()
    }
