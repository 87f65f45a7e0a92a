"""Lives of alerts at random: findings come, change and go, people act, time runs; the invariants hold."""

from __future__ import annotations

import itertools
import json
import os
import tempfile
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from yaotong import acts
from yaotong.acts.detection import apply
from yaotong.acts.escalating import escalate
from yaotong.acts.muting import settle_some
from yaotong.acts.silencing import add_silence, end_silence
from yaotong.alerts.decide import period_of, plan
from yaotong.alerts.model import Finding
from yaotong.alerts.muting import muted
from yaotong.alerts.silence import SilenceReason
from yaotong.alerts.states import MOVES, Act, Outcome, Said, State
from yaotong.codes import Level
from yaotong.demo.places import areas_geojson, draw_places
from yaotong.departments import departments
from yaotong.errors import YaotongError
from yaotong.intake import Limits
from yaotong.reads.muting import inhibitions
from yaotong.rules.book import book
from yaotong.store import alerts, desklines, findings, outbox, silences
from yaotong.viewer import Viewer
from yaotong.workspace import Workspace, init_workspace

RULE = book()["R-M14"]
FIRST = date(2026, 3, 2)
ROLES = ("officer", "leader")
LEADER = Viewer("msa-leader", "msa", "msa", "330482", "leader")
SHOPS = 300  # one for each life; then a new workspace, so that late lives cost what early ones do
_NUMBERS = itertools.count()
_generation = [0]


def workspace() -> Workspace:
    """The workspace of the lives that are lived now; each is another subject's."""
    return _workspace(_generation[0])


@lru_cache(maxsize=1)
def _workspace(_: int) -> Workspace:
    folder = Path(tempfile.mkdtemp(prefix="yaotong-lives-"))
    made = init_workspace(folder / "home", synthetic=True, region=(120.0, 30.0, 122.0, 31.0))
    areas = folder / "areas.geojson"
    areas.write_text(json.dumps(areas_geojson(draw_places())), "utf-8")
    at = areas_geojson(draw_places())["features"][1]["geometry"]
    inside = shapely.geometry.shape(at).representative_point()
    shops = folder / "pharmacies.csv"
    rows = [f"shop-{one},演示药店,演示路,{inside.x:.5f},{inside.y:.5f},wgs84" for one in range(SHOPS)]
    shops.write_text("\n".join(["license_no,name,address,lon,lat,crs", *rows]) + "\n", "utf-8")
    for feed, path in (("areas", areas), ("pharmacies", shops)):
        taken = acts.take_in(made, path, feed=feed, now=datetime(2026, 3, 1), limits=Limits.off())
        assert (taken.accepted, len(taken.rejected)) == (taken.rows, 0)
    return made


class Killed(Exception):
    """What ends a transaction as the death of its process does."""


@pytest.fixture(scope="module", autouse=True)
def _outlives_each_test() -> None:
    """Made for the module: what a single test makes is removed with it."""
    workspace()


