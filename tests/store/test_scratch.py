"""Rooms of loads: dead ones are swept, whatever is left in them; living ones are not."""

from __future__ import annotations

from pathlib import Path

import pytest

from yaotong.store.scratch import scratch
from yaotong.workspace import Workspace, init_workspace


@pytest.fixture
def ws(tmp_path: Path) -> Workspace:
    return init_workspace(tmp_path / "home", environ={})


def test_what_a_dead_load_left_goes_even_without_its_lock(ws: Workspace) -> None:
    rooms = ws.store.facts_dir / "staging"
    locked, torn = rooms / "dead", rooms / "torn"
    for one in (locked, torn):
        one.mkdir(parents=True)
        (one / "2026-07_330482001.staged").write_bytes(b"half")
    (locked / ".lock").touch()
    with scratch(ws.store) as mine:
        assert [one for one in rooms.iterdir() if one.is_dir()] == [mine]
    assert not [one for one in rooms.iterdir() if one.is_dir()]


def test_a_living_load_keeps_its_room(ws: Workspace) -> None:
    with scratch(ws.store) as first:
        (first / "some").write_bytes(b"mine")
        with scratch(ws.store) as second:
            assert first.is_dir()
            assert second.is_dir()
        assert (first / "some").read_bytes() == b"mine"
