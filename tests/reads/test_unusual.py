"""Browsing out of the ordinary (R-J04): both sides of each limit, a slow twin, and the way from the chain."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from yaotong.acts.accounts import add_user
from yaotong.reads.unusual import unusual_browsing
from yaotong.store import audit
from yaotong.unusual import MOST_AN_HOUR, View, unusual
from yaotong.workspace import init_workspace

NOON = datetime(2026, 7, 1, 12, 0)


def views(
    count: int, *, at: datetime = NOON, apart_s: float = 60, case: bool = False, inside: bool | None = True
) -> list[View]:
    return [View("wang", at + timedelta(seconds=apart_s * one), inside, case) for one in range(count)]


@pytest.mark.parametrize(
    ("given_views", "kinds"),
    [
        (views(50), []),
        (views(51), ["many"]),
        (views(51, case=True), ["many"]),
        # The 51st comes exactly an hour after the first, and one second before.
        (views(51, apart_s=72), []),
        (views(51, apart_s=71.9), ["many"]),
        (views(1, at=datetime(2026, 7, 1, 5, 59)), ["night"]),
        (views(1, at=datetime(2026, 7, 1, 0, 0)), ["night"]),
        (views(1, at=datetime(2026, 7, 1, 6, 0)), []),
        (views(1, at=datetime(2026, 7, 1, 23, 59)), []),
        (views(1, at=datetime(2026, 7, 1, 3, 0), case=True), []),
        (views(1, inside=False), ["outside"]),
        (views(1, inside=False, case=True), []),
        (views(1, inside=None), []),
        ([View(f"w{one}", NOON, True, False) for one in range(60)], []),
    ],
)  # fmt: skip
def test_each_limit_has_two_sides(given_views: list[View], kinds: list[str]) -> None:
    assert [one.kind for one in unusual(given_views)] == kinds


@given(st.lists(st.integers(0, 4 * 3600), min_size=0, max_size=160), st.randoms(use_true_random=False))
def test_many_agrees_with_counting_every_hour(seconds: list[int], shuffle: object) -> None:
    start = datetime(2026, 7, 1, 8, 0)
    some = [View("wang", start + timedelta(seconds=one), True, False) for one in seconds]
    shuffle.shuffle(some)  # type: ignore[attr-defined]
    slow = max(
        (sum(0 <= (one.at - two.at).total_seconds() < 3600 for two in some) for one in some), default=0
    )
    found = [one.views for one in unusual(some)]
    assert found == ([slow] if slow > MOST_AN_HOUR else [])


def test_it_is_read_from_the_chain(tmp_path: Path) -> None:
    workspace = init_workspace(tmp_path / "home", environ={})
    add_user(
        workspace, username="wang", display_name="王", password="only-for-tests-1", department="msa",
        area_code="330482", role="officer", now=NOON,
    )  # fmt: skip
    night = datetime(2026, 7, 1, 2, 0)
    with workspace.store.write() as connection:
        for at, why in (
            (night, "R-M01"),
            (night, "YT-330482-2026-0001 复核"),
            (night - timedelta(days=9), "R-M01"),
        ):
            audit.append(connection, audit.Entry(at, "wang", "person_view", "alert:none", "msa", why=why))
    (found,) = unusual_browsing(workspace, now=NOON)
    assert (found.actor, found.kind, found.views) == ("wang", "night", 1)
    assert len(unusual_browsing(workspace, days=30, now=NOON)) == 2