class Lives(RuleBasedStateMachine):
    """The alerts of one shop under one rule."""

    def __init__(self) -> None:
        super().__init__()
        number = next(_NUMBERS)
        _generation[0] = number // SHOPS
        self.subject = f"shop-{number % SHOPS}"
        self.now = datetime(2026, 3, 9, 9)
        self.facts: dict[int, tuple[Level, float]] = {}
        self.messages: dict[str, tuple[str, int, str, str]] = {}
        self.silence: int | None = None

    def finding(self, day: int) -> Finding:
        level, measure = self.facts[day]
        moment = datetime.combine(FIRST + timedelta(days=day), datetime.min.time())
        return Finding(
            rule_id=RULE.rule_id,
            rule_version=RULE.version,
            subject=self.subject,
            behaviour_day=moment.date(),
            behaviour_from=moment,
            behaviour_until=moment,
            clause="sold",
            measure=measure,
            threshold=1.0,
            level=level,
            area_code="330482001",
            pharmacy_ids=(self.subject,),
            line_ids=(f"{self.subject}/{day}",),
        )

    def judge(self, *, killed: bool = False) -> None:
        """What a run of the rule over all days would do; one that is killed on the way leaves nothing."""
        with workspace().store.write() as connection:
            known = alerts.known(connection, RULE.rule_id, [self.subject])
            stored = {one.finding_id: one.content_sha for alert in known for one in alert.findings}
            found = [self.finding(day) for day in sorted(self.facts)]
            still = {one.finding_id for one in found}
            gone = [one for one in stored if one not in still]
            news = [one for one in found if stored.get(one.finding_id) != one.content_sha]
            findings.let_go(connection, gone, 0)
            apply(connection, RULE, plan(news, gone, known, RULE.cooldown_days, RULE.version), self.now)
            if killed:
                raise Killed
            settle_some(connection, [RULE.rule_id], ran=True)

    @rule(day=st.integers(0, 20), level=st.sampled_from(list(Level)), measure=st.sampled_from([2.0, 3.0]))
    def a_day_is_found_or_corrected(self, day: int, level: Level, measure: float) -> None:
        self.facts[day] = (level, measure)
        self.judge()

    @precondition(lambda self: self.facts)
    @rule(data=st.data())
    def a_day_is_taken_back(self, data: st.DataObject) -> None:
        del self.facts[data.draw(st.sampled_from(sorted(self.facts)))]
        self.judge()

    @rule()
    def the_same_again_changes_nothing(self) -> None:
        before = self.rows()
        self.judge()
        assert self.rows() == before

    @rule(day=st.integers(0, 20), level=st.sampled_from(list(Level)))
    def a_run_is_killed(self, day: int, level: Level) -> None:
        facts, before, told = dict(self.facts), self.rows(), self.muted()
        self.facts[day] = (level, 5.0)
        with pytest.raises(Killed):
            self.judge(killed=True)
        self.facts = facts
        assert (self.rows(), self.muted()) == (before, told)

    @precondition(lambda self: self.silence is None)
    @rule(level=st.sampled_from(list(Level)), first=st.integers(0, 20), days=st.integers(0, 30))
    def a_silence_begins(self, level: Level, first: int, days: int) -> None:
        since = max(FIRST + timedelta(days=first), self.now.date() - timedelta(days=60))
        self.silence = add_silence(
            workspace(), actor=LEADER, rule_pattern=RULE.rule_id, subject_kind="pharmacy", subject=self.subject,
            level=level, since=since, until=max(since + timedelta(days=days), self.now.date()),
            reason=next(iter(SilenceReason)), text="说明", now=self.now,
        )  # fmt: skip

    @precondition(lambda self: self.silence is not None)
    @rule(first=st.integers(0, 40))
    def a_silence_ends(self, first: int) -> None:
        silence, self.silence = self.silence, None
        assert silence is not None
        with workspace().store.read() as connection:
            kept = silences.get(connection, silence)
        assert kept is not None
        day = min(max(FIRST + timedelta(days=first), kept.since), kept.until)
        end_silence(workspace(), silence, actor=LEADER, ended_from=day, now=self.now)

    def teardown(self) -> None:
        if self.silence is not None:
            with workspace().store.read() as connection:
                kept = silences.get(connection, self.silence)
            assert kept is not None
            end_silence(workspace(), self.silence, actor=LEADER, ended_from=kept.since, now=self.now)

    def muted(self) -> dict[str, Any]:
        mine = {one["alert_id"] for one in self.rows()}
        with workspace().store.read() as connection:
            return {name: why for name, why in silences.mutes(connection).items() if name in mine}

    @precondition(lambda self: self.rows())
    @rule(data=st.data(), move=st.sampled_from(MOVES), role=st.sampled_from(ROLES))
    def somebody_acts(self, data: st.DataObject, move: Any, role: str) -> None:
        row = data.draw(st.sampled_from(self.rows()))
        department = data.draw(st.sampled_from(sorted(departments())))
        said = Said(
            text="说明" if "text" in move.asks else "",
            outcome=data.draw(st.sampled_from(list(Outcome))) if "outcome" in move.asks else None,
            department=data.draw(st.sampled_from(sorted(departments()))) if "department" in move.asks else "",
            reason=move.reasons[0] if move.reasons else "",
            days=data.draw(st.integers(1, 15)) if "days" in move.asks else None,
            into=data.draw(st.sampled_from(self.rows()))["alert_id"] if "into" in move.asks else "",
        )
        actor = Viewer(f"{department}-{role}", department, department, "330482", role)
        revision = row["revision"]
        try:
            new = acts.move_alert(
                workspace(),
                row["alert_id"],
                move.act,
                actor=actor,
                said=said,
                if_match=revision,
                now=self.now,
            )
        except YaotongError:
            assert self.revisions()[row["alert_id"]] == revision
        else:
            assert new == revision + 1

    @rule(hours=st.sampled_from([1, 5, 30, 200, 900]))
    def time_runs(self, hours: int) -> None:
        self.now += timedelta(hours=hours)
        escalate(workspace(), now=self.now)

    @rule()
    def messages_are_delivered(self) -> None:
        acts.deliver(workspace(), now=self.now, channels=("inbox",))

    def rows(self) -> list[dict[str, Any]]:
        with workspace().store.read() as connection:
            every = alerts.listing(connection, rule_id=RULE.rule_id)
        return [one for one in every if one["subject"] == self.subject]

    def revisions(self) -> dict[str, int]:
        return {one["alert_id"]: one["revision"] for one in self.rows()}

    @invariant()
    def every_alert_has_one_lead_that_was_told(self) -> None:
        with workspace().store.read() as connection:
            for row in self.rows():
                parts = alerts.parts(connection, row["alert_id"])
                assert [one for one, part in parts.items() if part == "lead"] == [row["lead"]]

    @invariant()
    def alerts_are_a_function_of_the_findings(self) -> None:
        rows = self.rows()
        live = {row["alert_id"]: row for row in rows if not row["condition_gone"]}
        with workspace().store.read() as connection:
            kept = findings.of_alerts(connection, list(live))
        days = {name: sorted(one.behaviour_day for one in found) for name, found in kept.items()}
        assert sorted(itertools.chain(*days.values())) == [
            FIRST + timedelta(days=day) for day in sorted(self.facts)
        ]
        for name, row in live.items():
            assert (row["first_day"], row["last_day"]) == (days[name][0], days[name][-1])
            assert {period_of(day, RULE.cooldown_days) for day in days[name]} == {
                period_of(row["first_day"], RULE.cooldown_days)
            }
        assert len({period_of(row["first_day"], RULE.cooldown_days) for row in rows}) == len(rows)

    @invariant()
    def inboxes_say_what_the_alerts_say(self) -> None:
        with workspace().store.read() as connection:
            assert desklines.differing(connection, [row["alert_id"] for row in self.rows()]) == []

    @invariant()
    def the_events_tell_the_whole_life(self) -> None:
        with workspace().store.read() as connection:
            for row in self.rows():
                told = alerts.events(connection, row["alert_id"])
                assert [one.seq for one in told] == list(range(1, len(told) + 1))
                assert told[0].act == "open"
                assert [one.from_state for one in told[1:]] == [one.to_state for one in told[:-1]]
                assert told[-1].to_state == row["state"]
                ends = [one for one in told if one.to_state == "closed" and one.from_state != "closed"]
                assert all(one.actor != "system" and one.text for one in ends)

    @invariant()
    def clocks_and_outcomes_fit_the_state(self) -> None:
        for row in self.rows():
            state = State(row["state"])
            assert (row["suspended_at"] is not None) is (state is State.SUSPENDED)
            assert row["remind_at"] is None or state not in (State.SUSPENDED, State.CLOSED)
            assert row["check_due"] <= row["dispose_due"] <= row["close_due"]
            if state in (State.DISPATCHED, State.ACCEPTED):
                assert row["outcome"] is None
            if state is State.DISPOSED:
                assert row["outcome"] is not None

    @invariant()
    def what_is_muted_is_what_silences_say(self) -> None:
        with workspace().store.read() as connection:
            faces = silences.faces(connection, {RULE.rule_id})
            every = muted(faces, silences.every(connection), inhibitions())
        mine = {one["alert_id"] for one in self.rows()}
        assert self.muted() == {name: why for name, why in every.items() if name in mine}

    @invariant()
    def what_was_said_to_somebody_is_never_said_under_another_id(self) -> None:
        with workspace().store.read() as connection:
            sent = [one for row in self.rows() for one in outbox.of_alert(connection, row["alert_id"])]
        told = [(one.alert_id, one.event_seq, one.department, one.channel) for one in sent]
        assert len(set(told)) == len(told)
        for one, what in zip(sent, told, strict=True):
            assert self.messages.setdefault(one.message_id, what) == what
        assert len(sent) == len(self.messages)


_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


def test_lives_at_random() -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=30, stateful_step_count=20, deadline=None, suppress_health_check=_QUIET
        ),
    )


@pytest.mark.slow
@pytest.mark.timeout(10_800)
def test_many_lives_at_random() -> None:
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=int(os.environ.get("YAOTONG_TEST_LIVES", "300")),
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=_QUIET,
        ),
    )


def test_every_move_of_a_person_can_happen() -> None:
    assert {move.act for move in MOVES} == set(Act) - {
        Act.OPEN,
        Act.EXTEND,
        Act.WORSEN,
        Act.VANISH,
        Act.RECUR,
        Act.REMIND,
        Act.ESCALATE,
        Act.JOIN,
    }
