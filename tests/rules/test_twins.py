"""Every rule against its slow, plain twin; and what must hold of any rule: order, windows, the future."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, assume, find, given, settings
from hypothesis import strategies as st

from tests.rules import cities, series, series_twins, twins
from tests.rules.cities import Example
from tests.rules.twins import DAY, Found, Twin, days_of
from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.run import run_rule

Cities = Callable[[], st.SearchStrategy[Example]]
RULES: dict[str, tuple[Twin, Cities]] = {
    "R-M01": (twins.m01, cities.visits),
    "R-M14": (twins.m14, cities.recalled),
    "R-N01": (twins.n01, cities.traced),
    "R-P01": (twins.p01, cities.gathered),
    "R-M20": (series_twins.m20, series.silences),
    "R-M30": (series_twins.m30, series.surges),
    "R-H01": (series_twins.h01, series.symptoms),
}
for _path in sorted(Path(__file__).parent.glob("twins_*.py")):
    RULES.update(import_module(f"tests.rules.{_path.stem}").RULES)
# A run of a rule costs a tenth of a second and more: few examples, unless the profile asks for many; what
# must hold of any rule is among the slow tests.
DEEP = settings.default is not None and settings.default.max_examples > 100
MANY = settings(max_examples=settings.default.max_examples if DEEP else 6)
FEW = settings(max_examples=200 if DEEP else 3)
NUDGE = 1e-9
every_rule = pytest.mark.parametrize("rule_id", RULES)


def run(rule_id: str, example: Example) -> pd.DataFrame:
    return run_rule(book()[rule_id], example.facts(), example.window)


def found(rule_id: str, example: Example) -> Found:
    frame = run(rule_id, example)
    keys = zip(frame["subject"], frame["behaviour_day"], frame["clause"], strict=True)
    results = zip(frame["measure"], map(frozenset, frame["line_ids"]), strict=True)
    return dict(zip(keys, results, strict=True))


def told(rule_id: str, example: Example) -> Found:
    """What the twin finds; an example too near a limit for binary numbers to tell is not asked about."""
    twin, values = RULES[rule_id][0], book()[rule_id].values()
    if rule_id == "R-H01":
        for sign in (-NUDGE, NUDGE):
            near = {**values, "score": values["score"] + sign, "times": values["times"] + sign}
            assume(twin(example.city, example.window, near) == twin(example.city, example.window, values))
    return twin(example.city, example.window, values)


def test_every_rule_of_the_book_has_a_twin() -> None:
    assert set(RULES) == set(book())


@every_rule
@MANY
@given(data=st.data())
def test_a_rule_finds_what_its_twin_finds(rule_id: str, data: st.DataObject) -> None:
    example = data.draw(RULES[rule_id][1]())
    expected = told(rule_id, example)
    assert found(rule_id, example) == expected


@every_rule
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_the_cities_give_a_rule_something_to_find(rule_id: str) -> None:
    twin, some = RULES[rule_id]
    values = book()[rule_id].values()
    quick = settings(max_examples=3000, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    # The same cities on every run: some rules are met with in one city of a thousand.
    example = find(
        some(),
        lambda one: bool(twin(one.city, one.window, values)),
        settings=quick,
        random=random.Random(rule_id),
    )
    assert found(rule_id, example) == twin(example.city, example.window, values)


@every_rule
@pytest.mark.slow
@FEW
@given(data=st.data())
def test_the_order_of_rows_does_not_matter(rule_id: str, data: st.DataObject) -> None:
    example = data.draw(RULES[rule_id][1]())
    mixed = data.draw(st.randoms(use_true_random=False))
    city = example.city
    names = [one.name for one in fields(city)]
    turned = {name: mixed.sample(list(getattr(city, name)), len(getattr(city, name))) for name in names}
    other = replace(example, city=replace(city, **turned))
    pd.testing.assert_frame_equal(run(rule_id, other), run(rule_id, example), rtol=1e-12)


@every_rule
@pytest.mark.slow
@FEW
@given(data=st.data())
def test_day_by_day_gives_what_one_long_run_gives(rule_id: str, data: st.DataObject) -> None:
    example = data.draw(RULES[rule_id][1]())
    days = days_of(example.window)[-2:]
    whole = run(rule_id, replace(example, window=Window(days[0], days[-1])))
    alone = [run(rule_id, replace(example, window=Window(day, day))) for day in days]
    keys = ["subject", "behaviour_day", "clause"]
    joined = pd.concat([one for one in alone if len(one)] or alone[:1]).sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(joined, whole, check_dtype=False)


@every_rule
@pytest.mark.slow
@FEW
@given(data=st.data())
def test_what_lies_outside_the_window_is_not_found_and_the_future_changes_nothing(
    rule_id: str, data: st.DataObject
) -> None:
    example = data.draw(RULES[rule_id][1]())
    frame = run(rule_id, example)
    assert set(frame["behaviour_day"]) <= set(days_of(example.window))
    # A visit is over half an hour after its last purchase: returns until then still count.
    end = example.window.end + (timedelta(minutes=30) if rule_id == "R-M01" else timedelta(0))
    past = [
        line for line in example.city.sales if line["sold_at"] <= end - timedelta(seconds=rule_id != "R-M01")
    ]
    pd.testing.assert_frame_equal(
        run(rule_id, until(example.with_sales(past), end)), frame, check_dtype=False
    )


MOMENTS = {
    "purchases": "received_at",
    "stock_counts": "counted_at",
    "prescriptions": "issued_at",
    "settlements": "settled_at",
    "duty": "duty_from",
    "inspections": "inspected_at",
    "stock_moves": "moved_at",
}


def until(example: Example, end: datetime) -> Example:
    """The example without the lines of other feeds that lie after a moment."""
    earlier = {
        name: [one for one in getattr(example.city, name) if one[moment] < end]
        for name, moment in MOMENTS.items()
    }
    return replace(example, city=replace(example.city, **earlier))


@every_rule
def test_no_rows_give_no_findings(rule_id: str) -> None:
    empty = Example(twins.City([]), Window(cities.MONDAY, cities.MONDAY + DAY))
    assert run(rule_id, empty).empty


@pytest.mark.parametrize("rule_id", ["R-P01", "R-N01"])
def test_two_lines_of_one_second_have_one_last_place(rule_id: str) -> None:
    common = {"buyer_key": "k:1", "drug_code": "麻720", "trace_code": "码1", "prescription_no": None}
    both = [
        {**cities.sold(name, 0, "麻720", 2.0), **common, "line_id": line_id}
        for name, line_id in (("甲", "甲/1"), ("丙", "丙/1"))
    ]
    last = max(both, key=lambda line: line["line_id"])["pharmacy_id"]
    for sales in (both, both[::-1]):
        city = twins.City(sales, cities.DRUGS, cities.SHOPS)
        frame = run(rule_id, Example(city, Window(cities.MONDAY, cities.MONDAY)))
        assert set(frame["area_code"]) == {city.area_of(last)}


def test_a_return_after_midnight_belongs_to_the_visit_of_the_day_before() -> None:
    late, early = cities.at(0, 86_000), cities.at(1, 600)
    sales = [
        {**cities.sold("甲", day, "麻720", quantity), "sold_at": moment, "buyer_key": "k:1"}
        for day, quantity, moment in ((0, 3.0, late), (1, -1.0, early))
    ]
    city = twins.City(sales, cities.DRUGS, cities.SHOPS)
    for until in (cities.MONDAY, cities.MONDAY + DAY):
        assert run("R-M01", Example(city, Window(cities.MONDAY, until))).empty


def test_a_catalogue_cannot_loosen_the_limit_of_the_law() -> None:
    sales = [{**cities.sold("甲", 0, "麻无", 3.0), "buyer_key": "k:1"}]
    city = twins.City(sales, cities.DRUGS, cities.SHOPS)
    frame = run("R-M01", Example(city, Window(cities.MONDAY, cities.MONDAY)))
    assert list(frame["threshold"]) == [2.0]


def test_a_town_cut_off_is_told_by_shops_that_sent_nothing_for_weeks() -> None:
    """Two shops silent since day 9 are due until day 65: till then the third is cut off with them."""
    ends = {"甲": 55, "乙": 9, "戊": 9}
    sales = [
        cities.sold(name, day, "普通", 1.0, number)
        for name, end in ends.items()
        for day in range(end + 1)
        for number in range(10)
    ]
    shops = [one for one in series.TOWN if one["pharmacy_id"] in ends]
    last = cities.MONDAY + 66 * DAY
    for since in (last, last - 20 * DAY):
        example = Example(twins.City(sales, (), shops), Window(since, last))
        assert found("R-M20", example) == told("R-M20", example)
        assert found("R-M20", example)["甲", last, "silent"] == (1.0, frozenset())
