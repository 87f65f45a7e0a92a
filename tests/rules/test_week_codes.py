"""R-M19: generated weeks reach each of its clauses, and a catalogue that learns a code later takes nothing back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, find, settings

from tests.rules import cities, feeds_weeks, twins_weeks
from tests.rules.cities import Example
from tests.rules.twins import City
from tests.rules.twins import Found as Told
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.run import run_rule

RULE = book()["R-M19"]
SUNDAY = cities.MONDAY + timedelta(days=6)
WRONG = "80000020000000000001"


def told(example: Example) -> Told:
    return twins_weeks.m19(example.city, example.window, RULE.values())


@pytest.mark.parametrize("clause", RULE.clauses)
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_generated_weeks_reach_every_clause_and_the_rule_agrees_there(clause: str) -> None:
    quick = settings(max_examples=3000, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    example = find(
        feeds_weeks.scanned(), lambda one: any(key[2] == clause for key in told(one)), settings=quick
    )
    frame = run_rule(RULE, example.facts(), example.window)
    keys = zip(frame["subject"], frame["behaviour_day"], frame["clause"], strict=True)
    results = zip(frame["measure"], map(frozenset, frame["line_ids"]), strict=True)
    assert dict(zip(keys, results, strict=True)) == told(example)


@pytest.mark.parametrize(
    ("least", "lines", "found"), [(3, 3, True), (3, 2, False), (1, 1, True), (5, 4, False)]
)
def test_the_bound_is_the_least_number_of_lines(least: int, lines: int, found: bool) -> None:
    sales = feeds_weeks.run_of("甲", [3], "片", lines, trace_code=WRONG)
    example = Example(City(sales, feeds_weeks.CODED, cities.SHOPS), Window(SUNDAY, SUNDAY))
    frame = run_rule(RULE, example.facts(), example.window, {"least_mismatched": least})
    assert [(one.clause, one.measure, one.threshold, one.level) for one in frame.itertuples()] == (
        [("mismatch", lines, least, "yellow")] if found else []
    )


@pytest.mark.parametrize(("day", "clauses"), [(2, set()), (3, {"mismatch"}), (6, {"mismatch"}), (7, set())])
def test_a_code_is_held_to_what_the_catalogue_told_on_the_day_of_sale(day: int, clauses: set[str]) -> None:
    sales = feeds_weeks.run_of("甲", [day], "片", 9, trace_code=WRONG)
    window = Window(SUNDAY, SUNDAY + timedelta(days=7))
    example = Example(City(sales, feeds_weeks.CODED, cities.SHOPS), window)
    assert set(run_rule(RULE, example.facts(), example.window)["clause"]) == clauses
