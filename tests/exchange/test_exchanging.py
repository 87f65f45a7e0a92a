"""Two regions match their buyers, and refuse whoever or whatever was not agreed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.exchange.regions import DRUGS, LAST, NOW, Pair, agree, people, region
from yaotong.acts.answering import answer
from yaotong.acts.detection import detect
from yaotong.acts.exchanging import run_matching, settle_all
from yaotong.acts.partners import add_agreement, draft, end_agreement, link_of, public_key, sign_text
from yaotong.errors import Forbidden, UsageError
from yaotong.exchange.agreement import Agreement
from yaotong.exchange.matching import Buyer, asking, packed
from yaotong.exchange.message import Denied, Message, Silent, Why, about
from yaotong.store import alerts, audit, exchange, findings
from yaotong.viewer import SYSTEM, Viewer
from yaotong.workspace import Workspace

EVERYBODY = people(14)
# Who buys how much here and there: together 5 packs are a match.
HERE = dict(zip(EVERYBODY[:10], [1, 2, 3, 4, 9, 2, 1, 4, 2, 3], strict=True))
THERE = dict(zip(EVERYBODY[4:], [1, 3, 3, 1, 2, 1, 5, 6, 2, 1], strict=True))
TOGETHER = {one for one in HERE.keys() & THERE.keys() if HERE[one] + THERE[one] >= 5}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("regions")
    return agree(region(folder / "one", "330482", HERE), region(folder / "other", "310116", THERE))


class Wire:
    """What goes between them, kept as an eavesdropper would."""

    def __init__(self, other: Workspace, lose: Callable[[int], bool] = lambda _: False) -> None:
        self.other, self.seen, self.lose = other, [], lose

    def __call__(self, url: str, wire: bytes) -> bytes:
        self.seen.append(wire)
        told = answer(self.other, wire, origin="test", now=NOW)
        self.seen.append(told)
        if self.lose(len(self.seen)):
            raise Silent("lost")
        return told


def _keys(workspace: Workspace) -> dict[str, str]:
    import pyarrow as pa

    from yaotong.acts.vaulting import pseudonymiser_of

    made = pseudonymiser_of(workspace, NOW).keys(pa.array(EVERYBODY))
    return dict(zip(made.to_pylist(), EVERYBODY, strict=True))


def _found(workspace: Workspace, run_id: str) -> dict[str, tuple[str, int, int | None]]:
    """Token → who, own steps, their steps."""
    keys = _keys(workspace)
    with workspace.store.read() as connection:
        rows = exchange.matches_of(connection, run_id)
    return {row.token: (keys[row.buyer_key], row.steps, row.their_steps) for row in rows}


def _audited(workspace: Workspace, act: str) -> list[str]:
    with workspace.store.read() as connection:
        return [row.why for row in audit.listing(connection, audit.Filters(act=act), 0, 500)]


def test_both_sides_learn_exactly_who_reaches_the_threshold_together(pair: Pair) -> None:
    wire = Wire(pair.other)
    done = run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    assert (done.people, done.left_out, done.settled) == (len(HERE), 0, True)
    mine, theirs = _found(pair.one, done.run_id), _found(pair.other, done.run_id)
    assert {who for who, *_ in mine.values()} == TOGETHER
    assert len(TOGETHER) == done.matches > 1
    assert {token: (who, there, here) for token, (who, here, there) in mine.items()} == theirs
    assert all(HERE[who] >= here and min(HERE[who], 5) == here for who, here, _ in mine.values())
    assert all(min(THERE[who], 5) == there for who, _, there in mine.values())


def test_what_goes_over_the_wire_names_nobody_and_depends_on_chance(pair: Pair) -> None:
    from yaotong.exchange.elements import uniform_of
    from yaotong.exchange.group import point_of

    wire = Wire(pair.other)
    run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    said = b"".join(wire.seen)
    for number in EVERYBODY:
        assert number.encode() not in said
        assert uniform_of(number) not in said
        assert point_of(uniform_of(number)) not in said
    for keys in (_keys(pair.one), _keys(pair.other)):
        assert not any(key.partition(":")[2].encode() in said for key in keys)


def test_a_lost_confirmation_is_asked_for_again_and_both_stand_alike(pair: Pair) -> None:
    wire = Wire(pair.other, lose=lambda count: count == 4)
    with pytest.raises(Silent):
        run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    with pair.one.store.read() as connection:
        run = exchange.unsettled(connection)[0]
    assert settle_all(pair.one, actor=SYSTEM, post=Wire(pair.other), now=NOW) == 1
    assert settle_all(pair.one, actor=SYSTEM, post=Wire(pair.other), now=NOW) == 0
    mine, theirs = _found(pair.one, run.run_id), _found(pair.other, run.run_id)
    assert {one[0] for one in mine.values()} == {one[0] for one in theirs.values()} == TOGETHER


def test_a_lost_answer_leaves_nothing_learnt(pair: Pair) -> None:
    wire = Wire(pair.other, lose=lambda count: count == 2)
    with pytest.raises(Silent):
        run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    with pair.one.store.read() as connection:
        failed = [row for row in exchange.runs(connection, 50) if row.state == "failed"]
    assert len(failed) == 1
    assert _found(pair.one, failed[0].run_id) == _found(pair.other, failed[0].run_id) == {}


def _offer(pair: Pair, **changed: object) -> bytes:
    """A well-formed question of the first region, with something changed."""
    with pair.one.store.read() as connection:
        link = link_of(pair.one, connection, "PH-JS-2026")
    said = {"run": "r", "since": str(LAST - timedelta(days=29)), "until": str(LAST), "categories": ["EPH"]}
    said |= changed.pop("said", {})  # type: ignore[arg-type]
    seed = changed.pop("seed", link.seed)
    at = changed.pop("at", NOW)
    body = changed.pop("body", None)
    header = about(link.agreement, link.region, "offer", f"q{len(str(changed))}{id(said)}", at, **said)
    if body is None:
        body = packed(asking([Buyer("k", b"\1" * 64, 1)], 5).points)
    return Message(replace(header, **changed), body).wire(seed)


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"agreement": "none"}, Why.UNKNOWN_AGREEMENT),
        ({"sender": "440300"}, Why.UNKNOWN_PARTNER),
        ({"sender": "310116"}, Why.UNKNOWN_PARTNER),
        ({"recipient": "440300"}, Why.NOT_FOR_US),
        ({"seed": b"\7" * 32}, Why.WRONG_KEY),
        ({"at": NOW - timedelta(minutes=6)}, Why.WRONG_CLOCK),
        ({"at": NOW + timedelta(minutes=6)}, Why.WRONG_CLOCK),
        ({"purpose": "别的目的"}, Why.WRONG_PURPOSE),
        ({"kind": "delete"}, Why.MALFORMED),
        ({"said": {"categories": ["PSY2"]}}, Why.CATEGORIES),
        ({"said": {"categories": []}}, Why.CATEGORIES),
        ({"said": {"since": str(LAST - timedelta(days=30))}}, Why.WINDOW),
        ({"said": {"until": "2026-03-09", "since": "2026-02-08"}}, Why.WINDOW),
        ({"said": {"until": "soon"}}, Why.MALFORMED),
        ({"body": b""}, Why.BAD_POINT),
        ({"body": b"\0\0\0\1" + b"\1" * 32}, Why.BAD_POINT),
    ],
)  # fmt: skip
def test_what_was_not_agreed_is_denied_and_audited(pair: Pair, changed: dict[str, object], why: Why) -> None:
    before = _audited(pair.other, "exchange_denied")
    with pytest.raises(Denied) as denied:
        answer(pair.other, _offer(pair, **changed), origin="web 192.0.2.7", now=NOW)
    assert denied.value.why == why
    assert _audited(pair.other, "exchange_denied") == [str(why), *before]


def test_the_same_question_unchanged_is_answered_but_not_twice(pair: Pair) -> None:
    wire = _offer(pair)
    assert answer(pair.other, wire, origin="test", now=NOW)
    with pytest.raises(Denied) as denied:
        answer(pair.other, wire, origin="test", now=NOW)
    assert denied.value.why == Why.REPLAYED


@pytest.mark.parametrize(
    "wire", [b"", b"\n\n", b"x" * 500, b"0" * 128 + b"\n{}\n", b"0" * 128 + b"\n" + b"[" * 9000 + b"\n"]
)
def test_bytes_that_are_no_message_are_denied(pair: Pair, wire: bytes) -> None:
    with pytest.raises(Denied) as denied:
        answer(pair.other, wire, origin="test", now=NOW)
    assert denied.value.why == Why.MALFORMED


def test_a_settlement_that_names_what_was_not_met_is_denied(pair: Pair) -> None:
    wire = Wire(pair.other, lose=lambda count: count == 4)
    with pytest.raises(Silent):
        run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=wire, now=NOW)
    with pair.one.store.read() as connection:
        link = link_of(pair.one, connection, "PH-JS-2026")
        run = exchange.unsettled(connection)[0]
    told = json.loads(run.waiting)
    header = about(link.agreement, link.region, "settle", "again", NOW, run=run.run_id)
    for wrong in (told[:-1], [{**told[0], "token": "0" * 32}, *told[1:]]):
        with pytest.raises(Denied) as denied:
            answer(
                pair.other, Message(header, json.dumps(wrong).encode()).wire(link.seed), origin="t", now=NOW
            )
        assert denied.value.why == Why.REPLAYED
    assert settle_all(pair.one, actor=SYSTEM, post=Wire(pair.other), now=NOW) == 1


def said_by(agreed: Agreement, **changed: Any) -> dict[str, Any]:
    """What a draft says to come to an agreement, with changes."""
    said = {one.name: getattr(agreed, one.name) for one in fields(agreed)}
    parties = [(one.region, one.name, one.url, one.key) for one in agreed.parties]
    return {**said, "parties": parties, **changed}


def test_an_agreement_needs_both_signatures_and_ends_when_it_is_ended(tmp_path: Path) -> None:
    one, other = region(tmp_path / "one", "330482", {}), region(tmp_path / "other", "310116", {})
    pair = agree(one, other, agreement_id="first")
    text = draft(**said_by(pair.agreement, agreement_id="second"))
    half = sign_text(one, text)
    with pytest.raises(UsageError, match="双方的签名"):
        add_agreement(one, half, actor=SYSTEM, now=NOW)
    whole = sign_text(other, half)
    with pytest.raises(UsageError, match="双方的签名"):
        add_agreement(one, whole.replace('"threshold": 5', '"threshold": 2'), actor=SYSTEM, now=NOW)
    officer = Viewer("u", "民警", "psb", "330482", "officer")
    with pytest.raises(Forbidden):
        add_agreement(one, whole, actor=officer, now=NOW)
    add_agreement(one, whole, actor=SYSTEM, now=NOW)
    with pytest.raises(UsageError, match="已经收下"):
        add_agreement(one, whole, actor=SYSTEM, now=NOW)
    end_agreement(other, "first", actor=SYSTEM, why="到期前换约", now=NOW)
    with pytest.raises(Denied) as denied:
        run_matching(one, "first", LAST, actor=SYSTEM, post=Wire(other), now=NOW)
    assert denied.value.why == Why.REVOKED
    late = NOW.replace(year=2027)
    with pytest.raises(Denied) as denied:
        run_matching(one, "first", date(2027, 2, 1), actor=SYSTEM, post=Wire(other), now=late)
    assert denied.value.why == Why.NOT_IN_FORCE


@pytest.mark.parametrize(
    "wrong",
    [
        {"threshold": 1}, {"threshold": 17}, {"step": 0}, {"step": True}, {"measure": "boxes"}, {"categories": []},
        {"categories": ["NONE"]}, {"window_days": 0}, {"window_days": 93}, {"basis": " "}, {"purpose": ""},
        {"valid_from": date(2027, 1, 1)}, {"max_people": 0}, {"runs_a_day": 25}, {"agreement_id": "a b"},
    ],
)  # fmt: skip
def test_an_agreement_out_of_bounds_is_refused(pair: Pair, wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="协议不成立"):
        draft(**said_by(pair.agreement, **wrong))


def test_too_many_people_and_too_many_runs_are_refused(tmp_path: Path) -> None:
    bought = dict.fromkeys(EVERYBODY, 2)
    one, other = region(tmp_path / "one", "330482", bought), region(tmp_path / "other", "310116", bought)
    few = agree(one, other, max_people=len(EVERYBODY) - 1)
    with pytest.raises(UsageError, match="超过协议上限"):
        run_matching(one, "PH-JS-2026", LAST, actor=SYSTEM, post=Wire(other), now=NOW)
    with pytest.raises(Denied) as denied:
        answer(other, _offer(few), origin="test", now=NOW)
    assert denied.value.why == Why.TOO_MANY
    agree(one, other, agreement_id="rare", runs_a_day=1)
    run_matching(one, "rare", LAST, actor=SYSTEM, post=Wire(other), now=NOW)
    with pytest.raises(Denied) as denied:
        run_matching(one, "rare", LAST, actor=SYSTEM, post=Wire(other), now=NOW)
    assert denied.value.why == Why.TOO_OFTEN
    assert DRUGS
    assert public_key(one) != public_key(other)


def test_the_matches_are_alerts_of_the_ordinary_kind_on_both_sides(pair: Pair) -> None:
    run_matching(pair.one, "PH-JS-2026", LAST, actor=SYSTEM, post=Wire(pair.other), now=NOW)
    for workspace, mine in ((pair.one, HERE), (pair.other, THERE)):
        detect(workspace, rule_ids=["R-P10"], now=NOW)
        keys = _keys(workspace)
        with workspace.store.read() as connection:
            rows = alerts.listing(connection)
            held = findings.of_alerts(connection, [row["alert_id"] for row in rows])
        assert {keys[row["subject"]] for row in rows} == TOGETHER
        assert {row["lead"] for row in rows} == {"psb"}
        for row in rows:
            (one,) = held[row["alert_id"]]
            assert len(one.line_ids) == mine[keys[row["subject"]]]
            assert one.measure == min(HERE[keys[row["subject"]]], 5) + min(THERE[keys[row["subject"]]], 5)
        assert all(run.opened == 0 for run in detect(workspace, rule_ids=["R-P10"], now=NOW))
