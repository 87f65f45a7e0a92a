"""The outbox against real receivers: in order, once each, at a pace the receiver can bear."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.delivery.filling import fill, states, workspace_with
from tests.delivery.receivers import OK, Answer, receiving, says
from yaotong import acts, clock
from yaotong.acts.lanes import Tally, know_receivers, run_lane
from yaotong.delivery.retry import MAX_ATTEMPTS, WAITS
from yaotong.store import outbox, receivers
from yaotong.store.health import examine
from yaotong.workspace import Workspace

NOW = clock.now()
LANE = ("webhook", "psb")
HOOK = "http://127.0.0.1:9/"


class Mood:
    """A receiver's answers, changed while it runs."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, connection: socket.socket, first: bytes) -> None:
        self.answer(connection, first)


def message(workspace: Workspace, message_id: str) -> object:
    with workspace.store.read() as connection:
        return outbox.get(connection, message_id)


def standing(workspace: Workspace) -> object:
    with workspace.store.read() as connection:
        return receivers.everyone(connection)[0]


def test_everything_due_arrives_once_and_oldest_first(tmp_path: Path) -> None:
    with receiving(OK) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        ids = fill(workspace, "psb", 45)
        assert acts.deliver(workspace, now=NOW).sent == 45
        assert receiver.ids == ids
        assert acts.deliver(workspace, now=NOW).sent == 0
        assert states(workspace) == {"sent": 45}


def test_a_dead_receiver_is_left_alone_and_all_comes_in_order_once_it_is_back(tmp_path: Path) -> None:
    mood = Mood(says("503 Service Unavailable"))
    with receiving(mood) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        ids = fill(workspace, "psb", 30)
        assert acts.deliver(workspace, now=NOW).failed == 3
        assert len(receiver.got) == 3
        assert acts.deliver(workspace, now=NOW + timedelta(seconds=3)).failed == 0  # it rests
        assert standing(workspace).failures == 3  # type: ignore[attr-defined]
        mood.answer = OK
        receiver.got.clear()
        later = NOW + timedelta(minutes=10)
        assert acts.deliver(workspace, now=later).sent == 30
        assert receiver.ids == ids
        assert standing(workspace).failures == 0  # type: ignore[attr-defined]


@pytest.mark.fault("receiver-down")
@pytest.mark.parametrize(("failures", "left"), [(5, {"sent": 3, "due": 1}), (0, {"sent": 1, "due": 3})])
def test_what_failed_while_a_receiver_was_down_comes_forward_once_it_is_back(
    tmp_path: Path, failures: int, left: dict[str, int]
) -> None:
    """But not what failed for its own sake, nor what has only its long last tries left."""
    with receiving(OK) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        know_receivers(workspace)
        ids = fill(workspace, "psb", 3)
        with workspace.store.write() as connection:
            receivers.mark(connection, LANE, {"failures": failures})
            for one, tries in zip(ids, (4, 4, MAX_ATTEMPTS - 1), strict=True):
                for number in range(tries):
                    hours = {"state": "due", "next_at": NOW + timedelta(hours=5), "last_error": "HTTP 500"}
                    assert outbox.note(connection, one, number, hours)
        fill(workspace, "psb", 1, name="b", written_at=NOW)
        acts.deliver(workspace, now=NOW)
        acts.deliver(workspace, now=NOW + timedelta(minutes=1))
        assert states(workspace) == left
        assert ids[2] not in receiver.ids


def test_a_message_that_is_refused_holds_nobody_up_and_ends_dead(tmp_path: Path) -> None:
    class Picky(Mood):
        def __call__(self, connection: socket.socket, first: bytes) -> None:
            bad = receiver.got[-1][1]["webhook-id"] == ids[0]
            says("400 Bad Request" if bad else "200 OK")(connection, first)

    with receiving(Picky(OK)) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        ids = fill(workspace, "psb", 6)
        assert acts.deliver(workspace, now=NOW).sent == 5
        moment = NOW
        for wait in WAITS:
            moment += wait * 1.1 + timedelta(seconds=1)
            acts.deliver(workspace, now=moment)
        assert states(workspace) == {"sent": 5, "dead": 1}
        assert receiver.ids.count(ids[0]) == MAX_ATTEMPTS
        row = message(workspace, ids[0])
        assert (row.attempts, row.last_error) == (MAX_ATTEMPTS, "HTTP 400")  # type: ignore[attr-defined]


