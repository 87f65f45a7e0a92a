"""The cache: one maker per key, bounded by weight, nothing kept of a failed make."""

from __future__ import annotations

import threading
import time

import pytest

from yaotong.kept import Kept


def test_a_value_is_made_once_however_many_ask_at_once() -> None:
    made: list[int] = []
    kept: Kept[int] = Kept(10, lambda _: 1)

    def make() -> int:
        made.append(1)
        time.sleep(0.05)
        return len(made)

    found: list[int] = []
    askers = [threading.Thread(target=lambda: found.append(kept.get("k", make))) for _ in range(8)]
    for one in askers:
        one.start()
    for one in askers:
        one.join()
    assert made == [1]
    assert found == [1] * 8


@pytest.mark.parametrize(("most", "left"), [(3, {"b", "c"}), (6, {"a", "b", "c"}), (5, {"b", "c"})])
def test_the_oldest_leaves_when_all_weigh_too_much(most: int, left: set[str]) -> None:
    kept: Kept[int] = Kept(most, lambda one: one)
    for key, weight in (("a", 3), ("b", 1), ("c", 2)):
        kept.get(key, lambda weight=weight: weight)
    made = [key for key in "abc" if kept.get(key, lambda: -1) == -1]
    assert set("abc") - set(made) == left


def test_what_was_asked_for_lately_stays() -> None:
    kept: Kept[str] = Kept(2, lambda _: 1)
    kept.get("a", lambda: "a")
    kept.get("b", lambda: "b")
    kept.get("a", lambda: "never")
    kept.get("c", lambda: "c")
    assert kept.get("a", lambda: "again") == "a"
    assert kept.get("b", lambda: "again") == "again"


def test_one_too_heavy_value_is_kept_alone() -> None:
    kept: Kept[int] = Kept(1, lambda one: one)
    assert kept.get("a", lambda: 9) == 9
    assert kept.get("a", lambda: 0) == 9


def test_a_make_that_fails_is_made_again() -> None:
    kept: Kept[int] = Kept(5, lambda _: 1)
    with pytest.raises(OSError, match="full"):
        kept.get("a", lambda: (_ for _ in ()).throw(OSError("full")))
    assert kept.get("a", lambda: 1) == 1
