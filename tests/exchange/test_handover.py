"""A case handed over stands alike on both sides, whatever the wire loses, repeats or reorders, and whoever dies."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from tests.exchange.regions import LAST, NOW, Pair, agree, people, region
from yaotong.acts import handovers
from yaotong.acts.answering import answer
from yaotong.acts.exchanging import run_matching
from yaotong.acts.handovers import move_case, offer_case, sync
from yaotong.errors import Forbidden, IllegalMove, NotFound, UsageError, YaotongError
from yaotong.exchange.handover import MOVES, CaseAct
from yaotong.exchange.message import Denied, Silent
from yaotong.reads.exchange import case_view
from yaotong.store import exchange, vault
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

BOUGHT = dict.fromkeys(people(4, seed=3), 3)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("regions")
    made = agree(region(folder / "one", "330482", BOUGHT), region(folder / "other", "310116", BOUGHT))
    run_matching(made.one, "PH-JS-2026", LAST, actor=SYSTEM, post=to(made.other), now=NOW)
    return made


class Killed(BaseException):
    """The process died here: nothing after this line happened."""


def to(other: Workspace, now: datetime = NOW):
    return lambda url, wire: answer(other, wire, origin="test", now=now)


def nowhere(url: str, wire: bytes) -> bytes:
    raise Silent("down")


def _tokens(workspace: Workspace) -> Iterator[str]:
    with workspace.store.read() as connection:
        yield from (row.token for row in exchange.matches(connection, 100))


def _free(pair: Pair) -> str:
    """A match without a live case."""
    with pair.one.store.read() as connection:
        for token in _tokens(pair.one):
            if not exchange.live_cases_of(connection, token, ["new", "offered", "accepted", "handed"]):
                return token
    raise AssertionError("no free match")


def _offer(pair: Pair) -> str:
    return offer_case(
        pair.one, _free(pair), actor=SYSTEM, text="请核查", days=7, post=to(pair.other), now=NOW
    )


def _close(pair: Pair, case_id: str) -> None:
    """Bring a case to an end, so that its match is free again."""
    state = _state(pair.one, case_id)[0]
    if state == "offered":
        move_case(
            pair.one, case_id, CaseAct.WITHDRAW, actor=SYSTEM, text="测试", post=to(pair.other), now=NOW
        )
    elif state in ("accepted", "handed"):
        move_case(pair.other, case_id, CaseAct.RETURN, actor=SYSTEM, text="测试", post=to(pair.one), now=NOW)


def _state(workspace: Workspace, case_id: str) -> tuple[str, int, str, list[str]]:
    with workspace.store.read() as connection:
        row = exchange.case(connection, case_id)
        assert row is not None
        return row.state, row.seq, row.head, [one.hash for one in exchange.events(connection, case_id)]


def _both(pair: Pair, case_id: str) -> str:
    one, other = _state(pair.one, case_id), _state(pair.other, case_id)
    assert one == other
    return one[0]


def test_from_a_masked_preview_to_the_lines_with_every_field_in_the_ledger(pair: Pair) -> None:
    case_id = _offer(pair)
    seen = case_view(pair.other, case_id, "psb")
    assert seen["preview"] | {"steps": 3, "lines": "1–5", "shops": "1–5"} == seen["preview"]
    assert seen["lines"] is None
    assert seen["acts"] == ["accept", "reject"]
    assert case_view(pair.one, case_id, "psb")["acts"] == ["withdraw"]
    move_case(pair.other, case_id, CaseAct.ACCEPT, actor=SYSTEM, text="", post=to(pair.one), now=NOW)
    move_case(pair.one, case_id, CaseAct.HAND, actor=SYSTEM, text="", post=to(pair.other), now=NOW)
    assert _both(pair, case_id) == "handed"
    lines = case_view(pair.other, case_id, "psb")["lines"]
    assert [line["drug"] for line in lines] == ["氨麻美敏片"] * 3
    with pair.one.store.read() as connection:
        ledger = [row for row in vault.releases(connection, "system", 100) if row.case_no == case_id]
    assert {(row.field, row.receiver, row.used) for row in ledger} == {
        (name, "region:310116", 1) for name in ("pharmacy", "sold_at", "drug", "quantity")
    }
    text = str(case_view(pair.other, case_id, "psb"))
    assert not any(number in text for number in BOUGHT)
    _close(pair, case_id)
    assert _both(pair, case_id) == "returned"


@pytest.mark.parametrize(
    ("act", "by", "state"),
    [(CaseAct.REJECT, "other", "rejected"), (CaseAct.WITHDRAW, "one", "withdrawn")],
)
def test_an_offer_may_end_with_a_reason_and_not_without(
    pair: Pair, act: CaseAct, by: str, state: str
) -> None:
    case_id = _offer(pair)
    mine, theirs = (pair.one, pair.other) if by == "one" else (pair.other, pair.one)
    with pytest.raises(UsageError, match="理由"):
        move_case(mine, case_id, act, actor=SYSTEM, text=" ", post=to(theirs), now=NOW)
    move_case(mine, case_id, act, actor=SYSTEM, text="不属本地管辖", post=to(theirs), now=NOW)
    assert _both(pair, case_id) == state
    for again in CaseAct:
        with pytest.raises((IllegalMove, UsageError)):
            move_case(mine, case_id, again, actor=SYSTEM, text="再来", post=to(theirs), now=NOW)


@pytest.mark.parametrize(
    "act", [one for one, move in MOVES.items() if move.part == "giver" and one != "offer"]
)
def test_the_receiver_makes_no_step_of_the_giver(pair: Pair, act: CaseAct) -> None:
    case_id = _offer(pair)
    with pytest.raises(IllegalMove):
        move_case(pair.other, case_id, act, actor=SYSTEM, text="x", post=to(pair.one), now=NOW)
    _close(pair, case_id)


def test_an_offer_that_nobody_answers_expires_on_both_sides(pair: Pair) -> None:
    case_id, late = _offer(pair), NOW + timedelta(days=7)
    assert sync(pair.one, post=to(pair.other), now=late - timedelta(seconds=1)) == (0, [])
    with pytest.raises(IllegalMove):
        move_case(pair.one, case_id, CaseAct.EXPIRE, actor=SYSTEM, text="", post=to(pair.other), now=NOW)
    with pytest.raises(IllegalMove, match="期限"):
        move_case(
            pair.other, case_id, CaseAct.ACCEPT, actor=SYSTEM, text="", post=to(pair.one, late), now=late
        )
    assert sync(pair.one, post=to(pair.other, late), now=late) == (1, [])
    assert _both(pair, case_id) == "expired"


def test_a_step_that_is_lost_waits_and_the_giver_comes_first(pair: Pair) -> None:
    case_id = _offer(pair)
    with pytest.raises(Silent):
        move_case(pair.other, case_id, CaseAct.ACCEPT, actor=SYSTEM, text="", post=nowhere, now=NOW)
    with pytest.raises(IllegalMove, match="等对方确认"):
        move_case(pair.other, case_id, CaseAct.REJECT, actor=SYSTEM, text="x", post=nowhere, now=NOW)
    with pytest.raises(Silent):
        move_case(pair.one, case_id, CaseAct.WITHDRAW, actor=SYSTEM, text="弄错了", post=nowhere, now=NOW)
    done, faults = sync(pair.other, post=to(pair.one), now=NOW)
    assert done == 0
    assert len(faults) == 1
    assert sync(pair.one, post=to(pair.other), now=NOW) == (1, [])
    assert sync(pair.other, post=to(pair.one), now=NOW) == (0, [])
    assert _both(pair, case_id) == "withdrawn"


def test_what_may_not_be_offered(pair: Pair) -> None:
    with pytest.raises(NotFound):
        offer_case(pair.one, "0" * 32, actor=SYSTEM, text="x", days=7, post=to(pair.other), now=NOW)
    token = _free(pair)
    for days in (0, 31):
        with pytest.raises(UsageError, match="期限"):
            offer_case(pair.one, token, actor=SYSTEM, text="x", days=days, post=to(pair.other), now=NOW)
    with pytest.raises(UsageError, match="理由"):
        offer_case(pair.one, token, actor=SYSTEM, text="", days=7, post=to(pair.other), now=NOW)
    doctor = Viewer("u", "医保", "nhsa", "330482", "leader")
    with pytest.raises(Forbidden):
        offer_case(pair.one, token, actor=doctor, text="x", days=7, post=to(pair.other), now=NOW)
    case_id = _offer(pair)
    with pair.one.store.read() as connection:
        taken = exchange.case(connection, case_id).token
    with pytest.raises(UsageError, match="在办"):
        offer_case(pair.one, taken, actor=SYSTEM, text="x", days=7, post=to(pair.other), now=NOW)
    _close(pair, case_id)


class Weather:
    """A wire that loses, repeats and delays, and a process that may die before or after what it says."""

    def __init__(self, other: Workspace, chance: random.Random) -> None:
        self.other, self.chance, self.late = other, chance, []

    def __call__(self, url: str, wire: bytes) -> bytes:
        luck = self.chance.random()
        if luck < 0.15:
            raise Silent("the question was lost")
        if luck < 0.25:
            self.late.append(wire)
            raise Silent("the question is late")
        if luck < 0.32:
            raise Killed
        if self.late and luck < 0.45:
            self._again(self.late.pop(self.chance.randrange(len(self.late))))
        told = answer(self.other, wire, origin="test", now=NOW)
        if luck > 0.93:
            raise Killed
        if luck > 0.8:
            raise Silent("the answer was lost")
        if luck > 0.7:
            self._again(wire)
        return told

    def _again(self, wire: bytes) -> None:
        try:
            answer(self.other, wire, origin="test", now=NOW)
        except Denied:
            return


@pytest.mark.parametrize("seed", range(6))
def test_any_weather_leaves_both_sides_alike(pair: Pair, seed: int) -> None:
    _live(pair, random.Random(seed), 12)


@pytest.mark.slow
def test_a_long_spell_of_weather_leaves_both_sides_alike(pair: Pair) -> None:
    for seed in range(100, 160):
        _live(pair, random.Random(seed), 25)


def _live(pair: Pair, chance: random.Random, steps: int) -> None:
    wires = {"one": Weather(pair.other, chance), "other": Weather(pair.one, chance)}
    sides = {"one": pair.one, "other": pair.other}
    case_id = None
    for _ in range(steps):
        side = chance.choice(("one", "other"))
        try:
            if case_id is None:
                with pair.one.store.read() as connection:
                    before = {row.case_id for row in exchange.cases(connection, 1000)}
                case_id = _try_offer(pair, wires["one"], before)
            elif chance.random() < 0.4:
                sync(sides[side], post=wires[side], now=NOW)
            else:
                act = chance.choice([one for one in CaseAct if one is not CaseAct.OFFER])
                move_case(sides[side], case_id, act, actor=SYSTEM, text="缘由", post=wires[side], now=NOW)
        except (YaotongError, Killed):
            continue
    for _ in range(3):  # the weather clears
        sync(pair.one, post=to(pair.other), now=NOW)
        sync(pair.other, post=to(pair.one), now=NOW)
    for name in ("one", "other"):
        for wire in wires[name].late:
            wires[name]._again(wire)
    if case_id is not None:
        _both(pair, case_id)
        _close(pair, case_id)
        _both(pair, case_id)


def _try_offer(pair: Pair, wire: Weather, before: set[str]) -> str | None:
    try:
        return offer_case(pair.one, _free(pair), actor=SYSTEM, text="请核查", days=7, post=wire, now=NOW)
    except (YaotongError, Killed):
        with pair.one.store.read() as connection:
            made = {row.case_id for row in exchange.cases(connection, 1000)} - before
        return next(iter(made), None)


def test_a_step_of_a_strange_case_or_from_the_wrong_side_is_denied(pair: Pair) -> None:
    from yaotong.acts.partners import link_of
    from yaotong.exchange.handover import FIRST, Event
    from yaotong.exchange.message import Message, about

    with pair.one.store.read() as connection:
        link = link_of(pair.one, connection, "PH-JS-2026")
    for event, why in (
        (Event("0" * 32, 2, "330482", CaseAct.WITHDRAW, "u", NOW, "x", FIRST), "no_case"),
        (Event("0" * 32, 1, "330482", CaseAct.OFFER, "u", NOW, "x", FIRST, {"token": "none"}), "no_case"),
        (Event("0" * 32, 1, "310116", CaseAct.OFFER, "u", NOW, "x", FIRST), "unknown_partner"),
    ):
        header = about(link.agreement, link.region, "case", "m", NOW)
        with pytest.raises(Denied) as denied:
            answer(pair.other, Message(header, event.told().encode()).wire(link.seed), origin="t", now=NOW)
        assert str(denied.value.why) == why
    with pytest.raises(Denied):
        answer(pair.other, Message(header, b"{}").wire(link.seed), origin="t", now=NOW)
    assert handovers.DAYS == (1, 30)