@pytest.mark.fault("receiver-down")
def test_a_receiver_that_is_gone_is_asked_no_more_until_its_address_is_mended(tmp_path: Path) -> None:
    with receiving(says("410 Gone")) as receiver, receiving(OK) as mended:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        ids = fill(workspace, "psb", 5)
        assert acts.deliver(workspace, now=NOW).dead == 1
        later = NOW + timedelta(days=3)
        assert acts.deliver(workspace, now=later).sent == 0
        assert len(receiver.got) == 1
        assert any("psb 的 webhook 答 410" in line for line in examine(workspace.store).bad)
        hook = replace(workspace.settings.webhooks[0], url=mended.url)
        moved = Workspace(replace(workspace.settings, webhooks=(hook,)), workspace.store)
        assert acts.deliver(moved, now=later).sent == 4
        assert mended.ids == ids[1:]
        assert not any("410" in line for line in examine(workspace.store).bad)


def test_a_receiver_that_asks_for_time_is_given_it(tmp_path: Path) -> None:
    mood = Mood(says("429 Too Many Requests", "retry-after: 120"))
    with receiving(mood) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        fill(workspace, "psb", 4)
        assert acts.deliver(workspace, now=NOW).failed == 1
        mood.answer = OK
        assert acts.deliver(workspace, now=NOW + timedelta(seconds=110)).sent == 0
        assert acts.deliver(workspace, now=NOW + timedelta(seconds=130)).sent == 4


@pytest.mark.fault("receiver-down")
def test_a_receiver_that_fails_holds_up_no_other(tmp_path: Path) -> None:
    with receiving(says("503 Busy")) as bad, receiving(OK) as good:
        workspace = workspace_with(tmp_path / "home", {"psb": bad.url, "msa": good.url})
        fill(workspace, "psb", 10)
        ids = fill(workspace, "msa", 10, name="b")
        done = acts.deliver(workspace, now=NOW)
        assert (done.sent, done.failed) == (10, 3)
        assert good.ids == ids


def test_only_one_holds_a_receiver_s_turn_until_its_lease_is_over(tmp_path: Path) -> None:
    workspace = workspace_with(tmp_path / "home", {"psb": HOOK})
    know_receivers(workspace)
    lease = timedelta(seconds=20)

    def take(who: str, seconds: int) -> bool:
        with workspace.store.write() as connection:
            return receivers.take(connection, LANE, who, NOW + timedelta(seconds=seconds), lease) is not None

    assert [take("a", 0), take("b", 1), take("a", 15), take("b", 34), take("b", 35), take("a", 36)] == [
        True,
        False,
        True,
        False,
        True,
        False,
    ]


def test_many_at_once_send_each_message_once_and_in_order(tmp_path: Path) -> None:
    with receiving(OK) as receiver:
        workspace = workspace_with(tmp_path / "home", {"psb": receiver.url})
        ids = fill(workspace, "psb", 60)
        know_receivers(workspace)
        tallies = [Tally() for _ in range(4)]
        start = threading.Barrier(4)

        def serve(number: int) -> None:
            start.wait()
            run_lane(workspace, LANE, who=f"w{number}", tick=clock.now, tally=tallies[number])

        threads = [threading.Thread(target=serve, args=(number,)) for number in range(4)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert sum(one.counts["sent"] for one in tallies) == 60
        assert receiver.ids == ids


def test_a_worker_that_lost_its_turn_writes_over_nobody(tmp_path: Path) -> None:
    """Two sent the same message: the one that wrote it down first is the one that counts."""
    workspace = workspace_with(tmp_path / "home", {"psb": HOOK})
    ids = fill(workspace, "psb", 1)
    sent: Callable[[], dict[str, object]] = lambda: {"state": "sent", "delivered_at": NOW, "last_error": None}  # noqa: E731
    with workspace.store.write() as connection:
        assert outbox.note(connection, ids[0], 0, sent())
        assert not outbox.note(connection, ids[0], 0, {"state": "dead", "last_error": "late"})
    assert states(workspace) == {"sent": 1}
