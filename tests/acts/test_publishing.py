"""A version of a rule from draft to live on a small city: proof first, then a second person, then the alerts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest

from tests.cities import BUILT_AT, city, copy_of
from tests.version_cases import BOTH, FIRES, RULE, STAYS, STRICTER, silence
from yaotong import acts
from yaotong.alerts.states import Act, Outcome
from yaotong.errors import Conflict, Forbidden, IllegalMove, NotFound, UsageError, YaotongError
from yaotong.facts import Facts, Window
from yaotong.gate import DEAD_AFTER, Step
from yaotong.reads.explain import explain
from yaotong.reads.versions import VersionPage, rule_versions, starting_cases, version_page
from yaotong.rules.book import book
from yaotong.rules.model import FINDING_COLUMNS, Rule
from yaotong.store import alerts, findings, rulebook
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace

LATER = BUILT_AT + timedelta(days=1)
LEADER = Viewer("msa", "药监演示员", "msa", "330482", "leader")
AUTHOR = Viewer("msa-danghu", "当湖市监所演示员", "msa", "330482001", "officer")
POLICE = Viewer("psb", "公安演示员", "psb", "330482", "leader")


@pytest.fixture
def small(tmp_path: Path) -> Workspace:
    return copy_of(city("small"), tmp_path / "home")


def drafted(workspace: Workspace, values: dict[str, float] | None = None) -> int:
    return acts.make_version(
        workspace, RULE, values=values or STRICTER, cases=BOTH, why="误报太多", actor=AUTHOR, now=LATER
    )


def proved(workspace: Workspace, values: dict[str, float] | None = None) -> int:
    number = drafted(workspace, values)
    assert acts.try_version(workspace, RULE, number, actor=AUTHOR, now=LATER) == ""
    return number


def backtested(workspace: Workspace, values: dict[str, float] | None = None) -> int:
    number = proved(workspace, values)
    begun = acts.begin_backtest(workspace, RULE, number, actor=AUTHOR, now=LATER)
    acts.do_backtest(workspace, begun, clock=lambda: LATER)
    return number


def published(workspace: Workspace, values: dict[str, float] | None = None) -> int:
    number = backtested(workspace, values)
    for step in (Step.APPROVE, Step.PUBLISH):
        acts.move_version(workspace, RULE, number, step, actor=LEADER, now=LATER)
    return number


def page(workspace: Workspace, number: int, viewer: Viewer = LEADER) -> VersionPage:
    return version_page(workspace, viewer, RULE, number, now=LATER)


def kept(workspace: Workspace) -> dict[str, tuple[Any, ...]]:
    """The alerts of the rule with all that a run could change of them."""
    with workspace.store.read() as connection:
        rows = alerts.listing(connection, rule_id=RULE)
        evidence = findings.of_alerts(connection, [row["alert_id"] for row in rows])
    return {
        row["alert_id"]: (
            row["revision"],
            row["condition_gone"],
            row["rule_version"],
            len(evidence[row["alert_id"]]),
        )
        for row in rows
    }


def closed(workspace: Workspace, alert_id: str, outcome: Outcome) -> None:
    steps = (
        (Act.ACCEPT, "", None),
        (Act.CHECK, "", None),
        (Act.DISPOSE, "查过", outcome),
        (Act.CLOSE, "办结", None),
    )
    for act, text, found in steps:
        acts.move_alert(
            workspace, alert_id, act, actor=LEADER, text=text, outcome=found, if_match=None, now=LATER
        )


def by_measure(workspace: Workspace) -> dict[float, str]:
    with workspace.store.read() as connection:
        return {row["measure"]: row["alert_id"] for row in alerts.listing(connection, rule_id=RULE)}


def test_from_a_draft_to_the_alerts_of_the_next_run_and_back(small: Workspace) -> None:
    names = by_measure(small)
    closed(small, names[4.0], Outcome.FALSE_ALARM)
    closed(small, names[5.0], Outcome.CONFIRMED)
    before = kept(small)
    number = backtested(small)
    assert kept(small) == before, "a back-test touches no alert"
    shown = page(small, number)
    assert shown.row.state == "backtested"
    test = shown.backtest
    assert test is not None
    report = test.report
    assert (report["days"], report["data_days"]) == (365, 120)
    assert (report["live"]["alerts"], report["new"]["alerts"]) == (len(before), len(before) - 1)
    assert (report["appeared"], [one.alert_id for one in test.disappear]) == (0, [names[4.0]])
    outcomes = {one.alert_id: (one.outcome, one.live, one.new) for one in test.outcomes}
    assert outcomes == {names[4.0]: ("false_alarm", True, False), names[5.0]: ("confirmed", True, True)}

    with pytest.raises(Forbidden):
        acts.move_version(small, RULE, number, Step.APPROVE, actor=AUTHOR, now=LATER)
    with pytest.raises(IllegalMove):
        acts.move_version(small, RULE, number, Step.PUBLISH, actor=LEADER, now=LATER)
    acts.move_version(small, RULE, number, Step.APPROVE, actor=LEADER, now=LATER)
    acts.move_version(small, RULE, number, Step.PUBLISH, actor=LEADER, now=LATER)
    assert rule_versions(small, LEADER, RULE).live == number
    assert {one.parameter.name: one.live for one in rule_versions(small, LEADER, RULE).parameters}[
        "days_yellow"
    ] == 5

    acts.detect(small, rule_ids=[RULE], now=LATER)
    after = kept(small)
    assert after[names[4.0]][1] is True
    assert after[names[5.0]][1:3] == (False, number)
    with small.store.read() as connection:
        events = alerts.events(connection, names[4.0])
    assert (events[-1].act, events[-1].reason) == ("vanish", "rule_changed")
    assert explain(small, names[5.0]).same
    again = acts.detect(small, rule_ids=[RULE], now=LATER)
    assert (kept(small), again[0].days) == (after, 0)

    acts.move_version(small, RULE, number, Step.RETIRE, actor=LEADER, text="再看", now=LATER)
    acts.detect(small, rule_ids=[RULE], now=LATER)
    assert {one: row[1:] for one, row in kept(small).items()} == {one: row[1:] for one, row in before.items()}


def test_the_back_test_says_what_detection_did(small: Workspace) -> None:
    """Its live side is the alerts and findings that are there, week by week and department by department."""
    test = page(small, backtested(small)).backtest
    assert test is not None
    with small.store.read() as connection:
        rows = alerts.listing(connection, rule_id=RULE)
        told = {row["alert_id"]: alerts.parts(connection, row["alert_id"]) for row in rows}
        evidence = findings.of_alerts(connection, list(told))
    assert test.report["live"]["findings"] == sum(map(len, evidence.values()))
    expected: dict[tuple[str, str], int] = {}
    for row in rows:
        monday = (row["first_day"] - timedelta(days=row["first_day"].weekday())).isoformat()
        for department in told[row["alert_id"]]:
            expected[monday, department] = expected.get((monday, department), 0) + 1
    weeks = test.report["weeks"]
    assert {
        (week["monday"], name): count for week in weeks for name, count in week["live"].items()
    } == expected
    assert len(weeks) in (53, 54)
    assert test.done == test.total == 4, "one step a month with data"


def test_other_departments_and_towns_see_counts_and_only_their_own_subjects(small: Workspace) -> None:
    number = backtested(small)
    police = page(small, number, POLICE)
    assert police.backtest is not None
    assert police.backtest.report["disappeared"] == 1
    assert (police.backtest.disappear, police.detail, police.steps) == ((), False, ())
    elsewhere = Viewer("x", "乍浦", "msa", "330482101", "officer")
    theirs = page(small, number, elsewhere).backtest
    assert theirs is not None
    assert theirs.disappear == ()
    mine = page(small, number, AUTHOR).backtest
    assert mine is not None
    assert len(mine.disappear) == 1


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"days_yellow": 8.0}, "1 到 7 天"),
        ({"days_yellow": 0.9}, "1 到 7 天"),
        ({"days_yellow": float("nan")}, "之间"),
        ({"days_yellow": 1.5}, "整数"),
        ({"days": 5.0}, "没有参数"),
        ({}, "没有改动"),
        ({"days_yellow": 1.0}, "没有改动"),
    ],
)
def test_values_that_may_not_be_are_refused_in_words(
    small: Workspace, values: dict[str, float], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        acts.make_version(small, RULE, values=values, cases=BOTH, why="试", actor=AUTHOR, now=LATER)


def test_what_the_law_sets_is_not_tuned(small: Workspace) -> None:
    with pytest.raises(UsageError, match="由法律规定"):
        acts.make_version(
            small,
            "R-M01",
            values={"limit_packs": 3.0},
            cases=starting_cases("R-M01"),
            why="试",
            actor=AUTHOR,
            now=LATER,
        )


def test_who_may_draft(small: Workspace) -> None:
    with pytest.raises(Forbidden, match="主办部门"):
        acts.make_version(small, RULE, values=STRICTER, cases="", why="试", actor=POLICE, now=LATER)
    with pytest.raises(NotFound):
        acts.make_version(small, "R-M99", values=STRICTER, cases="", why="试", actor=LEADER, now=LATER)


@pytest.mark.parametrize(
    ("cases", "said"),
    [
        (BOTH, ""),
        (FIRES, "不触发的案例"),
        (STAYS, "空条件"),
        (
            silence("触发：不够", "2026-06-01", "期望：主体 店甲，数值 4") + BOTH,
            "1 个案例与这组数值不符：不够",
        ),
        (silence("触发：刚够", "2026-05-31", "期望：主体 店甲，数值 5") + BOTH, ""),
        (silence("不触发：太久", "2026-05-31") + BOTH, "1 个案例与这组数值不符：太久"),
        (silence("触发：数错", "2026-05-31", "期望：主体 店甲，数值 6") + BOTH, "数错"),
    ],
)
def test_a_version_needs_a_case_that_fires_and_one_that_does_not(
    small: Workspace, cases: str, said: str
) -> None:
    number = acts.make_version(small, RULE, values=STRICTER, cases=cases, why="试", actor=AUTHOR, now=LATER)
    told = acts.try_version(small, RULE, number, actor=AUTHOR, now=LATER)
    assert said in told
    assert page(small, number).row.state == ("draft" if said else "tested")
    assert bool(told) == bool(said)
    if said:
        with pytest.raises(IllegalMove):
            acts.begin_backtest(small, RULE, number, actor=AUTHOR, now=LATER)


@pytest.mark.parametrize(
    "cases",
    [
        "### 停报\n",
        "### 触发：没有期望\n",
        BOTH.replace("| 时间 |", "| 时刻 |"),
        BOTH.replace("2026-05-11..", "五月.."),
        BOTH.replace("2026-05-11..", "1926-05-11.."),
        BOTH.replace("| 10 |", "| 501 |"),
        "字" * 40_001,
    ],
)
def test_cases_that_cannot_be_read_are_refused_in_words(small: Workspace, cases: str) -> None:
    with pytest.raises(UsageError):
        acts.make_version(small, RULE, values=STRICTER, cases=cases, why="试", actor=AUTHOR, now=LATER)
    assert rule_versions(small, LEADER, RULE).rows == ()


def test_a_draft_is_changed_by_its_author_and_proves_itself_anew(small: Workspace) -> None:
    number = backtested(small)
    change = {"values": {"days_yellow": 6.0}, "cases": FIRES, "why": "再试", "now": LATER}
    with pytest.raises(Forbidden, match="起草人"):
        acts.edit_version(small, RULE, number, actor=LEADER, **change)
    with pytest.raises(Conflict):
        acts.edit_version(small, RULE, number, actor=AUTHOR, if_match=1, **change)
    acts.edit_version(small, RULE, number, actor=AUTHOR, if_match=page(small, number).revision, **change)
    shown = page(small, number)
    assert (shown.row.state, shown.trial, shown.row.why) == ("draft", (), "再试")
    assert Step.APPROVE not in {step for step, _ in page(small, number).steps}


def test_a_back_test_against_another_live_version_is_stale(small: Workspace) -> None:
    second = backtested(small, {"days_yellow": 6.0})
    acts.move_version(small, RULE, second, Step.APPROVE, actor=LEADER, now=LATER)
    published(small)
    with pytest.raises(IllegalMove, match="重新回测"):
        acts.move_version(small, RULE, second, Step.PUBLISH, actor=LEADER, now=LATER)
    begun = acts.begin_backtest(small, RULE, second, actor=AUTHOR, now=LATER)
    assert page(small, second).approved_by == "", "the approval was given to the old back-test"
    acts.do_backtest(small, begun, clock=lambda: LATER)
    for step in (Step.APPROVE, Step.PUBLISH):
        acts.move_version(small, RULE, second, step, actor=LEADER, now=LATER)
    states = {one.number: one.state for one in rule_versions(small, LEADER, RULE).rows}
    assert states == {2: "live", 3: "retired"}


def wide(facts: Facts, window: Window, values: Any) -> ibis.Table:
    """Every shop on every day it sells so many lines: always, for a small enough value."""
    sales = facts.sales
    lines = sales.filter((sales.sold_at >= window.start) & (sales.sold_at < window.end))
    days = lines.group_by(subject=lines.pharmacy_id, behaviour_day=lines.sold_at.date()).agg(
        behaviour_from=lines.sold_at.min(),
        behaviour_until=lines.sold_at.max(),
        measure=lines.count().cast("float64"),
    )
    return (
        days.filter(days.measure >= (values["days_yellow"] - 4) ** 3)
        .mutate(
            clause=ibis.literal("silent"),
            threshold=ibis.literal(float(values["days_yellow"])),
            level=ibis.literal("yellow"),
            pharmacy_ids=ibis.array([days.subject]),
            area_code=ibis.literal("330482001"),
            line_ids=ibis.literal([], type="array<string>"),
        )
        .select(*FINDING_COLUMNS)
    )


ONE_SALE = """### 触发：卖了两笔

