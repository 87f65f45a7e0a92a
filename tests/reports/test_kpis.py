"""The figures of a period: numerators and denominators on both sides of each line, and what is unknown."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reports.made import DUES, WEEK, at, done, step, story
from yaotong.reports import kpis
from yaotong.reports.data_kpis import Figures, data_kpis, untold
from yaotong.reports.kpis import Letter
from yaotong.reports.stories import Part, Story

SECOND = timedelta(seconds=1)


def parts_of(kpi: kpis.Kpi) -> tuple[float | None, float | None]:
    return kpi.num, kpi.den


def test_without_anything_every_share_is_unknown_and_says_why() -> None:
    shares = [
        *kpis.closing([], WEEK),
        kpis.accepting([], WEEK),
        *kpis.hours([], WEEK),
        *kpis.overdue([], at(7)),
        *kpis.precision([], WEEK),
        kpis.repeats([], WEEK),
        *kpis.transfers([], WEEK)[1:],
        kpis.answers([], "msa", WEEK, at(7)),
        kpis.relapse([], WEEK),
        *data_kpis(Figures(), 0),
        *untold(),
    ]
    assert len(shares) > 20
    assert [one.code for one in shares if one.value is not None or not one.why] == []
    assert [one.code for one in shares if one.meets is not None or one.few] == []


@pytest.mark.parametrize(
    ("due", "counted"),
    [(WEEK.start - SECOND, False), (WEEK.start, True), (WEEK.end - SECOND, True), (WEEK.end, False)],
)
def test_what_is_due_in_the_period_counts_and_nothing_else(due: object, counted: bool) -> None:
    one = story(due=dict.fromkeys(DUES, due))
    closing, on_time = kpis.closing([one], WEEK)
    assert parts_of(closing) == parts_of(on_time) == ((0, 1) if counted else (None, None))
    assert parts_of(kpis.accepting([one], WEEK)) == ((0, 1) if counted else (None, None))


def test_a_paused_alert_has_no_deadline() -> None:
    paused = story(state="suspended")
    assert kpis.closing([paused], WEEK)[0].value is None
    assert kpis.overdue([paused], at(7))[0].value is None


def test_closed_is_not_closed_in_time() -> None:
    told = [done("a", 3.0), done("b", 3.001), story("c")]
    closing, on_time = kpis.closing(told, WEEK)
    assert (parts_of(closing), closing.hits) == ((2, 3), {"a", "b"})
    assert (parts_of(on_time), on_time.hits) == ((1, 3), {"a"})
    assert closing.meets is False
    assert closing.few


def test_accepted_in_time_to_the_moment() -> None:
    moments = {"a": 3.0, "b": 3.001}
    told = [
        story(name, state="accepted", steps=(step(days, "accept", "dispatched", "accepted"),))
        for name, days in moments.items()
    ]
    before_its_clock = story("c", steps=(step(-2, "accept", "dispatched", "accepted"),))
    found = kpis.accepting([*told, before_its_clock], WEEK)
    assert (parts_of(found), found.hits) == ((1, 3), {"a"})


def test_hours_are_those_of_what_was_closed_in_the_period() -> None:
    told = [done("a", 1), done("b", 3, level="red"), done("c", 8), done("d", 2, merged_into="a")]
    mean, median, *levels = kpis.hours(told, WEEK)
    assert (mean.value, mean.num, mean.den) == (72.0, 144.0, 2)
    assert median.value == 72.0
    assert {one.code: one.value for one in levels} == {
        "hours_red": 96.0, "hours_orange": 48.0, "hours_yellow": None, "hours_blue": None,
    }  # fmt: skip


def test_overdue_counts_steps_past_their_time_and_the_longest_names_its_alert() -> None:
    told = [
        story("a"),
        story("b", due=dict.fromkeys(DUES, at(1))),
        story("c", due=dict.fromkeys(DUES, at(9))),
    ]
    count, longest = kpis.overdue([*told, done("d", 2)], at(5))
    assert (count.value, count.den, count.hits) == (2, 3, {"a", "b"})
    assert (longest.value, longest.hits) == (4.0, {"b"})


def test_precision_leaves_out_the_unverifiable_and_tells_kinds_apart() -> None:
    told = [
        done("a", 1),
        done("b", 2, "false_alarm"),
        done("c", 2, "unverifiable"),
        done("d", 2, kind="statutory"),
        done("e", 9, kind="statutory"),
    ]
    model, statutory, false = kpis.precision(told, WEEK)
    assert (parts_of(model), parts_of(statutory), parts_of(false)) == ((1, 2), (1, 1), (1, 3))
    assert (model.meets, statutory.meets) == (False, True)


@pytest.mark.parametrize(("days", "again"), [(30.0, True), (30.001, False)])
def test_a_repeat_lies_within_thirty_days(days: float, again: bool) -> None:
    old = story("a", subject="s", opened_at=at(1 - days))
    new = story("b", subject="s", opened_at=at(1))
    found = kpis.repeats([old, new, story("c", subject="t", opened_at=at(1))], WEEK)
    assert parts_of(found) == (int(again), 2)


def test_what_was_merged_is_a_repeat() -> None:
    assert parts_of(kpis.repeats([story("a", opened_at=at(1), merged_into="b")], WEEK)) == (1, 1)


def test_an_answer_counts_when_it_was_asked_for_in_the_period_and_given_by_its_end() -> None:
    def asked(name: str, sent: float, answered: float | None) -> Story:
        when = None if answered is None else at(answered)
        return story(name, parts=(Part("msa", "lead", at(0)), Part("psb", "assist", at(sent), when)))

    told = [asked("a", 1, 2), asked("b", 1, None), asked("c", 1, 7.5), asked("d", -1, 1)]
    assert parts_of(kpis.answers(told, "psb", WEEK, at(7))) == (1, 3)
    assert kpis.answers(told, "msa", WEEK, at(7)).value is None


def test_a_relapse_is_the_same_rule_and_subject_after_a_true_ending() -> None:
    ended = done("a", 1, subject="s")
    later = story("b", subject="s", opened_at=at(2))
    earlier = story("c", subject="s", opened_at=at(0))
    other_rule = story("d", subject="s", rule_id="R-M03", opened_at=at(2))
    assert parts_of(kpis.relapse([ended, later], WEEK)) == (1, 1)
    assert parts_of(kpis.relapse([ended, earlier, other_rule], WEEK)) == (0, 1)
    assert kpis.relapse([done("a", 1, "false_alarm", subject="s"), later], WEEK).value is None
    again = story("e", steps=(*ended.steps, step(3, "recur", "closed", "dispatched")))
    assert parts_of(kpis.relapse([again], WEEK)) == (1, 1)


def test_letters() -> None:
    letters = [
        Letter(at(1), at(6), at(5), True),
        Letter(at(1), at(6), None, None),
        Letter(at(-9), at(-2), at(2), False),
        Letter(at(-9), at(-2), at(2), None),
    ]
    issued, received, filed = kpis.transfers(letters, WEEK)
    assert (issued.value, parts_of(received), parts_of(filed)) == (2, (1, 2), (1, 2))


def test_shares_of_data_and_thousands() -> None:
    figures = Figures(60, 59, 420, 400, 1000, 900, 950, 2000, 100.0, 10.0)
    found = {one.code: one for one in data_kpis(figures, 3)}
    assert parts_of(found["connected"]) == (59, 60)
    assert parts_of(found["on_duty"]) == (90.0, 100.0)
    assert (found["per_thousand"].value, parts_of(found["per_thousand"])) == (1.5, (3, 2000))
    assert found["traced"].meets is True
    assert found["connected"].meets is True


@st.composite
def lives(draw: st.DrawFn) -> list[Story]:
    made = []
    for number in range(draw(st.integers(0, 12))):
        due = {name: at(draw(st.integers(-3, 10))) for name in DUES}
        subject = f"s{draw(st.integers(0, 2))}"
        opened = at(draw(st.integers(-40, 6)))
        if draw(st.booleans()):
            outcome = draw(st.sampled_from(["confirmed", "false_alarm", "unverifiable"]))
            made.append(
                done(
                    f"a{number}",
                    draw(st.integers(-5, 7)),
                    outcome,
                    due=due,
                    subject=subject,
                    opened_at=opened,
                )
            )
        else:
            made.append(story(f"a{number}", due=due, subject=subject, opened_at=opened))
    return made


@given(lives(), st.randoms())
def test_figures_add_up_and_do_not_depend_on_order(told: list[Story], random: object) -> None:
    shuffled = list(told)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for some in (told, shuffled):
        found = [*kpis.closing(some, WEEK), kpis.accepting(some, WEEK), kpis.repeats(some, WEEK),
                 kpis.relapse(some, WEEK), *kpis.precision(some, WEEK)]  # fmt: skip
        for one in found:
            assert one.hits <= one.base
            if one.value is not None:
                assert (one.num, one.den) == (len(one.hits), len(one.base))
                assert one.value == one.num / one.den
    assert kpis.closing(told, WEEK) == kpis.closing(shuffled, WEEK)
    due = [one for one in told if WEEK.start <= one.due["close_due"] < WEEK.end]
    ended = [one for one in due if one.state == "closed"]
    assert kpis.closing(told, WEEK)[0].num in (len(ended), None)
    pairs = itertools.permutations(told, 2)
    plain = {
        a.alert_id
        for a, b in pairs
        if a.subject == b.subject and WEEK.holds(a.opened_at) and 0 < (a.opened_at - b.opened_at).days <= 30
    }
    assert kpis.repeats(told, WEEK).hits == plain
