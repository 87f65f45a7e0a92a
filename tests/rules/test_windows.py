"""A day is judged alike whether it is asked for alone or within a longer window, and levels rise on their day."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from yaotong.facts import Window
from yaotong.rules.book import book
from yaotong.rules.cases import facts_of
from yaotong.rules.page import Case, read_page
from yaotong.rules.run import run_rule

# The first and the last firing case of each rule: every run of a rule costs a second or so.
FIRING = [
    (rule_id, firing[at])
    for rule_id in book()
    for firing in [[case for case in read_page(rule_id).cases if case.fires]]
    for at in (0, -1)
]
IDS = [f"{rule_id}-{case.title}" for rule_id, case in FIRING]


def case_of(rule_id: str, title: str) -> Case:
    return next(case for case in read_page(rule_id).cases if case.title == title)


@pytest.mark.parametrize(("rule_id", "case"), FIRING, ids=IDS)
def test_a_day_alone_is_judged_as_in_a_longer_window(rule_id: str, case: Case) -> None:
    facts, window = facts_of(case)
    rule = book()[rule_id]
    whole = run_rule(rule, facts, window)
    days = set(whole["behaviour_day"])
    for day in {min(days) - timedelta(days=1), min(days), max(days)}:
        if day >= window.since:
            alone = run_rule(rule, facts, Window(day, day))
            same = whole[whole["behaviour_day"] == day].reset_index(drop=True)
            assert alone.to_dict("records") == same.to_dict("records"), day


def test_a_silence_is_told_for_eight_weeks_in_a_long_window_too() -> None:
    facts, _ = facts_of(case_of("R-M20", "停报已有五十六天"))
    found = run_rule(book()["R-M20"], facts, Window(date(2026, 4, 1), date(2026, 4, 18)))
    assert max(found["behaviour_day"]) == date(2026, 4, 7)
    assert set(found["behaviour_from"].dt.date) == {date(2026, 2, 11)}


@pytest.mark.parametrize(
    ("days_orange", "levels"),
    [(3, ["yellow", "yellow", "orange", "orange"]), (4, ["yellow"] * 3 + ["orange"])],
)
def test_a_silence_turns_orange_on_its_day(days_orange: int, levels: list[str]) -> None:
    facts, window = facts_of(case_of("R-M20", "停报四天直到最后一天"))
    found = run_rule(book()["R-M20"], facts, window, {"days_orange": days_orange})
    assert list(found["measure"]) == [1, 2, 3, 4]
    assert list(found["level"]) == levels


@pytest.mark.parametrize(
    ("tuned", "levels"),
    [
        ({}, ["yellow"]),
        ({"days_running": 1}, ["yellow", "yellow"]),
        ({"days_orange": 2}, ["orange"]),
        ({"days_running": 3}, []),
    ],
)
def test_a_surge_is_told_and_turns_orange_on_its_day(tuned: dict[str, float], levels: list[str]) -> None:
    facts, window = facts_of(case_of("R-M30", "每天两盒的店连续两天三十盒"))
    assert list(run_rule(book()["R-M30"], facts, window, tuned)["level"]) == levels


@pytest.mark.parametrize(("share", "fires"), [(0.5, False), (0.51, True)])
def test_an_outage_is_a_share_of_the_town(share: float, fires: bool) -> None:
    facts, window = facts_of(case_of("R-M20", "同镇街四家恰停了一半"))
    found = run_rule(book()["R-M20"], facts, window, {"outage_share": share})
    assert len(found) == (2 if fires else 0)


def test_a_signal_of_a_town_shows_no_line_and_no_shop() -> None:
    facts, window = facts_of(case_of("R-H01", "一镇连续三天翻三倍，别镇如常"))
    found = run_rule(book()["R-H01"], facts, window)
    assert len(found) == 2
    assert [len(one) for one in found["line_ids"]] == [0, 0]
    assert [len(one) for one in found["pharmacy_ids"]] == [0, 0]
