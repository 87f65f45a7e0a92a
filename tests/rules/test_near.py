"""How near a rule came, found by asking it again with looser values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from yaotong.rules.book import book
from yaotong.rules.model import Clause, Parameter, Rule, Values
from yaotong.rules.near import MAX_RUNS, Hit, Needed, nearest

DAY = date(2026, 3, 1)


def rule(*parameters: Parameter, clauses: tuple[str, ...] = ("a",)) -> Rule:
    return replace(
        book()["R-M01"],
        parameters=parameters,
        clauses={name: Clause("甲", "a", "盒") for name in clauses},
    )


def judge(test: Callable[[Values], bool], measure: float, limit: Callable[[Values], float]) -> object:
    def asked(values: Values) -> Mapping[str, Hit]:
        return {"a": Hit(DAY, measure, limit(values))} if test(values) else {}

    return asked


def test_a_limit_on_the_measure_is_told_as_measure_and_limit() -> None:
    near = nearest(
        rule(Parameter("packs", 4, "盒", 3, 20, "盒数")),
        judge(lambda v: v["packs"] <= 2, 2.0, lambda v: v["packs"]),  # type: ignore[arg-type]
    )["a"]
    assert near.is_limit
    assert (near.hit.measure, near.needed) == (2.0, (Needed("packs", 2.0, 4),))


def test_a_limit_set_by_law_is_loosened_to_explain() -> None:
    near = nearest(
        rule(Parameter("hours", 72, "小时", 72, 72, "时间", statutory=True)),
        judge(lambda v: v["hours"] < 50, 50.0, lambda v: v["hours"]),  # type: ignore[arg-type]
    )["a"]
    assert near.needed == (Needed("hours", 50.0, 72),)


def test_only_what_stands_in_the_way_is_named_and_how_far() -> None:
    scores = (Parameter("score", 3, "倍", 2, 6, "分"), Parameter("least", 10, "盒", 5, 200, "至少"))
    near = nearest(
        rule(*scores, Parameter("other", 7, "天", 1, 9, "无关")),
        judge(lambda v: v["score"] <= 2.5 and v["least"] <= 6, 6.0, lambda v: 4.0),  # type: ignore[arg-type]
    )["a"]
    assert not near.is_limit
    told = {one.name: one.value for one in near.needed}
    assert set(told) == {"score", "least"}
    assert told["least"] == 6
    assert 1.9 <= told["score"] <= 2.5


def test_some_limits_are_loosened_upwards() -> None:
    near = nearest(
        rule(Parameter("days", 90, "天", 7, 365, "几天内")),
        judge(lambda v: v["days"] >= 120, 1.0, lambda v: 0.0),  # type: ignore[arg-type]
    )["a"]
    assert 120 <= near.needed[0].value <= 365


def test_what_holds_or_never_holds_is_left_out() -> None:
    one = rule(Parameter("packs", 4, "盒", 3, 20, "盒数"))
    assert nearest(one, judge(lambda v: True, 9.0, lambda v: 4.0)) == {}  # type: ignore[arg-type]
    assert nearest(one, judge(lambda v: False, 0.0, lambda v: 4.0)) == {}  # type: ignore[arg-type]


@pytest.mark.parametrize("count", [1, 6, 12])
def test_it_never_asks_without_end(count: int) -> None:
    asked = []

    def never(values: Values) -> Mapping[str, Hit]:
        asked.append(values)
        return {}

    nearest(rule(*(Parameter(f"p{one}", 4, "盒", 1, 20, "盒数") for one in range(count))), never)
    assert len(asked) <= MAX_RUNS
    assert len(asked) == len({tuple(sorted(one.items())) for one in asked})