销售

| 药店 | 时间 | 药品 | 笔数 |
|---|---|---|---|
| 店甲 | 2026-03-02 09:00 | 普通药 | {some} |

期望：主体 店甲，数值 {some}

### 不触发：那一天没有卖

销售

| 药店 | 时间 | 药品 |
|---|---|---|
| 店甲 | 2026-03-02 09:00 | 普通药 |

窗口

| 起 | 止 |
|---|---|
| 2026-03-04 | 2026-03-04 |
"""


@pytest.mark.parametrize(("days", "state"), [(5.0, "refused"), (7.0, "backtested")])
def test_a_condition_that_is_always_true_is_refused(
    small: Workspace, monkeypatch: pytest.MonkeyPatch, days: float, state: str
) -> None:
    monkeypatch.setitem(book(), RULE, replace(book()[RULE], find=wide, feeds=("sales",)))  # type: ignore[arg-type]
    number = acts.make_version(
        small,
        RULE,
        values={"days_yellow": days},
        cases=ONE_SALE.format(some=int((days - 4) ** 3)),
        why="试",
        actor=AUTHOR,
        now=LATER,
    )
    assert acts.try_version(small, RULE, number, actor=AUTHOR, now=LATER) == ""
    begun = acts.begin_backtest(small, RULE, number, actor=AUTHOR, now=LATER)
    acts.do_backtest(small, begun, clock=lambda: LATER)
    shown = page(small, number)
    assert shown.row.state == state
    if state == "refused":
        assert "几乎总成立" in shown.events[0][0].text
        assert Step.APPROVE not in {step for step, _ in shown.steps}


def test_a_shadow_version_shows_its_difference_and_touches_nothing(small: Workspace) -> None:
    number = proved(small)
    acts.move_version(small, RULE, number, Step.SHADOW, actor=AUTHOR, now=LATER)
    before = kept(small)
    shown = page(small, number).shadow
    assert shown is not None
    assert shown.until is None, "nothing is said before its first run"
    acts.detect(small, rule_ids=[RULE], now=LATER)
    assert kept(small) == before
    shown = page(small, number).shadow
    assert shown is not None
    live = sum(row[3] for row in before.values())
    assert (shown.found, shown.only_shadow, shown.only_live) == (6, 0, live - 6)
    assert by_measure(small)[4.0] in {one.alert_id for one in shown.disappear}
    acts.detect(small, rule_ids=[RULE], whole=True, now=LATER)
    assert page(small, number).shadow == shown
    acts.move_version(small, RULE, number, Step.UNSHADOW, actor=AUTHOR, now=LATER)
    assert page(small, number).shadow is None
    with small.store.read() as connection:
        assert rulebook.shadows(connection) == {}


def failing(rule: Rule) -> Rule:
    def find(facts: Facts, window: Window, values: Any) -> ibis.Table:
        if values["days_yellow"] != 1:
            raise ZeroDivisionError("330482199001011234")
        return rule.find(facts, window, values)

    return replace(rule, find=find)


def test_a_back_test_that_fails_says_so_and_leaves_the_version_where_it_was(
    small: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = proved(small)
    begun = acts.begin_backtest(small, RULE, number, actor=AUTHOR, now=LATER)
    acts.do_backtest(small, replace(begun, new=failing(begun.new)), clock=lambda: LATER)
    test = page(small, number).backtest
    assert test is not None
    assert test.state == "failed"
    assert test.error.startswith("ZeroDivisionError")
    assert "3304" not in test.error
    assert page(small, number).row.state == "tested"
    with pytest.raises(YaotongError):
        acts.move_version(small, RULE, number, Step.APPROVE, actor=LEADER, now=LATER)


def test_a_back_test_whose_server_died_is_told_and_makes_way_for_another(small: Workspace) -> None:
    number = proved(small)
    acts.begin_backtest(small, RULE, number, actor=AUTHOR, now=LATER)  # and nobody does it
    other = proved(small, {"days_yellow": 6.0})
    with pytest.raises(IllegalMove, match="另一项回测"):
        acts.begin_backtest(small, RULE, other, actor=AUTHOR, now=LATER + DEAD_AFTER)
    late = LATER + DEAD_AFTER + timedelta(seconds=1)
    shown = version_page(small, LEADER, RULE, number, now=late).backtest
    assert shown is not None
    assert (shown.state, shown.error) == ("failed", "服务器中断")
    begun = acts.begin_backtest(small, RULE, other, actor=AUTHOR, now=late)
    acts.do_backtest(small, begun, clock=lambda: late)
    assert page(small, other).row.state == "backtested"


def test_a_preview_keeps_nothing(small: Workspace) -> None:
    report = acts.preview(small, RULE, dict(STRICTER))
    assert (report["appeared"], report["disappeared"]) == (0, 1)
    assert rule_versions(small, LEADER, RULE).rows == ()
