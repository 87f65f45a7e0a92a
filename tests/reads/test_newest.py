"""A value of the newest state: made for all who came before it was begun, and never older than the question."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from yaotong.kept import Newest


def test_what_did_not_change_is_not_made_again() -> None:
    made: list[int] = []
    newest: Newest[int] = Newest()

    def make(state: int) -> int:
        made.append(state)
        return state * 10

    assert [newest.get("a", lambda: 1, make) for _ in range(3)] == [10, 10, 10]
    assert newest.get("a", lambda: 2, make) == 20
    assert newest.get("b", lambda: 1, make) == 10
    assert made == [1, 2, 1]


def test_a_state_that_races_is_made_by_one_at_a_time_and_told_to_all_who_came_before() -> None:
    newest: Newest[int] = Newest()
    state = 0
    making, made = 0, 0
    stop = threading.Event()

    def change() -> None:
        nonlocal state
        while not stop.wait(0.001):
            state += 1

    def make(of: int) -> int:
        nonlocal making, made
        making += 1
        assert making == 1
        time.sleep(0.02)
        making -= 1
        made += 1
        return of

    def ask(seed: int) -> float:
        rng, slowest = random.Random(seed), 0.0
        for _ in range(15):
            time.sleep(rng.random() * 0.02)
            asked, began = state, time.perf_counter()
            # Never of a state before the question.
            assert newest.get("a", lambda: state, make) >= asked
            slowest = max(slowest, time.perf_counter() - began)
        return slowest

    changing = threading.Thread(target=change)
    changing.start()
    with ThreadPoolExecutor(12) as many:
        list(many.map(ask, range(12)))
    stop.set()
    changing.join()
    assert made < 12 * 15 / 2


def test_what_could_not_be_made_is_tried_again() -> None:
    newest: Newest[str] = Newest()

    def fail(_: int) -> str:
        raise OSError("no disk")

    with pytest.raises(OSError, match="no disk"):
        newest.get("a", lambda: 1, fail)
    assert newest.get("a", lambda: 1, str) == "1"
    with pytest.raises(OSError, match="no disk"):
        newest.get("a", lambda: 2, fail)
    assert newest.get("a", lambda: 1, str) == "1"
    assert newest.get("a", lambda: 2, str) == "2"
