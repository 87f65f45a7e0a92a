"""`yaotong worker` in processes of its own: at once, side by side, killed, asked to stop."""

from __future__ import annotations

import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.delivery.filling import fill, states, worker, workspace_with
from tests.delivery.receivers import OK, hangs, receiving, says
from yaotong import clock
from yaotong.acts.lanes import LEASE


def until(what: Callable[[], bool], seconds: float) -> bool:
    """Wait for something to be so."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if what():
            return True
        time.sleep(0.05)
    return what()


def test_a_message_is_sent_as_soon_as_it_is_due_and_the_worker_stops_when_asked(tmp_path: Path) -> None:
    with receiving(OK) as receiver:
        home = tmp_path / "home"
        workspace = workspace_with(home, {"psb": receiver.url})
        process = worker(home)
        try:
            took = []
            for number in range(5):
                began = time.monotonic()
                fill(workspace, "psb", 1, name=f"m{number}", written_at=clock.now())
                assert until(lambda n=number: len(receiver.got) > n, 5)  # type: ignore[misc]
                took.append(receiver.got[-1][0] - began)
            assert max(took) < 2
            process.send_signal(signal.SIGTERM)
            said, _ = process.communicate(timeout=20)
            assert (process.returncode, "送达 5" in said) == (0, True)
        finally:
            process.kill()
        assert states(workspace) == {"sent": 5}


def test_a_receiver_that_hangs_holds_nobody_else_and_no_stop(tmp_path: Path) -> None:
    with receiving(hangs) as bad, receiving(OK) as good:
        home = tmp_path / "home"
        workspace = workspace_with(home, {"psb": bad.url, "msa": good.url})
        fill(workspace, "psb", 50)
        process = worker(home)
        try:
            assert until(lambda: len(bad.got) == 1, 5)
            began = time.monotonic()
            fill(workspace, "msa", 20, name="b")
            assert until(lambda: len(good.got) == 20, 5)
            assert time.monotonic() - began < 3
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=20)
            assert process.returncode == 0
        finally:
            process.kill()
        assert states(workspace) == {"sent": 20, "due": 50}


@pytest.mark.fault("out-of-memory")
@pytest.mark.slow
def test_killed_in_the_middle_nothing_is_lost_and_a_copy_has_the_same_id(tmp_path: Path) -> None:
    with receiving(says("200 OK", body=b"thank you")) as receiver:
        home = tmp_path / "home"
        workspace = workspace_with(home, {"psb": receiver.url})
        ids = fill(workspace, "psb", 400)
        for share in (20, 90):
            process = worker(home)
            try:
                assert until(lambda n=share: len(receiver.got) > n, LEASE.total_seconds() + 10)  # type: ignore[misc]
            finally:
                process.kill()
                process.communicate()
        assert states(workspace).get("due", 0) > 0  # it was in the middle
        process = worker(home)
        try:
            assert until(lambda: states(workspace) == {"sent": 400}, LEASE.total_seconds() + 30)
        finally:
            process.terminate()
            process.communicate(timeout=20)
        assert set(receiver.ids) == set(ids)
        # First copies come in order; what a killed worker had not written down came again.
        assert list(dict.fromkeys(receiver.ids)) == ids
        assert all(times <= 3 for times in Counter(receiver.ids).values())


@pytest.mark.fault("two-schedulers")
@pytest.mark.slow
def test_two_workers_send_each_message_once(tmp_path: Path) -> None:
    with receiving(OK) as one, receiving(OK) as two:
        home = tmp_path / "home"
        workspace = workspace_with(home, {"psb": one.url, "msa": two.url})
        processes = [worker(home), worker(home)]
        try:
            past = clock.now() - timedelta(hours=1)
            first = fill(workspace, "psb", 150, written_at=past)
            second = fill(workspace, "msa", 150, name="b", written_at=past)
            assert until(lambda: states(workspace) == {"sent": 300}, 40)
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.communicate(timeout=20)
        assert (one.ids, two.ids) == (first, second)
