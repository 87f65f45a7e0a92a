"""A change of lines changes findings only where the scope of the change says."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.rules.cities import MONDAY, Example
from tests.rules.test_twins import FEW, RULES
from yaotong.facts import FACT_MOMENTS, KEYS, Apart, Facts, Window
from yaotong.rules.book import book
from yaotong.rules.builder import facts_from
from yaotong.rules.run import run_rule
from yaotong.rules.scope import days_of, keys_of, narrowed, tables_read, windows_of

every_rule = pytest.mark.parametrize("rule_id", RULES)
DAY = timedelta(days=1)
WHOLE = Window(MONDAY, MONDAY + 99 * DAY)


def test_a_line_reaches_as_far_as_the_rule_looks_back() -> None:
    assert windows_of([MONDAY + 10 * DAY], 7, WHOLE) == [Window(MONDAY + 9 * DAY, MONDAY + 17 * DAY)]


def test_what_lies_near_is_judged_in_one_go() -> None:
    near = windows_of([MONDAY + one * DAY for one in (10, 19)], 7, WHOLE)
    apart = windows_of([MONDAY + one * DAY for one in (10, 20)], 7, WHOLE)
    assert (len(near), len(apart)) == (1, 2)


def test_days_beyond_what_can_be_judged_are_left_out() -> None:
    assert windows_of([MONDAY - 9 * DAY, MONDAY + 101 * DAY], 7, WHOLE) == []
    assert windows_of([MONDAY - 7 * DAY, MONDAY + 99 * DAY], 7, WHOLE) == [
        Window(MONDAY, MONDAY),
        Window(MONDAY + 98 * DAY, MONDAY + 99 * DAY),
    ]


def test_many_stretches_are_judged_as_one() -> None:
    days = [MONDAY + one * DAY for one in range(0, 99, 10)]
    assert windows_of(days, 1, WHOLE) == [Window(MONDAY, MONDAY + 91 * DAY)]


def facts_of(example: Example, **lines: Any) -> Facts:
    """The example's facts, with these lines instead; the calendar stays that of all its lines."""
    days = [line["sold_at"].date() for line in example.city.sales] or [example.window.since]
    rows = {one.name: getattr(example.city, one.name) for one in fields(example.city)}
    until = max(example.window.until, *days)
    return facts_from(**{**rows, **lines}, since=min(days) - 7 * DAY, until=until)


def parted(example: Example, data: st.DataObject) -> tuple[dict[str, list[Any]], dict[str, list[Any]]]:
    """Lines by feed: those that came early, and up to three that came late."""
    early, late = {}, {}
    for feed in FACT_MOMENTS.keys() & {one.name for one in fields(example.city)}:
        rows = list(getattr(example.city, feed))
        places = data.draw(st.sets(st.integers(0, len(rows) - 1), max_size=3)) if rows else set()
        late[feed] = [one for number, one in enumerate(rows) if number in places]
        early[feed] = [one for number, one in enumerate(rows) if number not in places]
    return early, late


def outside(frame: pd.DataFrame, windows: list[Window], subjects: set[str] | None) -> pd.DataFrame:
    inside = pd.Series(False, index=frame.index)
    for window in windows:
        inside |= (frame["behaviour_day"] >= window.since) & (frame["behaviour_day"] <= window.until)
    if subjects is not None:
        inside &= frame["subject"].isin(subjects)
    return frame[~inside].reset_index(drop=True)


@every_rule
@pytest.mark.slow
@FEW
@given(data=st.data())
def test_late_lines_change_nothing_beyond_their_scope(rule_id: str, data: st.DataObject) -> None:
    rule, example = book()[rule_id], data.draw(RULES[rule_id][1]())
    early, late = parted(example, data)
    facts, news = facts_of(example), facts_of(example, **late)
    read = tables_read(rule.find(facts, example.window, rule.values()))
    feeds = [feed for feed, rows in late.items() if rows and feed in read]
    lines = {feed: getattr(news, feed) for feed in feeds}
    windows = windows_of(days_of(lines, feeds), rule.lookback_days, example.window)
    keys = keys_of(lines, feeds, rule.apart)
    subjects = None if keys is None else set(keys.to_pandas()["key"])
    before = run_rule(rule, facts_of(example, **early), example.window)
    after = run_rule(rule, facts, example.window)
    pd.testing.assert_frame_equal(
        outside(before, windows, subjects), outside(after, windows, subjects), check_dtype=False, rtol=1e-12
    )


@pytest.mark.parametrize("rule_id", [name for name in RULES if book()[name].apart])
@pytest.mark.slow
@FEW
@given(data=st.data())
def test_a_rule_that_judges_apart_finds_the_same_in_narrowed_facts(rule_id: str, data: st.DataObject) -> None:
    rule, example = book()[rule_id], data.draw(RULES[rule_id][1]())
    facts = example.facts()
    whole = run_rule(rule, facts, example.window)
    feeds = list(KEYS[rule.apart])
    everyone = keys_of({name: getattr(facts, name) for name in feeds}, feeds, rule.apart)
    some = everyone.order_by("key").limit(2)
    chosen = set(some.to_pandas()["key"])
    less = run_rule(rule, narrowed(facts, rule.apart, some), example.window)
    same = whole[whole["subject"].isin(chosen)].reset_index(drop=True)
    pd.testing.assert_frame_equal(less, same, check_dtype=False, rtol=1e-12)
    _no_finding_waits(rule.apart, facts, whole)


def _no_finding_waits(apart: Apart, facts: Facts, found: pd.DataFrame) -> None:
    """A line of the subject is of the day it is told on, so that time alone never brings a finding."""
    days: set[tuple[str, date]] = set()
    for feed, key in KEYS[apart].items():
        table = getattr(facts, feed)
        rows = table.select(key=table[key], day=table[FACT_MOMENTS[feed]].date()).to_pandas().dropna()
        days.update(zip(rows["key"], pd.to_datetime(rows["day"]).dt.date, strict=True))
    told = zip(found["subject"], found["behaviour_day"], strict=True)
    assert {one for one in told if one not in days} == set()


def test_a_rule_tells_which_tables_it_reads() -> None:
    rule, facts = book()["R-M14"], facts_from(since=MONDAY, until=MONDAY)
    found = rule.find(facts, Window(MONDAY, MONDAY), rule.values())
    assert {"sales", "recalls"} <= tables_read(found) <= {"sales", "recalls", "pharmacies", "drugs"}
